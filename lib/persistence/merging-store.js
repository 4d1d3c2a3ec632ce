'use strict'

const { sessionError } = require('../base/errors')
const { announce } = require('../base/events')
const { callHook } = require('../base/hook')
const { browserSessionTtl, lifetimeOf } = require('../base/max-age')
const { isPromise } = require('../base/maybe-async')
const { Baseline } = require('../session/baseline')
const { handleFailure } = require('./store-failure')
const { subjectOf } = require('../base/subject')

/**
 * A session store as one request uses it: what the request changed since the load is merged into what is stored by then.
 */
class MergingStore {
  #contextSession
  #store
  /** The record's revision at the load, or after the last write of this request. */
  #base = 0
  /** The record's own time to live, as this request knows it. */
  #maxAge
  /** How often the request had assigned a maxAge then. */
  #assignments = 0
  /** Whether the store knows whose the session is. */
  #hasSubject = false
  /** The id that the session has left for another, until it is stored there. */
  #left
  /** The JSON of which the app has been told that its subject has too many sessions. */
  #refused

  /**
   * @param {import('../request/context-session').ContextSession} contextSession
   * @param {import('../../index').SessionStore} store
   * @param {boolean} hasSubjectIndex whether the store keeps an index of subjects
   */
  constructor (contextSession, store, hasSubjectIndex) {
    this.#contextSession = contextSession
    this.#store = store
    this.hasSubjectIndex = hasSubjectIndex
  }

  get merges () { return true }

  /** Nobody has to say so: a write finds out. */
  get isDestroyed () { return false }

  /** No record is in flight: a write finds out who destroyed it. */
  enter () {}
  leave () {}

  /**
   * Loads a record.
   *
   * @returns {{ record?: object, failure?: string }|Promise<{ record?: object, failure?: string }>} failure: 'ignore' or
   * 'anonymous', where the store failed
   */
  load (id) {
    let loading
    try {
      loading = this.#store.load(id)
    } catch (err) {
      return this.#fail(err, 'get').then(toFailure)
    }
    if (!isPromise(loading)) return this.#loaded(loading)
    return loading.then((record) => this.#loaded(record), (err) => this.#fail(err, 'get').then(toFailure))
  }

  #loaded (record) {
    this.#left = undefined
    if (record != null) {
      this.#base = record.rev
      this.#maxAge = record.maxAge
      this.#hasSubject = record.hasSubject === true
      this.#assignments = this.#contextSession.requestOptions.maxAgeAssignments
    }
    return { record: record ?? undefined }
  }

  /** Forgets what an earlier run on the same ctx has left. */
  reset () {
    this.#left = this.#refused = undefined
  }

  /** Has the next write move the session here from its id until now. */
  moveFrom (id) {
    this.#left ??= id
  }

  /** Returns the id that the session has left, for the caller to destroy. */
  takePreviousId () {
    const left = this.#left
    this.#left = undefined
    return left
  }

  /** Returns whether the store has not heard yet whose the session is: `subject` is newer than the record. */
  isUnlisted (data) {
    return !this.#hasSubject && subjectOf(this.#contextSession, data) !== null
  }

  /**
   * Writes the session under an id: all of it where it is new, else what this request changed.
   *
   * @param {import('../session/draft').Draft} draft
   * @param {string} id
   * @param {string} reason why it is saved
   * @param {boolean} isWhole whether nothing is to stay that the request did not have
   * @returns {Promise<'written'|'missing'|'taken'|'refused'|'refused-again'|'failed'>} refused-again: the same data were before
   */
  async write (draft, id, reason, isWhole) {
    const contextSession = this.#contextSession
    if (this.#left === id) {
      // A genid may give the same id again: then there is nothing to move.
      this.#left = undefined
      contextSession.markStored()
    }
    const left = this.#left
    // Put together first: what fails in that is the app's, and not the store's.
    const plan = this.#plan(draft, id, isWhole)
    let outcome
    const failure = await this.#guard('set', async () => { outcome = await plan.run() })
    if (failure === 'anonymous') contextSession.becomeAnonymous()
    if (failure !== undefined) return 'failed'
    if (outcome === 'refused') return this.#refuse(draft)
    if (typeof outcome === 'string') return outcome
    if (this.#left === left) this.#left = undefined
    if (id === contextSession.id) this.#keep(plan, outcome)
    // The request has gone on to another session meanwhile, and nobody knows of this one.
    else if (left !== undefined) await this.#guard('destroy', () => this.#store.destroy(id))
    if (outcome.conflicts?.length > 0) announce(contextSession, 'conflict', id, { keys: outcome.conflicts })
    return 'written'
  }

  #refuse ({ json }) {
    const isAgain = this.#refused === json
    this.#refused = json
    return isAgain ? 'refused-again' : 'refused'
  }

