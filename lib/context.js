'use strict'

const { debuglog } = require('node:util')

const binding = require('./binding')
const codec = require('./codec')
const { RequestCookie } = require('./cookie')
const { VERDICT, report } = require('./events')
const { registers, SHAPE } = require('./registers')
const { Session, isAdoptable, stringify, userData } = require('./session')

const debug = debuglog('koa-session-rs')

const ONE_DAY_MS = 24 * 60 * 60 * 1000

/** A store keeps a record this much longer than the cookie lives, so that the cookie never outlives it. */
const STORE_GRACE_MS = 10000

/** What JSON.stringify may write anew without shortening it: escapes, exponents, long numbers, keys that are integers. */
const ODD_JSON = /\\u|[\d.][eE]|\d{16}|"\d+":/

/**
 * The session of one request: what is behind `ctx.session` before, while and after the app uses it.
 */
class ContextSession {
  #settings
  /** The app's own copy of the options, made when it asks for one. */
  #copy
  #maxAge
  #loaded = false
  /** undefined: not opened yet. null: removed. */
  #session
  /** What the session was when it came in: its user keys as JSON text, or the text's fingerprint. */
  #opened
  #fingerprint

  /**
   * @param {object} ctx
   * @param {import('./options').Settings} settings
   */
  constructor (ctx, settings) {
    this.ctx = ctx
    this.#settings = settings
    this.options = settings.current
    this.#maxAge = this.options.maxAge
    this.cookie = new RequestCookie(this)
    this.externalKey = undefined
    const { ContextStore, store } = this.options
    this.store = ContextStore ? new ContextStore(ctx) : store
  }

  get pool () { return this.#settings.pool }

  /** Gives the options of this request, for the app to change. */
  get sessionOptions () {
    if (this.#copy === undefined) {
      this.#copy = { ...this.options }
      if (this.#maxAge !== this.#copy.maxAge) this.#copy.maxAge = this.#maxAge
      this.options = this.#copy
    }
    return this.#copy
  }

  get maxAge () { return this.#copy === undefined ? this.#maxAge : this.#copy.maxAge }
  set maxAge (value) {
    if (this.#copy === undefined) this.#maxAge = value
    else this.#copy.maxAge = value
  }

  /** Gives the session, or null where it was removed. Without a store, the first time opens the cookie. */
  get () {
    if (this.#session === undefined) {
      if (this.store) this.#create()
      else this.#open()
    }
    return this.#session
  }

  /** Replaces the session's data (its id stays), or removes it by null. */
  set (value) {
    if (value === null) this.#session = null
    else if (typeof value === 'object') this.#create(value, this.externalKey)
    else throw new Error('this.session can only be set as null or an object.')
  }

  #create (data, externalKey) {
    if (this.store) this.externalKey = externalKey ?? this.options.genid(this.ctx)
    this.#session = data ? Session.from(this, data) : Session.create(this)
  }

  /** Loads the session from its store. A second middleware on the same request finds it loaded. */
  async load () {
    if (this.#loaded) return
    const { ctx, options } = this
    const key = options.externalKey ? options.externalKey.get(ctx) : this.cookie.read()
    const data = key ? await this.store.get(key, this.maxAge, { ctx, rolling: options.rolling }) : undefined
    this.#loaded = true
    if (key) this.#admit(data, key)
    else this.#create()
  }

  /** Opens the session that the cookie holds. */
  #open () {
    if (this.options.decode !== codec.decode) return this.#decode()
    const text = this.cookie.open(Date.now())
    if (text === undefined) return this.#create()
    // Read before anything else crosses.
    const [, verdict, shape, expire, maxAge] = registers
    let data
    try {
      data = JSON.parse(text)
    } catch {
      return this.#create()
    }
    if (shape === SHAPE.FOREIGN) return this.#admit(data)
    if (verdict === VERDICT.VALID && typeof this.options.valid !== 'function' && isAdoptable(data)) {
      this.maxAge = shape === SHAPE.BROWSER ? 'session' : maxAge
      this.#session = new Session(this, data, false, shape === SHAPE.BROWSER ? undefined : expire)
      this.#opened = text
    } else {
      this.#admit(enclose(data, shape === SHAPE.BROWSER ? 'session' : maxAge, expire))
    }
  }

  /** Opens the cookie by the app's own `decode`. */
  #decode () {
    const value = this.cookie.read()
    if (!value) return this.#create()
    let data
    try {
      data = this.options.decode(value)
    } catch (err) {
      if (err instanceof Error && !(err instanceof SyntaxError)) this.#refuse(err)
      return this.#create()
    }
    this.#admit(data)
  }

  /** Throws what `decode` threw, and has the browser drop the cookie, so that the next request does not throw again. */
  #refuse (err) {
    this.cookie.write('', Date.now())
    // Koa sends the headers of an error, and no others.
    err.headers = { 'set-cookie': this.ctx.response.get('set-cookie') }
    throw err
  }

  /** Makes data that came in the session, if it is valid; else the session is a new one. */
  #admit (data, key) {
    if (!this.#isValid(data, key)) return this.#create()
    this.#create(data, key)
    this.#fingerprint = binding.fingerprint(stringify(this.#session))
  }

  #isValid (data, key) {
    const { ctx, options } = this
    const expire = typeof data?._expire === 'number' ? data._expire : undefined
    let verdict = binding.judge(Boolean(data), expire, Date.now())
    if (verdict === VERDICT.VALID && typeof options.valid === 'function' && !options.valid(ctx, data)) {
      verdict = VERDICT.INVALID
    }
    if (verdict === VERDICT.VALID) return true
    debug('verdict %d', verdict)
    report(verdict, ctx, key, data)
    return false
  }

