'use strict'

const { announce } = require('../../base/events')
const { isIdRefused } = require('../../base/id')
const { IdCookie } = require('../id-cookie')
const { KnownData } = require('../known-data')
const { ID_BYTES, renameMaxage } = require('./attributes')

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

module.exports = { GenericSession }