  /** Decides what is asked of the store, and keeps what it is asked to store: the session may change meanwhile. */
  #plan (draft, id, isWhole) {
    const contextSession = this.#contextSession
    const store = this.#store
    const left = this.#left
    const { maxAge } = lifetimeOf(contextSession)
    // Whether the record lives as long as the browser, another request may have changed.
    const ttl = browserSessionTtl(contextSession.options)
    const hasSubject = subjectOf(contextSession, draft.session) !== null
    const { maxAge: given, maxAgeAssignments: assignments } = contextSession.requestOptions
    const plan = { baseline: Baseline.of(draft), maxAge, given, hasSubject, assignments }
    if (left === undefined && contextSession.isStored) {
      const changes = this.#changes(draft, false)
      plan.run = isEmpty(changes) ? () => this.#touch(id, ttl) : () => store.merge(id, changes, ttl)
    } else if (left === undefined || isWhole) {
      const record = this.#newRecord(draft, maxAge)
      plan.run = left === undefined ? () => store.create(id, record, ttl) : () => this.#replace(left, id, record, ttl)
    } else {
      const changes = this.#changes(draft, true)
      plan.run = () => store.regenerate(left, id, changes, ttl)
    }
    return plan
  }

  async #touch (id, ttl) {
    const touched = await this.#store.touch(id, ttl)
    return touched === 'missing' ? touched : { rev: this.#base, maxAge: touched.maxAge }
  }

  /** Makes a new session in the place of one that others may write to. */
  async #replace (left, id, record, ttl) {
    const created = await this.#store.create(id, record, ttl)
    if (typeof created === 'string' || await this.#store.destroy(left)) return created
    // Whoever destroyed that one meanwhile has the last word.
    await this.#store.destroy(id)
    return 'missing'
  }

  /** Remembers what is stored now, as what the next write is compared with. */
  #keep ({ baseline, maxAge, given, hasSubject, assignments }, { rev, maxAge: own = maxAge }) {
    const contextSession = this.#contextSession
    this.#base = rev
    this.#maxAge = own
    this.#hasSubject = hasSubject
    this.#assignments = assignments
    // The app may have given it another one while it was written: that is for the next write.
    const { requestOptions } = contextSession
    const isAsGiven = requestOptions.maxAgeAssignments === assignments && requestOptions.maxAge === given
    // Of a record without any life, the cookie ends as the request says.
    if (isAsGiven && own !== maxAge && (own === 'session' || own > 0)) requestOptions.adoptStoredMaxAge(own)
    contextSession.markStored(baseline)
  }

  #newRecord (draft, maxAge) {
    const record = { data: draft.json, maxAge }
    const subject = subjectOf(this.#contextSession, draft.session)
    if (subject !== null) record.subject = subject
    // One that takes the place of another of the same subject is no more than that was.
    if (subject !== null && subject !== this.#subjectBefore()) record.limit = this.#limit()
    const label = this.#label()
    if (label !== undefined) record.label = label
    return record
  }

  /** Returns what this request changed since the load, or since its last write. */
  #changes (draft, isMoving) {
    const contextSession = this.#contextSession
    const [set, gone] = contextSession.baseline.changes(draft)
    const changes = { base: this.#base, set, delete: gone === '' ? [] : JSON.parse(gone) }
    const { maxAge } = lifetimeOf(contextSession)
    if (contextSession.requestOptions.maxAgeAssignments !== this.#assignments || maxAge !== this.#maxAge) changes.maxAge = maxAge
    const hasNewSubject = this.#takeSubject(changes, draft.session)
    if (hasNewSubject || isMoving) {
      const label = this.#label()
      if (label !== undefined) changes.label = label
    }
    return changes
  }

  /** Puts into changes whose the session is, where that is not what the store knows. */
  #takeSubject (changes, data) {
    const contextSession = this.#contextSession
    const { options: { subject: option } } = contextSession
    if (option == null) return false
    const subject = subjectOf(contextSession, data)
    const before = this.#subjectBefore()
    const isKnown = this.#hasSubject ? subject === before : subject === null
    // What a function makes of several keys, another request may have changed the other half of.
    const isSure = typeof option !== 'function' || (changes.set === '' && changes.delete.length === 0)
    if (isKnown && isSure) return false
    changes.subject = subject
    // Who was logged in before is no login that a limit could refuse.
    if (subject !== null && subject !== before) changes.limit = this.#limit()
    return !isKnown
  }

  /** Returns whose the session was at the load, or at the last write. */
  #subjectBefore () {
    const contextSession = this.#contextSession
    const { baseline } = contextSession
    return baseline === undefined ? null : subjectOf(contextSession, JSON.parse(baseline.json))
  }

  #limit () {
    const { maxSessions } = this.#contextSession.options
    return typeof maxSessions === 'number' ? { max: maxSessions, overflow: 'oldest' } : maxSessions ?? undefined
  }

  #label () {
    const { options, ctx } = this.#contextSession
    const label = this.hasSubjectIndex ? callHook(() => options.label?.(ctx)) : undefined
    if (isPromise(label)) {
      label.then(undefined, () => {})
      throw sessionError('ERR_SESSION_VALUE', 'the option label must give its text at once, and gave a promise', TypeError)
    }
    return label == null ? undefined : String(label)
  }

  /** Destroys a record. */
  async destroy (id) {
    const left = this.takePreviousId()
    if (left !== undefined) await this.#guard('destroy', () => this.#store.destroy(left))
    await this.#guard('destroy', () => this.#store.destroy(id))
  }

  /** Lists the sessions of this one's subject, or gives nothing where it is nobody's. */
  async list () {
    const subject = this.#subject()
    return subject === null ? [] : callHook(() => this.#store.list(subject))
  }

  /** Destroys some of the subject's sessions, and gives how many. */
  async destroyAll (which) {
    const subject = this.#subject()
    return subject === null ? 0 : callHook(() => this.#store.destroyAll(subject, which))
  }

  #subject () {
    const data = this.#contextSession.get()
    return data === null ? null : subjectOf(this.#contextSession, data)
  }

  async #guard (operation, call) {
    try {
      await call()
    } catch (err) {
      return this.#fail(err, operation)
    }
  }

  #fail (err, operation) {
    return handleFailure(this.#contextSession, err, operation)
  }
}

const toFailure = (failure) => ({ failure })

function isEmpty (changes) {
  return changes.set === '' && changes.delete.length === 0 && changes.maxAge === undefined && changes.subject === undefined
}

module.exports = { MergingStore }
