'use strict'

require('../lib/base/node-version')

const { invalidOptionOf } = require('../lib/base/errors')
const { announce, emitError } = require('../lib/base/events')
const { isIdRefused, newId } = require('../lib/base/id')
const { Connection, GenericStore } = require('../lib/compat/generic-store')
const { IdCookie } = require('../lib/compat/id-cookie')
const { KnownData } = require('../lib/compat/known-data')
const { MemoryStore } = require('../lib/compat/memory-store')
const { checkCommon } = require('../lib/compat/options')
const { SharedRecords } = require('../lib/compat/shared-records')
const { Settings } = require('../lib/options/options')

const invalidOption = invalidOptionOf('compat/generic.d.ts')

const ID_BYTES = 24

const DEFAULT_COOKIE = { httpOnly: true, path: '/', overwrite: true, signed: true, maxAge: 24 * 60 * 60 * 1000 }

/** That of koa-generic-session, whose memory store is described here too. */
const WARNING = "Warning: koa-generic-session's MemoryStore is not\n" +
  'designed for a production environment, as it will leak\n' +
  'memory, and will not scale past a single process.'

/** The key of a ctx's property that has its GenericSession. */
const SESSION = Symbol('koa-session-rs generic session')

/** The session of one request, as koa-generic-session handles it. `ctx._session` has the object, as there. */
class GenericSession {
  #entry
  #ctx
  #cookie
  #visit
  /** What the store had at the load; undefined if the session is new, or was not loaded. */
  #known
  /** How many loads and saves are under way, which the app may not wait for; and whether the request has ended. */
  #uses = 0
  #hasEnded = false
  isNew = false

  constructor (entry, ctx) {
    this.#entry = entry
    this.#ctx = ctx
  }

