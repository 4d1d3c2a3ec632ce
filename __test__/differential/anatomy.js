'use strict'

const oneDay = 86400000
const grace = 10000

/**
 * Divides what koa-session's ContextSession does into methods, so that a mend can override one of them. By itself, it changes no
 * behaviour, as a test shows.
 */
module.exports = (ContextSession, util) => class Anatomy extends ContextSession {
  /** Whether the store has a record under the id. */
  isStored = false
  isRemoved = false

  async initFromExternal () {
    this.isReadingStore = true
    try {
      await this.reading(() => super.initFromExternal())
    } finally {
      this.isReadingStore = false
    }
  }

  create (data, id) {
    if (this.isReadingStore) this.isStored = Boolean(data)
    else if (id === undefined) this.isStored = false
    super.create(data, id)
  }

  initFromCookie () {
    const { opts } = this
    const { decode } = opts
    if (typeof decode === 'function') opts.decode = text => this.decoding(() => decode(text))
    try {
      this.reading(() => super.initFromCookie())
    } catch (error) {
      if (this.undecodable?.error === error) this.sent()
      throw error
    } finally {
      opts.decode = decode
    }
  }

  /** Records a decoder's error, and the `headers` that it had. */
  decoding (decode) {
    try {
      return decode()
    } catch (error) {
      if (error instanceof Error) this.undecodable = { error, headers: Object.getOwnPropertyDescriptor(error, 'headers') }
      throw error
    }
  }

  hash (data) {
    return util.hash(data)
  }

  /** Runs a function that reads the session's cookie. An asynchronous function has to read it before its first `await`. */
  reading (read) {
    const known = this.lines.length
    try {
      return this.isPlain() ? this.readingPlain(read) : read()
    } finally {
      if (this.lines.length > known) this.sent()
    }
  }

  readingPlain (read) {
    const { ctx: { cookies }, opts } = this
    cookies.get = (name, options) => name === opts.key ? this.readCookie(name, options) : Object.getPrototypeOf(cookies).get.call(cookies, name, options)
    try {
      return read()
    } finally {
      delete cookies.get
    }
  }

  /** Returns whether a mend may read the cookie itself, instead of `ctx.cookies.get`: only if nothing else has replaced that method. */
  isPlain () {
    return false
  }

  commit (...how) {
    return this.perform(...how)
  }

  async perform ({ save = false, regenerate = false } = {}) {
    if (this.session === undefined) return
    if (this.session === false) return this.remove()
    const isForced = save || regenerate
    if (regenerate) await this.rename()
    const { session } = this
    const reason = this.reasonToSave(isForced)
    if (!reason) return this.whenNotSaved()
    const waiting = this.callBeforeSave(session)
    if (waiting) await waiting
    await this.save(reason === 'changed', session)
  }

  reasonToSave (isForced) {
    return isForced || this.session._requireSave ? 'forced' : this._shouldSaveSession()
  }

  whenNotSaved () {}

  callBeforeSave (session) {
    if (typeof this.opts.beforeSave === 'function') this.opts.beforeSave(this.ctx, session)
  }

  async rename () {
    await this.end()
    if (this.store) this.externalKey = this.opts.genid(this.ctx)
  }

  remove () {
    this.isRemoved = true
    return this.end()
  }

  /** Destroys the record, and clears the cookie. */
  async end () {
    if (this.externalKey) await this.store.destroy(this.externalKey, { ctx: this.ctx })
    this.destroyed()
    this.clearCookie()
  }

  destroyed () {
    this.isStored = false
  }

  clearCookie () {
    this.ctx.cookies.set(this.opts.key, '', { ...this.opts, expires: new Date(0), maxAge: false })
    this.sent()
  }

  /** Called when the response has Set-Cookie lines of the session. */
  sent () {}

  /** Returns the response's Set-Cookie lines for the session. */
  get lines () {
    const { ctx: { res }, opts: { key } } = this
    return [res?.getHeader('Set-Cookie') ?? []].flat().filter(line => line.startsWith(`${key}=`) || line.startsWith(`${key}.sig=`))
  }

  async save (changed, session) {
    const { opts, externalKey } = this
    const { key } = opts
    const data = session.toJSON()
    const maxAge = opts.maxAge || oneDay
    if (maxAge === 'session') {
      this.endWithBrowser()
      data._session = true
    } else {
      Object.assign(data, { _expire: maxAge + Date.now(), _maxAge: maxAge })
    }
    if (!externalKey) return this.sendCookie(key, opts.encode(data))
    await this.writeRecord(externalKey, data, this.timeToLive(maxAge), changed)
    if (externalKey === this.externalKey) this.isStored = true
    if (opts.externalKey) opts.externalKey.set(this.ctx, externalKey)
    else this.sendCookie(key, externalKey)
  }

  endWithBrowser () {
    this.opts.maxAge = undefined
  }

  timeToLive (maxAge) {
    return typeof maxAge === 'number' ? maxAge + grace : maxAge
  }

  writeRecord (id, data, timeToLive, changed) {
    return this.store.set(id, data, timeToLive, { changed, ctx: this.ctx, rolling: this.opts.rolling })
  }

  sendCookie (key, value) {
    this.ctx.cookies.set(key, value, this.cookieOptions())
    this.sent()
  }

  cookieOptions () {
    return this.opts
  }
}
