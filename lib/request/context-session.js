'use strict'

const { sessionError } = require('../base/errors')
const { callHook, requireSync } = require('../base/hook')
const { newId, toId } = require('../base/id')
const { isPromise } = require('../base/maybe-async')
const { RequestOptions } = require('../options/request-options')
const { Session } = require('../session/session')
const { commit } = require('./commit')
const { load, open } = require('./load')
const { cookieOf, recordsOf, timesOf, watchHead } = require('./on-demand')

/** The states of a request's session; docs/architecture.md draws the transitions. */
const STATE = {
  /** The app has not asked for the session, or it was loaded and the request brought none. */
  UNTOUCHED: 'untouched',
  OPEN: 'open',
  /** The app has assigned an object without reading the session that came. */
  ASSIGNED: 'assigned',
  /** The app has assigned null; the next commit destroys the record. */
  REMOVED: 'removed',
  DESTROYED: 'destroyed',
  /** The record is gone from the store. Nothing is written, since that would revive the session. */
  DISCARDED: 'discarded',
  /** The store has failed, and `onStoreError` returned 'anonymous': nothing is written. */
  ANONYMOUS: 'anonymous',
  /** The option `ignore` returned true: the request has no session. */
  IGNORED: 'ignored'
}

/** With the option `early`, what was sent with the headers: the cookie, an expired one, or none although one was needed. */
const HEAD = { SENT: 'sent', CLEARED: 'cleared', LOST: 'lost' }

/** The value of #runs once the last run of the middleware has ended. */
const ENDED = -1

/** The value of #loading after a load that was synchronous. */
const DONE = Promise.resolve()

const AT_END = { isAtEnd: true }

/**
 * The session of one request: what is behind `ctx.session` before, while and after the app uses it. Only this class writes its
 * state; load.js, commit.js and the others read it and call the methods that change it.
 */
class ContextSession {
  #state = STATE.UNTOUCHED
  /** The user's object: undefined until the session is opened or created, null once it is removed. */
  #session
  /** What the store or the browser has, for the dirty check; undefined if that is nothing, or unknown since a reload failed. */
  #baseline
  #id
  /** The promise of an asynchronous genid, which resolves when #id is set. */
  #pendingId
  /** The id of a removed session that the app has replaced by a new one; null if that id was not read yet. */
  #replacedId
  /** Whether the store has a record under the id. */
  #isStored = false
  /** Whether this request has written the session. */
  #isWritten = false
  /** Whether this request has taken a new id. */
  #hasNewId = false
  /** One of HEAD, once the headers have been sent. */
  #head
  /** How many runs of the middleware are in progress, or ENDED. */
  #runs = 0
  /** The promise of the load, or DONE. */
  #loading
  /** Settles when the commit that was begun last has ended. */
  #committing

  /**
   * @param {object} ctx
   * @param {import('../options/options').Settings} settings
   */
  constructor (ctx, settings) {
    this.ctx = ctx
    this.requestOptions = new RequestOptions(ctx, settings)
    this.cookie = cookieOf(this.requestOptions)
    this.times = timesOf(this)
    const { ContextStore, store, ignore, early, autoCommit } = this.options
    const records = ContextStore ? callHook(() => new ContextStore(ctx)) : store
    this.records = records ? recordsOf(this, records, ContextStore || store) : undefined
    if (typeof ignore === 'function' && requireSync('ignore', callHook(() => ignore(ctx)))) this.#state = STATE.IGNORED
    if (early && autoCommit && ctx.res != null) watchHead(this)
  }

  get name () { return this.requestOptions.name }
  get options () { return this.requestOptions.options }
  get sessionOptions () { return this.requestOptions.sessionOptions }
  get maxAge () { return this.requestOptions.maxAge }

  /** Documented in request-options.js. */
  assignMaxAge (value) { this.requestOptions.assignMaxAge(value) }
  adoptMaxAge (value) { this.requestOptions.adoptMaxAge(value) }