  /**
   * Saves or removes the session, if anything calls for it.
   *
   * @param {{ save?: boolean, regenerate?: boolean }} [how] save: in any case; regenerate: in any case, under a new id
   */
  async commit ({ save = false, regenerate = false } = {}) {
    const session = this.#session
    if (session === undefined) return
    if (session === null) return this.#remove()
    if (regenerate) {
      await this.#remove()
      if (this.store) this.externalKey = this.options.genid(this.ctx)
    }
    let json
    let reason = 'force'
    if (!save && !regenerate && !session._requireSave) {
      json = stringify(session)
      reason = this.#reasonToSave(session, json)
    }
    debug('commit: %s', reason || 'nothing to save')
    if (!reason) return
    if (typeof this.options.beforeSave === 'function') {
      this.options.beforeSave(this.ctx, session)
      json = undefined
    }
    await this.#save(session, json, reason === 'changed')
  }

  #reasonToSave (session, json) {
    const isKnown = this.#opened !== undefined || this.#fingerprint !== undefined
    if (!isKnown) return session.populated ? 'changed' : ''
    if (this.#isChanged(json)) return 'changed'
    if (this.options.rolling) return 'rolling'
    const { _expire: expire } = session
    const renewing = this.options.renew && expire && this.maxAge && expire - Date.now() < this.maxAge / 2
    return renewing ? 'renew' : ''
  }

  #isChanged (json) {
    if (this.#fingerprint !== undefined) return binding.fingerprint(json) !== this.#fingerprint
    const opened = this.#opened
    if (json === opened) return false
    // JSON that others wrote may say the same in other words. Most of them are longer; the rest have something odd.
    if (json.length >= opened.length && !ODD_JSON.test(opened)) return true
    return json !== JSON.stringify(userData(JSON.parse(opened)))
  }

  async #save (session, json, changed) {
    const { ctx, options, externalKey } = this
    const { key } = options
    const now = Date.now()
    const maxAge = this.maxAge || ONE_DAY_MS
    if (maxAge === 'session') this.maxAge = undefined
    if (!externalKey) return this.#saveToCookie(session, json, maxAge, now)
    const ttl = typeof maxAge === 'number' ? maxAge + STORE_GRACE_MS : maxAge
    await this.store.set(externalKey, enclose(userData(session), maxAge, maxAge + now), ttl, { changed, ctx, rolling: options.rolling })
    if (options.externalKey) options.externalKey.set(ctx, externalKey)
    else this.cookie.write(externalKey, Date.now(), key)
  }

  #saveToCookie (session, json, maxAge, now) {
    const isWhole = maxAge === 'session' || (Number.isSafeInteger(maxAge) && Number.isSafeInteger(maxAge + now))
    if (isWhole && this.options.encode === codec.encode) {
      this.cookie.close(json ?? stringify(session), now, maxAge === 'session' ? undefined : maxAge)
    } else {
      this.cookie.write(this.options.encode(enclose(userData(session), maxAge, maxAge + now)), now)
    }
  }

  async #remove () {
    if (this.externalKey) await this.store.destroy(this.externalKey, { ctx: this.ctx })
    this.cookie.clear()
  }
}

/** Puts the envelope behind the user's keys, as it is given to stores and hooks. */
function enclose (data, maxAge, expire) {
  if (maxAge === 'session') return Object.assign(data, { _session: true })
  return Object.assign(data, { _expire: expire, _maxAge: maxAge })
}

module.exports = { ContextSession }
