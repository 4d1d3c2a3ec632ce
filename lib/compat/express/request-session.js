'use strict'

const { sessionError } = require('../../base/errors')
const { appendCookies } = require('../../cookie/set-cookie')
const { KnownData } = require('../known-data')
const { call } = require('../../base/store-call')
const { Cookie } = require('./cookie')
const { serialize } = require('./serialize')
const { Session, bind, operationsOn } = require('./session')
const { toSession } = require('./store')
const { StoreRequest } = require('./store-request')

/**
 * The session of one request: what express-session decides, it decides in the same way. `ctx` has the session, its id and its store as
 * properties of its own, which the app may replace or delete, as those of `req` there.
 */
class RequestSession {
  #ctx
  #settings
  #req
  /** The id that the request's cookie has. */
  #cookieId
  /** The id and the JSON of the session when the request began, and its JSON when it was last saved. */
  #originalId
  #originalJson
  #savedJson
  #isTouched = false
  /** The visits to records: by id, and all of them. */
  #visits = new Map()
  #entered = []
  /** What the app has begun, and may not wait for. */
  #pending = new Set()

  constructor (ctx, settings) {
    this.#ctx = ctx
    this.#settings = settings
    this.#req = new StoreRequest(ctx)
    this.#cookieId = settings.core.read(ctx.req.headers.cookie ?? '') ?? undefined
    // An app may pass ctx where it passed req to its store.
    for (const req of [this.#req, ctx]) bind(req, this)
    // The app's context may have an accessor of the name.
    for (const [name, value] of [['session', undefined], ['sessionID', this.#cookieId], ['sessionStore', settings.store]]) {
      Object.defineProperty(ctx, name, { value, writable: true, enumerable: true, configurable: true })
    }
  }

  /** Loads the session, or makes a new one. */
  async load () {
    const id = this.#cookieId
    if (id !== undefined) {
      const visit = this.#enter(id)
      const data = await call(this.#settings.store, 'get', id).catch(noneIfNoEntry)
      if (data && !(this.#settings.isMerging && visit.isDestroyed)) return this.#begin(data)
    }
    this.generate()
    this.#originalId = this.#ctx.sessionID
    this.#originalJson = jsonOf(this.#ctx.session)
  }

  #begin (data) {
    this.#adopt(data)
    this.#originalId = this.#ctx.sessionID
    // Of the data as the store has them: keys that the session does not take count as a change.
    this.#originalJson = jsonOf(data)
    if (!this.#settings.resave) this.#savedJson = this.#originalJson
  }

  /** Makes the request's session of what the store has, by the store's own `createSession` if it has one. */
  #adopt (data) {
    const { store, isMerging } = this.#settings
    const req = this.#req
    if (typeof store.createSession !== 'function') req.session = toSession(req, data)
    else store.createSession(req, data)
    if (!(req.session instanceof Session)) req.session = new Session(req, req.session)
    if (isMerging) this.#visit(req.session.id).load(new KnownData(mergeable(req.session)))
  }

  /** Gives the request a new session. */
  generate () {
    const { genid, cookie, isMerging } = this.#settings
    const ctx = this.#ctx
    ctx.sessionID = genid(ctx.req)
    ctx.session = new Session(this.#req)
    ctx.session.cookie = new Cookie(this.#settings.cookieOptions(ctx))
    const isSecure = this.#settings.isSecure(ctx)
    if (cookie.secure === 'auto') ctx.session.cookie.secure = isSecure
    if (cookie.sameSite === 'auto') ctx.session.cookie.sameSite = isSecure ? 'none' : 'lax'
    if (isMerging) this.#enter(ctx.sessionID)
  }

  /** Saves a session. */
  save (session) {
    const { id } = session
    this.#savedJson = jsonOf(session)
    const own = this.#settings.isMerging ? mergeable(session) : session
    const put = (data) => call(this.#settings.store, 'set', id, data === own ? session : this.#merged(session, data, own))
    return this.#track(this.#visit(id).save(own, put).then(() => {}))
  }

  /** Makes the session that is saved where another request has saved one meanwhile. */
  #merged (session, { cookie, ...data }, own) {
    const merged = new Session({ sessionID: session.id, sessionStore: this.#settings.store }, data)
    merged.cookie = session.cookie
    if (JSON.stringify(cookie) !== JSON.stringify(own.cookie)) {
      merged.cookie = new Cookie(cookie)
      merged.resetMaxAge()
    }
    return merged
  }

  reload ({ id }) {
    return this.#track(call(this.#settings.store, 'get', id).then((data) => {
      if (!data) throw new Error('failed to load session')
      this.#adopt(data)
    }))
  }

  destroy ({ id }) {
    // Not deleted, since that might uncover an accessor of the app's context.
    this.#ctx.session = undefined
    return this.#remove(id)
  }

  #remove (id) {
    return this.#track(this.#visit(id).destroy(() => call(this.#settings.store, 'destroy', id)))
  }

  /** Destroys the request's session, and gives it a new one. If the store cannot destroy it, both happens, and the error is passed on. */
  regenerate () {
    const { store } = this.#settings
    const id = this.#ctx.sessionID
    const before = this.#ctx.session
    const hasOwn = typeof store.regenerate === 'function'
    const removing = this.#visit(id).destroy(() => hasOwn ? call(store, 'regenerate', this.#req) : call(store, 'destroy', id))
    const renew = () => {
      // The store has none of our sessions where it has no `regenerate`, or where a middleware of Express has set its `generate` too.
      if (this.#ctx.session === before || !(this.#ctx.session instanceof Session)) this.generate()
      // The store has made a session of the same id before the old one was removed.
      else if (this.#settings.isMerging && this.#ctx.sessionID === id) this.#enter(id)
    }
    return this.#track(removing.then(renew, (err) => {
      renew()
      throw err
    }))
  }

  /** Saves the session, or destroys it, when the app has ended. */
  async finish () {
    await Promise.allSettled(this.#pending)
    const { canTouch, destroysUnset, store } = this.#settings
    const { session, sessionID } = this.#ctx
    if (sessionID && destroysUnset && session == null) return this.#remove(sessionID)
    if (!session) return
    this.#touch(session)
    if (this.#shouldSave(session)) return this.save(session)
    if (!canTouch || typeof sessionID !== 'string' || this.#cookieId !== sessionID) return
    const { records, isMerging } = this.#settings
    if (!isMerging) return call(store, 'touch', sessionID, session)
    await records.mutex.run(sessionID, () => this.#visit(sessionID).isDestroyed ? undefined : call(store, 'touch', sessionID, session))
  }

  /** Ends the visits, once nothing is pending. */
  async leave () {
    await Promise.allSettled(this.#pending)
    for (const visit of this.#entered) visit.leave()
  }

  /** Sets the cookie, when the headers are sent. */
  sendCookie () {
    const { res, session, sessionID } = this.#ctx
    if (!session || !this.#shouldSetCookie(session)) return
    if (session.cookie.secure && !this.#settings.isSecure(this.#ctx)) return
    this.#touch(session)
    const { core, name } = this.#settings
    appendCookies(res, [serialize(name, `s:${sessionID}.${core.sign(sessionID)}`, session.cookie.data)], false)
  }

  /** Moves the expiry, once for a request. */
  #touch (session) {
    if (this.#isTouched) return
    if (typeof session.touch !== 'function') {
      throw sessionError('ERR_SESSION_VALUE', 'ctx.session was replaced by an object that is no session: set its keys instead', TypeError)
    }
    session.touch()
    this.#isTouched = true
  }

  #isModified (session) {
    return this.#originalId !== session.id || this.#originalJson !== jsonOf(session)
  }

  #shouldSave (session) {
    const { sessionID } = this.#ctx
    if (typeof sessionID !== 'string') return false
    const isUninitialized = !this.#settings.saveUninitialized && !this.#savedJson && this.#cookieId !== sessionID
    if (isUninitialized) return this.#isModified(session)
    return !(this.#originalId === session.id && this.#savedJson === jsonOf(session))
  }

  #shouldSetCookie (session) {
    const { sessionID } = this.#ctx
    if (typeof sessionID !== 'string') return false
    if (this.#cookieId !== sessionID) return this.#settings.saveUninitialized || this.#isModified(session)
    return this.#settings.rolling || (session.cookie.expires != null && this.#isModified(session))
  }

  #enter (id) {
    const visit = this.#settings.records.visit(id)
    this.#entered.push(visit)
    this.#visits.set(id, visit)
    return visit
  }

  /** Returns the visit to a record that the request has begun last. */
  #visit (id) {
    return this.#visits.get(id) ?? this.#enter(id)
  }

  #track (promise) {
    const settled = promise.then(ignore, ignore).then(() => this.#pending.delete(settled))
    this.#pending.add(settled)
    return promise
  }
}

/** Gives a request of ours a new session: the property `generate` of a store. */
function generate (req) {
  operationsOn(req)?.generate()
}

/** Returns a session's JSON without the cookie: what has changed if it differs. */
function jsonOf ({ cookie, ...data }) {
  return JSON.stringify(data)
}

/** Returns a session's data for a merge. The expiry moves with every request, and does not count as a change. */
function mergeable ({ cookie, ...data }) {
  const { expires, ...attributes } = cookie.data ?? cookie
  return { ...data, cookie: attributes }
}

/** As in express-session, ENOENT of a file store means that there is no session. */
function noneIfNoEntry (err) {
  if (err?.code !== 'ENOENT') throw err
}

function ignore () {}

module.exports = { RequestSession, generate }
