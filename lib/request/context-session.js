'use strict'

const { commit } = require('./commit')
const { RequestCookie } = require('../cookie/request-cookie')
const { sessionError } = require('../base/errors')
const { callHook, requireAnswer } = require('../base/hook')
const { newId, toId } = require('../base/id')
const { limitMaxAge } = require('../session/validate')
const { load, open } = require('./load')
const { recordsOf, watchHead } = require('./on-demand')
const { resolve } = require('../options/options')
const { isPromise } = require('../base/maybe-async')
const { Session } = require('../session/session')

/**
 * The session of one request: what is behind `ctx.session` before, while and after the app uses it. load.js fills it,
 * commit.js empties it.
 */
class ContextSession {
  #settings
  /** The options as they were when the request came. */
  #current
  /** The options with their functions of ctx called; and the app's own copy, made when it asks for one. */
  #resolved
  #copy
  #maxAge
  #id

  /** The session object. undefined: not opened yet. null: removed. */
  session
  /** What is at the other end: the user's keys as JSON, as it came in or as we write it; or a snapshot. */
  opened
  written
  snapshot
  /** The session's JSON while it is committed. */
  json
  /** The id that an asynchronous genid will give. */
  coming
  /** Whether the store has a record under the id. */
  isStored = false
  /** The id of a session that was removed before another took its place; null for the one that nobody has read. */
  doomed
  /** Whether the session was assigned without having been read. */
  isReset = false
  isRemoved = false
  isWritten = false
  /** Whether the store failed and the app said 'anonymous': nothing of this session is ever written. */
  isAnonymous = false
  /** Whether the session was gone from its store when it was to be written. */
  isDiscarded = false
  /** The JSON of which the app has been told that its subject has too many sessions. */
  refused
  /** How often the request said how long the session is to live. */
  maxAgeAssignments = 0
  /** Whether the headers left with the cookie, or with one that clears it (`early`); and whether the app is through. */
  isCookieSent = false
  isCookieCleared = false
  isFinished = false
  /** Whether the headers left without what there was to send, and that has been told. */
  isLost = false
  /** How many middlewares of this session the request is in. */
  depth = 0
  /** The promise of the load. */
  loading
  #committing

  /**
   * @param {object} ctx
   * @param {import('../options/options').Settings} settings
   */
  constructor (ctx, settings) {
    this.ctx = ctx
    this.#settings = settings
    this.#current = settings.current
    this.#maxAge = this.options.maxAge
    this.cookie = new RequestCookie(this)
    const { ContextStore, store, ignore, early, autoCommit } = this.options
    const records = ContextStore ? callHook(() => new ContextStore(ctx)) : store
    this.records = records ? recordsOf(this, records, ContextStore || store) : undefined
    this.isIgnored = typeof ignore === 'function' && Boolean(requireAnswer('ignore', callHook(() => ignore(ctx))))
    if (early && autoCommit && ctx.res != null) watchHead(this)
  }

