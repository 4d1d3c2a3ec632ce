'use strict'

const { sessionError } = require('../base/errors')
const { callHook, requireAnswer } = require('../base/hook')
const { newId, toId } = require('../base/id')
const { isPromise } = require('../base/maybe-async')
const { RequestCookie } = require('../cookie/request-cookie')
const { RequestOptions } = require('../options/request-options')
const { Session } = require('../session/session')
const { commit } = require('./commit')
const { load, open } = require('./load')
const { recordsOf, watchHead } = require('./on-demand')

/** Where a session is in its life; docs/architecture.md draws how it gets there. */
const STATE = {
  /** Nobody has asked for it, or it was loaded and none came. */
  UNTOUCHED: 'untouched',
  OPEN: 'open',
  /** The app has given one without having read what there was. */
  ASSIGNED: 'assigned',
  /** The app has removed it; a commit has still to destroy it. */
  REMOVED: 'removed',
  DESTROYED: 'destroyed',
  /** The store has it no more: nothing is written, which would bring it back. */
  DISCARDED: 'discarded',
  /** The store has failed, and the app has said 'anonymous': nothing is written. */
  ANONYMOUS: 'anonymous',
  /** The option `ignore` has left the request without one. */
  IGNORED: 'ignored'
}

/** What left with the headers, where `early` decided it: the cookie, one that clears it, or nothing though there was something. */
const HEAD = { SENT: 'sent', CLEARED: 'cleared', LOST: 'lost' }

/** The number of runs of a request whose last run of the middleware has ended. */
const ENDED = -1

/** A load that had nothing to wait for. */
const DONE = Promise.resolve()

const AT_END = { isAtEnd: true }

/**
 * The session of one request: what is behind `ctx.session` before, while and after the app uses it. It alone writes its state;
 * load.js, commit.js and the others ask, and call what changes it.
 */
class ContextSession {
  #state = STATE.UNTOUCHED
  /** The user's object: undefined until somebody asks for it, null once it is removed. */
  #session
  /** What the other end has. */
  #baseline
  #id
  /** The promise of an asynchronous genid. */
  #pendingId
  /** The id of a session that was removed before another took its place; null for the one that nobody has read. */
  #replacedId
  /** Whether the store has a record under the id. */
  #isStored = false
  /** Whether this request has written it. */
  #isWritten = false
  #head
  /** How many runs of the middleware the request is in. */
  #runs = 0
  #loading
  /** The end of the last commit that was begun. */
  #committing

  /**
   * @param {object} ctx
   * @param {import('../options/options').Settings} settings
   */
  constructor (ctx, settings) {
    this.ctx = ctx
    this.requestOptions = new RequestOptions(ctx, settings)
    this.cookie = new RequestCookie(this.requestOptions)
    const { ContextStore, store, ignore, early, autoCommit } = this.options
    const records = ContextStore ? callHook(() => new ContextStore(ctx)) : store
    this.records = records ? recordsOf(this, records, ContextStore || store) : undefined
    if (typeof ignore === 'function' && requireAnswer('ignore', callHook(() => ignore(ctx)))) this.#state = STATE.IGNORED
    if (early && autoCommit && ctx.res != null) watchHead(this)
  }

  get name () { return this.requestOptions.name }
  get options () { return this.requestOptions.options }
  get sessionOptions () { return this.requestOptions.sessionOptions }
  get maxAge () { return this.requestOptions.maxAge }

  /** As in request-options.js. */
  assignMaxAge (value) { this.requestOptions.assignMaxAge(value) }
  adoptMaxAge (value) { this.requestOptions.adoptMaxAge(value) }