  /** Returns the id's cookie: read and sent here unless the app has a `sessionIdStore`. */
  get cookie () {
    return (this.#cookie ??= new IdCookie(this.#ctx, this.#entry.settings))
  }

  /**
   * Loads the session, or makes a new one.
   *
   * @param {() => boolean} [isAssigned] whether the app has assigned another one meanwhile, which stays
   */
  load (isAssigned = () => false) {
    return this.#use(async () => {
      const { session, known, isNew } = await this.#read()
      if (!isAssigned()) this.#ctx._session = session
      this.#known = known
      this.isNew = isNew
      this.#visit?.load(known)
    })
  }

  /** Reads the session from the store, or makes a new one, whose id it sets as `ctx.sessionId`. */
  async #read () {
    const ctx = this.#ctx
    const entry = this.#entry
    await entry.connection.ready
    ctx.sessionId ||= entry.ids.get.call(ctx)
    if (!ctx.sessionId) {
      const created = await this.#create()
      // As in the original, a new session is checked too.
      return await entry.valid(ctx, created.session) ? created : this.#replace()
    }
    const session = isIdRefused(ctx.sessionId, undefined, false) ? undefined : await this.#get(ctx.sessionId)
    if (session && await entry.valid(ctx, session)) {
      if (entry.isOwnCookie) this.cookie.reissue()
      return { session, known: new KnownData(session), isNew: false }
    }
    return this.#replace()
  }

  async #replace () {
    const created = await this.#create()
    this.#entry.ids.reset.call(this.#ctx)
    return created
  }

  async #create () {
    const session = this.#entry.newSession()
    await this.#takeId()
    return { session, known: undefined, isNew: true }
  }

  async #takeId () {
    this.#leave()
    this.#ctx.sessionId = await this.#entry.genSid.call(this.#ctx, ID_BYTES)
  }

  async #get (id) {
    const { store, errorHandler } = this.#entry
    const key = store.keyOf(id)
    if (this.#visit?.key !== key) this.#enter(key)
    try {
      return await store.get(id)
    } catch (err) {
      if (err?.code !== 'ENOENT') errorHandler(err, 'get', this.#ctx)
    }
  }

  /** Notes that the app assigns the session unread: from here on, another request that destroys it is noticed. */
  noteAssigned () {
    const { store, isOwnCookie } = this.#entry
    const id = this.#ctx.sessionId || (isOwnCookie ? this.cookie.read() : undefined)
    if (id && !isIdRefused(id, undefined, false)) this.#enter(store.keyOf(id))
  }

  /** Destroys the session, and begins a new one under a new id. */
  async regenerate () {
    const ctx = this.#ctx
    const { store, ids } = this.#entry
    if (!this.isNew && ctx.sessionId) await store.destroy(ctx.sessionId)
    ctx._session = this.#entry.newSession()
    await this.#takeId()
    ids.reset.call(ctx)
    this.isNew = true
    announce(this.cookie.request, 'regenerated', ctx.sessionId)
    return ctx._session
  }

  /** Saves the session at once if it differs from what the store has by now. */
  save () {
    return this.#use(async () => {
      // Another request has destroyed it: its data do not get a new id.
      if (this.#visit?.isLost) return this.#announceDiscarded()
      const { known, isNew } = await this.#read()
      return this.#commit(known, isNew, false)
    })
  }

  /** Saves or destroys the session after the app has ended. */
  commit () {
    return this.#commit(this.#known, this.isNew, true)
  }

  async #commit (known, isNew, isLast) {
    const { _session: session, _sessionSave: isForced } = this.#ctx
    if (isForced === false) return
    if (!session) return isNew ? undefined : this.#destroy()
    const isSaved = isForced === true || this.#isDue(session, known, isNew)
    if (isSaved) await this.#write(session, isNew, isLast)
  }

  #isDue (session, known, isNew) {
    const { allowEmpty, rolling } = this.#entry
    // Compared in any case: data that are no JSON fail here, as in the original.
    const isEmpty = this.#entry.isEmpty(session)
    const isUnchanged = isNew ? isEmpty : known?.isSame(session) === true
    return !isUnchanged || Boolean(isNew ? allowEmpty : rolling)
  }

  async #destroy () {
    const ctx = this.#ctx
    this.#entry.ids.reset.call(ctx)
    if (!ctx.sessionId) return
    await this.#entry.store.destroy(ctx.sessionId)
    announce(this.cookie.request, 'destroyed', ctx.sessionId)
    // The app may assign a session after this, which is stored under the same id, as in the original.
    if (this.#visit !== undefined) this.#enter(this.#visit.key)
  }

  async #write (session, isNew, isLast) {
    const ctx = this.#ctx
    const { beforeSave, errorHandler, genSid, ids, isOwnCookie } = this.#entry
    renameMaxage(session.cookie)
    await beforeSave(ctx, session)
    try {
      // Assigned without reading the session first, by a visitor who has none.
      ctx.sessionId ||= await genSid.call(ctx, ID_BYTES)
      const isLost = isOwnCookie && isNew && this.cookie.blockedBy(this.#entry.attributesOf(session)) === 'insecure'
      if (!isLost && !await this.#put(session, isLast)) return this.#announceDiscarded()
      ids.set.call(ctx, ctx.sessionId, session)
      if (isLost) return
    } catch (err) {
      return errorHandler(err, 'set', ctx)
    }
    announce(this.cookie.request, 'saved', ctx.sessionId, { reason: 'changed' })
  }

  /** Returns whether the record was written: not if another request has destroyed it. */
  async #put (session, isLast) {
    const { store } = this.#entry
    const id = this.#ctx.sessionId
    if (this.#visit?.key === store.keyOf(id)) return this.#visit.save(session, (data) => store.set(id, data), isLast)
    await store.set(id, session)
    return true
  }

  #announceDiscarded () {
    announce(this.cookie.request, 'discarded', this.#ctx.sessionId)
  }

  #enter (key) {
    this.#leave()
    this.#visit = this.#entry.records.visit(key)
  }

  #leave () {
    this.#visit?.leave()
    this.#visit = undefined
  }

  /** Runs a load or a save, which may go on after the request has ended, or begin then: the visit ends with it. */
  async #use (run) {
    this.#uses++
    try {
      return await run()
    } finally {
      this.#uses--
      this.#leaveAtEnd()
    }
  }

  #leaveAtEnd () {
    if (this.#hasEnded && this.#uses === 0) this.#leave()
  }

  /** Ends the request's use of the session. */
  end () {
    this.#hasEnded = true
    this.#leaveAtEnd()
  }
}