  get session () { return this.#session }
  get baseline () { return this.#baseline }
  get isIgnored () { return this.#state === STATE.IGNORED }
  get isDestroyed () { return this.#state === STATE.DESTROYED }

  /** Returns whether a commit can write the session. */
  get isWritable () { return !this.#isInert && this.#head !== HEAD.LOST }

  get #isInert () {
    return this.#state === STATE.ANONYMOUS || this.#state === STATE.DISCARDED || this.#state === STATE.IGNORED
  }

  /** Changes the state, except from those in which nothing is ever written. */
  #become (state) {
    if (!this.#isInert) this.#state = state
  }

  get isStored () { return this.#isStored }
  get isWritten () { return this.#isWritten }
  get hasNewId () { return this.#hasNewId }
  get isCookieSent () { return this.#head === HEAD.SENT }
  get isCookieCleared () { return this.#head === HEAD.CLEARED }

  /** Returns whether the last run of the middleware has ended. */
  get isEnded () { return this.#runs === ENDED }

  /** Returns whether a run of the middleware is in progress. */
  get isRunning () { return this.#runs > 0 }

  get id () { return this.#id }
  get pendingId () { return this.#pendingId }
  get replacedId () { return this.#replacedId }

  /** Returns whether the id that came with the request has not been read yet (option `lazy`). */
  get isUnread () {
    return this.records !== undefined && this.options.lazy === true && this.#loading === undefined && this.#id === undefined
  }

  /** Returns the id under which the store has the session, or will have it. */
  get externalKey () {
    const isBegun = (this.#session ?? this.#loading) !== undefined && !this.isIgnored
    if (this.records && isBegun && this.#id === undefined && this.#pendingId === undefined) this.takeNewId()
    return this.#id
  }

  /** Returns the session, or null where it was removed. In cookie mode, the first call opens the cookie. */
  get () {
    if (this.isIgnored) return null
    if (this.#session === undefined) {
      this.#requireLoaded()
      if (this.records) this.create(undefined, this.#id)
      else this.#requireOpened(open(this))
    }
    return this.#session
  }

  /** Replaces the session's data and keeps its id; null removes the session. */
  set (value) {
    if (this.isIgnored) throw sessionError('ERR_SESSION_IGNORED', 'the option ignore left this request without a session')
    if (value === null) return this.#remove()
    if (typeof value !== 'object') throw new Error('this.session can only be set as null or an object.')
    this.#requireLoaded()
    const isAssigned = !this.#session || this.#state === STATE.ASSIGNED
    if (this.#session === null) this.#replace()
    this.create(value, this.#id)
    if (isAssigned) this.#become(STATE.ASSIGNED)
  }

  #requireLoaded () {
    if (this.#session !== undefined || !this.records || !this.options.lazy) return
    throw sessionError('ERR_SESSION_NOT_LOADED', 'with the option lazy, `await session.of(ctx).load()` comes before ctx.session')
  }

  #requireOpened (opening) {
    if (!isPromise(opening)) return
    opening.then(undefined, ignore)
    this.requestOptions.openBeforeApp()
    const advice = this.options.revocations == null
      ? 'the option valid returned a promise: declare it as an async function'
      : 'with the option revocations and outside of the middleware, `await session.of(ctx).load()` comes before ctx.session'
    throw sessionError('ERR_SESSION_NOT_LOADED', advice)
  }

  #remove () {
    this.#session = null
    if (this.#state !== STATE.DESTROYED) this.#become(STATE.REMOVED)
  }

  /** Prepares a new session in place of the removed one, whose id is kept for the commit to destroy. */
  #replace () {
    if (this.#state !== STATE.DESTROYED && this.#replacedId === undefined) this.#replacedId = this.#idToDestroy()
    if (this.#state === STATE.DISCARDED) this.#state = STATE.REMOVED
    this.#id = undefined
    this.times?.replace()
    if (this.#head === HEAD.SENT) this.#head = undefined
    if (this.records) this.forgetStored()
  }

  /** Returns the id of the removed session's record: null if it was not read yet, undefined if there is none. */
  #idToDestroy () {
    if (this.isUnread) return null
    return this.#isStored ? this.#id : this.records?.takePreviousId?.()
  }

  /** Creates a session, of data or empty. Without an `id`, it calls `genid` now; a default id is made when it is first needed. */
  create (data, id) {
    this.#id = id
    if (id === undefined) this.#isStored = false
    if (this.records && id === undefined && this.options.genid) this.takeNewId()
    this.#session = data ? Session.from(this, data, false) : Session.create(this)
    // ASSIGNED stays: if the object stays empty, the commit has to clear the request's cookie.
    if (this.#state !== STATE.ASSIGNED) this.#become(STATE.OPEN)
  }

  /**
   * Opens the session that the request brought.
   *
   * @param {Session} session
   * @param {import('../session/baseline').Baseline} baseline
   * @param {string} [id] under which the store has it
   */
  open (session, baseline, id) {
    this.#session = session
    this.#baseline = baseline
    this.#id = id
    this.#isStored = id !== undefined
    this.#become(STATE.OPEN)
  }

  /** Creates a session where the store has failed to load one. */
  failLoading (isAnonymous) {
    if (this.#state === STATE.ANONYMOUS) this.#state = STATE.OPEN
    this.create()
    if (isAnonymous) this.becomeAnonymous()
  }

  /** Prevents any write of the session: the store has failed, and `onStoreError` returned 'anonymous'. */
  becomeAnonymous () { this.#state = STATE.ANONYMOUS }

  /** Prevents any write of the session: its record is gone, and no commit may revive it. */
  discard () { this.#state = STATE.DISCARDED }

  /** Changes the state from ASSIGNED to OPEN. Returns false, and changes nothing, in any other state. */
  acceptAssigned () {
    if (this.#state !== STATE.ASSIGNED) return false
    this.#state = STATE.OPEN
    return true
  }

  /** Marks the session destroyed. Returns false where it was already. */
  markDestroyed () {
    if (this.#state === STATE.DESTROYED) return false
    this.#state = STATE.DESTROYED
    return true
  }

  /** Forgets the replaced id: its record is destroyed. */
  forgetReplaced () { this.#replacedId = undefined }

  /** Notes that the store has no record of the session. */
  forgetStored () {
    this.#baseline = undefined
    this.#isStored = false
  }

  /** Notes that the store has a record under the id, and with which baseline. */
  markStored (baseline = this.#baseline) {
    this.#baseline = baseline
    this.#isStored = true
  }

  /** Sets the baseline to what the browser has been sent. */
  setBaseline (baseline) { this.#baseline = baseline }

  /** Notes that this request has written the session. */
  markWritten () {
    this.#isWritten = true
    this.times?.markSaved()
  }

  /** Notes that this request has taken a new id. */
  markNewId () { this.#hasNewId = true }

  /** Records what was sent with the headers. */
  markCookieSent () { this.#head = HEAD.SENT }
  markCookieCleared () { this.#head = HEAD.CLEARED }
  markCookieLost () { this.#head = HEAD.LOST }

  /** Takes a new id, under which the store has no record. */
  takeNewId () {
    const { genid, prefix, idBytes } = this.options
    this.#isStored = false
    this.#hasNewId = true
    const id = genid ? callHook(() => genid(this.ctx)) : newId(prefix, idBytes)
    this.#pendingId = undefined
    if (!isPromise(id)) {
      this.#id = toId(id)
      return
    }
    this.#id = undefined
    this.#pendingId = id.then((given) => { this.#id = toId(given) })
    // Not every request awaits the id: its rejection must not be an unhandled one.
    this.#pendingId.catch(ignore)
  }

  /** Marks the session loaded, since the request brought none; `runs` runs of the middleware are in progress. */
  skipLoad (runs) {
    this.#loading = DONE
    this.#runs = runs
    if (runs > 0) this.records?.enter()
  }

  /**
   * Loads the session from its store, or opens its cookie. A second call shares the first load.
   *
   * @returns {Promise<void>|undefined} undefined if the session is loaded already
   */
  load () {
    // With `lazy`, the app may have assigned null, and then an object, without a load: that stays.
    if (this.#session !== undefined && this.options.lazy) return undefined
    const isLazy = this.options.lazy === true
    this.#loading ??= this.#load(isLazy ? this.#storedId : undefined) ?? DONE
    const loading = this.#loading
    if (loading === DONE) return undefined
    // After a failure, a lazy session is as unread as before.
    if (isLazy) loading.catch(() => { if (this.#loading === loading) this.#loading = undefined })
    return loading
  }

  /** Returns the id under which this request has saved the session: not the one that came with the request. */
  get #storedId () { return this.#isStored ? this.#id : undefined }

  #load (ownId) {
    if (this.isIgnored) return undefined
    if (this.records) return load(this, ownId)
    return this.#session === undefined ? open(this) : undefined
  }

  /** Drops the changes of this request, and loads the session again. */
  reload () {
    this.#forget()
    this.#loading = this.#load(this.#storedId) ?? DONE
    return this.#loading
  }

  #forget () {
    this.times?.reset()
    this.#session = this.#loading = this.#replacedId = undefined
    if (this.#state === STATE.DISCARDED) this.#state = STATE.UNTOUCHED
    this.#become(STATE.UNTOUCHED)
    // `#isStored` stays, since the store may still have the record. If a load does not find it, `create` resets it.
    this.#baseline = undefined
  }

  /** Begins a run of the middleware. After an earlier run on the same ctx, as with a socket, the store is read again. */
  enter () {
    if (this.isEnded) this.#reset()
    this.#runs++
    this.records?.enter()
  }

  #reset () {
    this.#runs = 0
    this.#head = undefined
    // As in koa-session, a cookie is opened once for each ctx.
    if (!this.records) return
    if (!this.isIgnored) this.#state = STATE.UNTOUCHED
    this.#forget()
    this.forgetStored()
    this.records.reset?.()
    this.#id = this.#pendingId = undefined
    this.#isWritten = this.#hasNewId = false
  }

  /** Ends a run of the middleware. */
  leave () {
    if (--this.#runs > 0) return
    this.#runs = ENDED
    this.records?.leave()
  }

  /** Saves or removes the session, if there is a reason to. The commits of a request run one after another. */
  commit (how) {
    const run = async () => commit(this, how)
    const committing = this.#committing ? this.#committing.then(run) : run()
    const settled = committing.then(ignore, ignore)
    this.#committing = settled
    // A new promise: if it rejects and the caller does not await it, that is an unhandled rejection.
    return committing.then(ignore)
  }

  /** Commits after the app's middleware has ended. Returns undefined if that was synchronous. */
  finish () {
    return this.#committing ? this.commit(AT_END) : commit(this, AT_END)
  }
}

function ignore () {}

module.exports = { ContextSession }