  /** Returns the user's object, as far as there is one: undefined until somebody asks for it, null once it is removed. */
  get session () { return this.#session }

  /** Returns what the other end has; undefined where nobody knows, or it has nothing. */
  get baseline () { return this.#baseline }

  get isIgnored () { return this.#state === STATE.IGNORED }
  get isDestroyed () { return this.#state === STATE.DESTROYED }

  /** Returns whether what the request does to the session is ever written. */
  get isWritable () { return !this.#isInert && this.#head !== HEAD.LOST }

  get #isInert () {
    return this.#state === STATE.ANONYMOUS || this.#state === STATE.DISCARDED || this.#state === STATE.IGNORED
  }

  /** Goes on to a state, unless nothing of the session is written any more. */
  #become (state) {
    if (!this.#isInert) this.#state = state
  }

  get isStored () { return this.#isStored }
  get isWritten () { return this.#isWritten }
  get isCookieSent () { return this.#head === HEAD.SENT }
  get isCookieCleared () { return this.#head === HEAD.CLEARED }

  /** Returns whether the app is through. */
  get isEnded () { return this.#runs === ENDED }

  /** Returns whether a run of the middleware is open. */
  get isRunning () { return this.#runs > 0 }

  get id () { return this.#id }

  /** Returns the promise of an asynchronous genid, which resolves when there is an id. */
  get pendingId () { return this.#pendingId }

  /** Returns the id of a session that was removed before another took its place; null for the one that nobody has read. */
  get replacedId () { return this.#replacedId }

  /** Returns whether nobody has looked yet under which id the session came in (`lazy`). */
  get isUnread () {
    return this.records !== undefined && this.options.lazy === true && this.#loading === undefined && this.#id === undefined
  }

  /** Returns the id under which the store has the session, or will have it. */
  get externalKey () {
    const isBegun = (this.#session ?? this.#loading) !== undefined && !this.isIgnored
    if (this.records && isBegun && this.#id === undefined && this.#pendingId === undefined) this.takeNewId()
    return this.#id
  }

  /** Returns the session, or null where it was removed. Without a store, the first time opens the cookie. */
  get () {
    if (this.isIgnored) return null
    if (this.#session === undefined) {
      this.#requireLoaded()
      if (this.records) this.create(undefined, this.#id)
      else this.#requireOpened(open(this))
    }
    return this.#session
  }

  /** Replaces the session's data (its id stays), or removes it by null. */
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
    this.requestOptions.openEarly()
    throw sessionError('ERR_SESSION_NOT_LOADED', 'the option valid answers by a promise: declare it as an async function')
  }

  #remove () {
    this.#session = null
    if (this.#state !== STATE.DESTROYED) this.#become(STATE.REMOVED)
  }

  /** Leaves the record that null removed to be destroyed, and lets a new id be taken. */
  #replace () {
    if (this.#state !== STATE.DESTROYED && this.#replacedId === undefined) this.#replacedId = this.#idToDestroy()
    if (this.#state === STATE.DISCARDED) this.#state = STATE.REMOVED
    this.#id = undefined
    if (this.#head === HEAD.SENT) this.#head = undefined
    if (this.records) this.forgetStored()
  }

  /** Returns the id of the record that null removed: null where nobody has read it. */
  #idToDestroy () {
    if (this.isUnread) return null
    return this.#isStored ? this.#id : this.records?.takeLeft?.()
  }

  /** Makes a session: of data, or a new one. Its id is new where none is given. */
  create (data, id) {
    this.#id = id
    if (this.records && id === undefined && this.options.genid) this.takeNewId()
    this.#session = data ? Session.from(this, data, false) : Session.create(this)
    this.#become(STATE.OPEN)
  }

  /**
   * Takes the session that came.
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

  /** Makes a new session where the store has failed. */
  failLoading (isAnonymous) {
    this.#state = STATE.OPEN
    this.create()
    if (isAnonymous) this.beAnonymous()
  }

  /** Has nothing of this session written: the store has failed, and the app said so. */
  beAnonymous () { this.#state = STATE.ANONYMOUS }

  /** Has nothing of this session written: its store has it no more, and no later commit brings it back. */
  discard () { this.#state = STATE.DISCARDED }

  /** Takes the session that the app has given for one that it has read. Returns whether it was not. */
  acceptAssigned () {
    if (this.#state !== STATE.ASSIGNED) return false
    this.#state = STATE.OPEN
    return true
  }

  /** Begins to destroy the session. Returns false where that has been done. */
  beginDestroying () {
    if (this.#state === STATE.DESTROYED) return false
    this.#state = STATE.DESTROYED
    return true
  }

  /** Takes note that what another session has replaced is destroyed. */
  forgetReplaced () { this.#replacedId = undefined }

  /** Takes note that the store has no record of the session. */
  forgetStored () {
    this.#baseline = undefined
    this.#isStored = false
  }

  /** Takes note of what the store has now. */
  keepStored (baseline) {
    this.#baseline = baseline
    this.#isStored = true
  }

  /** Takes note that the store has a record under the id. */
  beStored () { this.#isStored = true }

  /** Takes note of what the browser has been sent. */
  keepSent (baseline) { this.#baseline = baseline }

  /** Takes note that this request has written the session. */
  beWritten () { this.#isWritten = true }

  /** Takes note of what left with the headers. */
  sendCookie () { this.#head = HEAD.SENT }
  sendCleared () { this.#head = HEAD.CLEARED }
  loseCookie () { this.#head = HEAD.LOST }

  /** Takes another id; the store has nothing under it. */
  takeNewId () {
    const { genid, prefix } = this.options
    this.#isStored = false
    const id = genid ? callHook(() => genid(this.ctx)) : newId(prefix)
    this.#pendingId = undefined
    if (!isPromise(id)) {
      this.#id = toId(id)
      return
    }
    this.#id = undefined
    this.#pendingId = id.then((given) => { this.#id = toId(given) })
    // Whoever needs the id awaits it; until then nobody may.
    this.#pendingId.catch(ignore)
  }

  /** Takes the session for loaded: the request came without. So many runs of the middleware are open. */
  skipLoad (runs) {
    this.#loading = DONE
    this.#runs = runs
    if (runs > 0) this.records?.enter()
  }

  /**
   * Loads the session from its store, or opens its cookie; a second call finds it done.
   *
   * @returns {Promise<void>|undefined} nothing where there is nothing to wait for
   */
  load () {
    // With `lazy`, null may be assigned unread, and stays.
    if (this.#session === null && this.options.lazy) return undefined
    this.#loading ??= this.#load() ?? DONE
    return this.#loading === DONE ? undefined : this.#loading
  }

  #load (id) {
    if (this.isIgnored) return undefined
    if (this.records) return load(this, id)
    return this.#session === undefined ? open(this) : undefined
  }

  /** Drops what the request did to the session, and loads it again. */
  reload () {
    // What this request has saved already, it has under an id of its own.
    const id = this.#isStored ? this.#id : undefined
    this.#forget()
    this.#loading = this.#load(id) ?? DONE
    return this.#loading
  }

  #forget () {
    this.#session = this.#loading = this.#replacedId = undefined
    if (this.#state === STATE.DISCARDED) this.#state = STATE.UNTOUCHED
    this.#become(STATE.UNTOUCHED)
    this.forgetStored()
  }

  /** Enters a run of the middleware. Where an earlier one has ended on this ctx, as one of a socket, the store is read anew. */
  enter () {
    if (this.isEnded) this.#beginAnew()
    this.#runs++
    this.records?.enter()
  }

  #beginAnew () {
    this.#runs = 0
    this.#head = undefined
    // As in koa-session, what a cookie held is opened once for a ctx.
    if (!this.records) return
    if (!this.isIgnored) this.#state = STATE.UNTOUCHED
    this.#forget()
    this.records.beginAnew?.()
    this.#id = this.#pendingId = undefined
    this.#isWritten = false
  }

  /** Leaves a run of the middleware. The session's part in the request ends with the last of them. */
  leave () {
    if (--this.#runs > 0) return
    this.#runs = ENDED
    this.records?.leave()
  }

  /** Saves or removes the session, if anything calls for it. The commits of a request run one after another. */
  commit (how) {
    const run = async () => commit(this, how)
    const committing = this.#committing ? this.#committing.then(run) : run()
    const settled = committing.then(ignore, ignore)
    this.#committing = settled
    // The caller's own promise: one that fails and that nobody awaits is to be heard of.
    return committing.then(ignore)
  }

  /** Commits when the app is through. Returns nothing where there is nothing to wait for. */
  finish () {
    return this.#committing ? this.commit(AT_END) : commit(this, AT_END)
  }
}

function ignore () {}

module.exports = { ContextSession }