/** What all requests of one `session()` have in common. */
class Entry {
  #cookie
  #empty

  constructor (options) {
    checkCommon(options, invalidOption)
    checkOptions(options)
    const { key, store, cookie, concurrent } = options
    const client = store || new MemoryStore()
    if (process.env.NODE_ENV === 'production' && client instanceof MemoryStore) console.warn(WARNING)
    this.#cookie = withDefaults(cookie)
    this.records = new SharedRecords(client, concurrent ?? undefined)
    this.store = new GenericStore(client, { prefix: options.prefix ?? 'koa:sess:', ttl: options.ttl, cookie: this.#cookie }, this.records)
    this.connection = new Connection(this.store, options.reconnectTimeout || 10000)
    this.settings = new Settings({ ...renamed(this.#cookie), key: key || 'koa.sid' })
    this.isOwnCookie = !options.sessionIdStore
    this.ids = options.sessionIdStore || this.#cookieIds()
    this.genSid = options.genSid || (() => newId('', ID_BYTES))
    this.valid = options.valid || (() => true)
    this.beforeSave = options.beforeSave || (() => {})
    this.errorHandler = options.errorHandler || throwNamed
    this.rolling = options.rolling
    this.allowEmpty = options.allowEmpty
    this.#empty = new KnownData(this.newSession())
  }

  /** Returns whether a new session has been left as it was. */
  isEmpty (session) {
    return this.#empty.isSame(session)
  }

  /** Makes a session without data. Its cookie's attributes can be changed by the app. */
  newSession () {
    return { cookie: renameMaxage({ ...this.#cookie }) }
  }

  /** Returns the attributes of a session's cookie: the options' where the app has assigned a session without them. */
  attributesOf (session) {
    return session.cookie ?? this.#cookie
  }

  /** Returns the default `sessionIdStore`, which keeps the id in the cookie. Its methods are called on the ctx. */
  #cookieIds () {
    const cookieOf = (ctx) => ctx[SESSION].cookie
    const attributesOf = (session) => this.attributesOf(session)
    return {
      get () { return cookieOf(this).read() },
      set (id, session) { cookieOf(this).send(id, attributesOf(session)) },
      // As in the original, with the default attributes, whatever the options say.
      reset () { cookieOf(this).clear({ signed: Boolean(this.app.keys), httpOnly: true, path: '/' }) }
    }
  }

  /** Returns whether a request is below the cookie's path. */
  matches ({ path }) {
    const { path: own = '/' } = this.#cookie
    // Also the path `*` of OPTIONS.
    return own === '/' || path.startsWith(own || '/')
  }

  /** Adds what koa-generic-session adds to a ctx, except for `ctx.session`. */
  extend (ctx, session) {
    ctx[SESSION] = session
    ctx._sessionSave = null
    Object.defineProperty(ctx, 'sessionSave', {
      get () { return this._sessionSave },
      set (value) { this._sessionSave = value },
      configurable: true
    })
  }
}

function checkOptions (options) {
  for (const name of ['genSid', 'errorHandler', 'valid', 'beforeSave']) {
    if (options[name] && typeof options[name] !== 'function') throw invalidOption(name, 'function', options[name])
  }
  for (const name of ['key', 'prefix']) {
    if (options[name] != null && typeof options[name] !== 'string') throw invalidOption(name, 'string', options[name])
  }
  for (const name of ['get', 'set', 'reset']) {
    const { sessionIdStore } = options
    if (sessionIdStore && typeof sessionIdStore[name] !== 'function') throw invalidOption(`sessionIdStore.${name}`, 'function', sessionIdStore[name])
  }
}

/** Returns a cookie's attributes followed by the defaults, in the order in which the original stores them. */
function withDefaults (cookie) {
  const attributes = { ...cookie }
  for (const name in DEFAULT_COOKIE) {
    if (attributes[name] === undefined) attributes[name] = DEFAULT_COOKIE[name]
  }
  return attributes
}

/** Gives an old `maxage` in a cookie's attributes its present name, in place. */
function renameMaxage (attributes) {
  if (!attributes) return attributes
  attributes.maxAge = attributes.maxage ? attributes.maxage : attributes.maxAge
  delete attributes.maxage
  return attributes
}

const renamed = (attributes) => renameMaxage({ ...attributes })

/** The default `errorHandler`. */
function throwNamed (err, operation) {
  try {
    err.name = `koa-generic-session ${operation} error`
  } catch {
    // The error's name cannot be set.
  }
  throw err
}

/** The middleware without `defer`: loads the session before the app runs. */
function eager (entry) {
  return async (ctx, next) => {
    ctx.sessionStore = entry.store
    if (ctx.session || ctx._session || !entry.matches(ctx)) return next()
    const session = new GenericSession(entry, ctx)
    entry.extend(ctx, session)
    try {
      await session.load()
      Object.defineProperty(ctx, 'session', {
        get () { return this._session },
        set (value) { this._session = value },
        configurable: true
      })
      ctx.saveSession = () => session.save()
      ctx.regenerateSession = async () => { await session.regenerate() }
      await runAndCommit(ctx, next, session)
    } finally {
      session.end()
    }
  }
}

/** Runs the app, then commits, also if the app has thrown. The app's error takes precedence. */
async function runAndCommit (ctx, next, session) {
  let failure
  try {
    await next()
  } catch (err) {
    failure = { err }
  }
  try {
    await session.commit()
  } catch (err) {
    if (failure === undefined) throw err
    emitError(ctx, err)
  }
  if (failure !== undefined) throw failure.err
}

/** The middleware with `defer`: loads the session when the app first reads `ctx.session`, a promise. */
function deferred (entry) {
  return async (ctx, next) => {
    ctx.sessionStore = entry.store
    if (ctx[SESSION] !== undefined || !entry.matches(ctx)) return next()
    const session = new GenericSession(entry, ctx)
    entry.extend(ctx, session)
    let loading
    let isAssigned = false
    const read = async () => {
      if (loading === undefined && !isAssigned) loading = session.load(() => isAssigned)
      await loading
      return ctx._session
    }
    // An assignment does not read the id.
    const readId = () => {
      if (loading !== undefined || ctx.sessionId) return
      const id = entry.ids.get.call(ctx)
      if (id && !isIdRefused(id, undefined, false)) ctx.sessionId = id
    }
    Object.defineProperty(ctx, 'session', {
      get: read,
      set (value) {
        if (loading === undefined && !isAssigned) session.noteAssigned()
        isAssigned = true
        this._session = value
      },
      configurable: true
    })
    ctx.saveSession = async () => {
      await read()
      return session.save()
    }
    ctx.regenerateSession = async () => {
      await read()
      readId()
      return session.regenerate()
    }
    try {
      await next()
      if (loading === undefined && !isAssigned) return
      // The app has been told that the session cannot be loaded.
      if (await hasFailed(loading)) return
      readId()
      await session.commit()
    } finally {
      session.end()
    }
  }
}

function hasFailed (loading) {
  return Promise.resolve(loading).then(() => false, () => true)
}

/**
 * Returns the middleware of an app that comes from koa-generic-session. generic.d.ts documents it.
 *
 * @param {object} [options] those of koa-generic-session, and `concurrent`
 * @returns {(ctx: object, next: () => Promise<void>) => Promise<void>}
 * @throws {SessionOptionError} code ERR_SESSION_OPTION
 */
function session (options) {
  const entry = new Entry(options ?? {})
  return options?.defer ? deferred(entry) : eager(entry)
}

module.exports = session
module.exports.MemoryStore = MemoryStore