  get pool () { return this.#settings.pool }
  get name () { return this.#settings.name }
  get options () { return this.#copy ?? this.#resolved ?? this.#current }

  /** Tells whether nobody can have changed the options since the request came. */
  get isFixed () { return this.#copy === undefined }

  /** Gives the options of this request, for the app to change. */
  get sessionOptions () {
    if (this.#copy === undefined) {
      const isResolved = this.#resolved !== undefined && this.#resolved !== this.#current
      const copy = { ...(isResolved ? this.#resolved : resolve(this.#settings.copy(), this.ctx)) }
      if (this.#maxAge !== copy.maxAge) copy.maxAge = this.#maxAge
      this.#copy = copy
    }
    return this.#copy
  }

  /** Calls the options that are functions of ctx; the first time counts for the whole request. */
  resolve () {
    if (this.#copy === undefined && this.#resolved === undefined) this.#resolved = resolve(this.#current, this.ctx)
  }

  get maxAge () { return this.#copy === undefined ? this.#maxAge : this.#copy.maxAge }
  set maxAge (value) {
    if (this.#copy === undefined) this.#maxAge = value
    else this.#copy.maxAge = value
  }

  /** Takes the maxAge that the app gives the session. */
  assignMaxAge (value) {
    this.maxAge = value
    this.maxAgeAssignments++
  }

  /** Takes the maxAge that the record turned out to have: another request gave it, and `configMaxAge` holds for it too. */
  takeMaxAge (value) {
    this.maxAge = limitMaxAge(value, this.#current)
  }

  /** Gives the maxAge of the cookie: one that lives as long as the browser has none. */
  get cookieMaxAge () { return this.maxAge === 'session' ? undefined : this.maxAge }

  get id () { return this.#id }

  /** Tells whether nobody has looked yet under which id the session came in (`lazy`). */
  get isUnread () {
    return this.records !== undefined && this.options.lazy === true && this.loading === undefined && this.#id === undefined
  }

  /** Gives the id under which the store has the session, or will have it. */
  get externalKey () {
    const isBegun = (this.session ?? this.loading) !== undefined && !this.isIgnored
    if (this.records && isBegun && this.#id === undefined && this.coming === undefined) this.takeNewId()
    return this.#id
  }

  /** Gives the session, or null where it was removed. Without a store, the first time opens the cookie. */
  get () {
    if (this.isIgnored) return null
    if (this.session === undefined) {
      this.#requireLoaded()
      if (this.records) this.create(undefined, this.#id)
      else this.#requireOpened(open(this))
    }
    return this.session
  }

  /** Replaces the session's data (its id stays), or removes it by null. */
  set (value) {
    if (this.isIgnored) throw sessionError('ERR_SESSION_IGNORED', 'the option ignore left this request without a session')
    if (value === null) {
      this.session = null
      return
    }
    if (typeof value !== 'object') throw new Error('this.session can only be set as null or an object.')
    this.#requireLoaded()
    this.isReset ||= !this.session
    if (this.session === null) this.#forget()
    this.create(value, this.#id)
  }

  #requireLoaded () {
    if (this.session !== undefined || !this.records || !this.options.lazy) return
    throw sessionError('ERR_SESSION_NOT_LOADED', 'with the option lazy, `await session.of(ctx).load()` comes before ctx.session')
  }

  #requireOpened (opening) {
    if (!isPromise(opening)) return
    opening.then(undefined, ignore)
    this.#settings.opensEarly = true
    throw sessionError('ERR_SESSION_NOT_LOADED', 'the option valid answers by a promise: declare it as an async function')
  }

  /** Leaves the record that null removed to be destroyed, and lets a new id be taken. */
  #forget () {
    if (!this.isRemoved && this.doomed === undefined) this.doomed = this.#whatToDestroy()
    this.isRemoved = this.isDiscarded = false
    this.#id = undefined
    this.isStored = false
    this.isCookieSent = false
    if (this.records) this.forgetStored()
  }

  /** Tells whether it is known what is at the other end. */
  get isKnown () { return this.opened !== undefined || this.written !== undefined || this.snapshot !== undefined }

  /** Gives the id of the record that null removed: null where nobody has read it. */
  #whatToDestroy () {
    if (this.isUnread) return null
    return this.isStored ? this.#id : this.records?.takeLeft?.()
  }

  /** Forgets what the store has. */
  forgetStored () {
    this.written = this.opened = this.snapshot = undefined
  }

  /** Remembers what the store has now: a snapshot, or the JSON. */
  keepStored (snapshot, written) {
    this.snapshot = snapshot
    this.written = written
    this.isStored = true
  }

  /** Takes a session that was loaded, and the id under which the store has it. */
  take (session, id) {
    this.#id = id
    this.session = session
  }

  /** Makes a session: of data, or a new one. Its id is new where none is given. */
  create (data, id, isIncoming = false) {
    this.#id = id
    if (this.records && id === undefined && this.options.genid) this.takeNewId()
    this.session = data ? Session.from(this, data, isIncoming) : Session.create(this)
  }

  takeNewId () {
    const { genid, prefix } = this.options
    this.isStored = false
    const id = genid ? callHook(() => genid(this.ctx)) : newId(prefix)
    this.coming = undefined
    if (!isPromise(id)) {
      this.#id = toId(id)
      return
    }
    this.#id = undefined
    this.coming = id.then((given) => { this.#id = toId(given) })
    // Whoever needs the id awaits it; until then nobody may.
    this.coming.catch(() => {})
  }

  /** Takes the session for loaded: the request came without. So many runs of the middleware are open. */
  skipLoad (depth) {
    this.loading = DONE
    this.depth = depth
    if (depth > 0) this.records?.enter()
  }

  /**
   * Loads the session from its store, or opens its cookie; a second call finds it done.
   *
   * @returns {Promise<void>|undefined} nothing where there is nothing to wait for
   */
  load () {
    // With `lazy`, null may be assigned unread, and stays.
    if (this.session === null && this.options.lazy) return undefined
    this.loading ??= this.#load() ?? DONE
    return this.loading === DONE ? undefined : this.loading
  }

  #load (id) {
    if (this.isIgnored) return undefined
    if (this.records) return load(this, id)
    return this.session === undefined ? open(this) : undefined
  }

  /** Drops what the request did to the session, and loads it again. */
  reload () {
    // What this request has saved already, it has under an id of its own.
    const id = this.isStored ? this.#id : undefined
    this.#forgetSession()
    this.loading = this.#load(id) ?? DONE
    return this.loading
  }

  #forgetSession () {
    this.session = this.loading = this.doomed = undefined
    this.forgetStored()
    this.isReset = this.isRemoved = this.isDiscarded = false
  }

  /** Enters a run of the middleware. Where an earlier one has ended on this ctx, as one of a socket, the store is read anew. */
  enter () {
    if (this.isFinished) this.#beginAnew()
    this.depth++
    this.records?.enter()
  }

  #beginAnew () {
    this.depth = 0
    this.isFinished = false
    this.isCookieSent = this.isCookieCleared = this.isLost = false
    // As in koa-session, what a cookie held is opened once for a ctx.
    if (!this.records) return
    this.#forgetSession()
    this.records.takeLeft?.()
    this.#id = this.coming = this.refused = undefined
    this.isStored = this.isWritten = this.isAnonymous = false
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

  /** Commits when the app is through. Gives nothing where there is nothing to wait for. */
  finish () {
    return this.#committing ? this.commit(AT_END) : commit(this, AT_END)
  }

  /** Ends the session's part in the request. */
  end () {
    this.isFinished = true
    this.records?.leave()
  }
}

const AT_END = { isAtEnd: true }

/** A load that had nothing to wait for. */
const DONE = Promise.resolve()

function ignore () {}

module.exports = { ContextSession }
