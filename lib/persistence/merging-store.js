'use strict'

const { sessionError } = require('../base/errors')
const { announce, isObserved, publish } = require('../base/events')
const { callHook } = require('../base/hook')
const { browserSessionTtl, lifetimeOf } = require('../base/max-age')
const { isPromise } = require('../base/maybe-async')
const { IS_PUBLISHED } = require('../base/store-contract')
const { Baseline } = require('../session/baseline')
const { handleFailure } = require('./store-failure')
const { subjectOf } = require('../base/subject')

/** A session store as one request uses it: a commit merges the changes since the load into the record as it is stored by then. */
class MergingStore {
  #contextSession
  #store
  /** The record's revision at the load, or after the last write of this request. */
  #base = 0
  /** The record's maxAge at that time. */
  #maxAge
  /** How often the request had assigned a maxAge by then. */
  #assignments = 0
  /** Whether the store has a subject for the session. */
  #hasSubject = false
  /** After `regenerate`, the id whose record the next write moves to the new id. */
  #previousId
  /** The JSON whose write the store refused last, since its subject has too many sessions. */
  #refusedJson

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

  /** Always false: here a write finds out whether the record was destroyed. */
  get isDestroyed () { return false }

  /** Does nothing: for the same reason, a session store needs no in-flight records. */
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
    this.#previousId = undefined
    if (record != null) {
      this.#base = record.rev
      this.#maxAge = record.maxAge
      this.#hasSubject = record.hasSubject === true
      this.#assignments = this.#contextSession.requestOptions.maxAgeAssignments
    }
    return { record: record ?? undefined }
  }

  /** Forgets the state of an earlier run on the same ctx. */
  reset () {
    this.#previousId = this.#refusedJson = undefined
  }

  /** Makes the next write move the record from this id to the session's new one. */
  moveFrom (id) {
    this.#previousId ??= id
  }

  /** Returns the id that the next write would move, and forgets it: the caller destroys the record. */
  takePreviousId () {
    const previousId = this.#previousId
    this.#previousId = undefined
    return previousId
  }

  /** Returns whether the record lacks the session's subject, as one written before the option `subject` was set. */
  isUnlisted (data) {
    return !this.#hasSubject && subjectOf(this.#contextSession, data) !== null
  }

  /**
   * Writes the session under an id: all of it if it is new, else the changes of this request.
   *
   * @param {import('../session/draft').Draft} draft
   * @param {string} id
   * @param {string} reason why it is saved
   * @param {boolean} isComplete whether to replace the record instead of merging into it
   * @returns {Promise<'written'|'missing'|'taken'|'refused'|'refused-again'|'failed'>} refused-again: for the same data
   */
  async write (draft, id, reason, isComplete) {
    const contextSession = this.#contextSession
    if (this.#previousId === id) {
      // genid has returned the same id again: there is nothing to move.
      this.#previousId = undefined
      contextSession.markStored()
    }
    const previousId = this.#previousId
    // Outside the `try`: an error here comes from the app's hooks or data, not from the store.
    const plan = this.#plan(draft, id, isComplete)
    let outcome, failure
    try {
      outcome = await (plan.limitedSubject === undefined
        ? plan.run()
        : this.#reportEnded(plan.limitedSubject, 'maxSessions', plan.run))
    } catch (err) {
      failure = await this.#fail(err, 'set')
    }
    if (failure === 'anonymous') contextSession.becomeAnonymous()
    if (failure !== undefined) return 'failed'
    if (outcome === 'refused') return this.#refuse(draft)
    if (typeof outcome === 'string') return outcome
    if (this.#previousId === previousId) this.#previousId = undefined
    if (id === contextSession.id) this.#keep(plan, outcome)
    // The app has replaced the session during the write: the browser will not get this id.
    else if (previousId !== undefined) await this.#guard('destroy', () => this.#store.destroy(id))
    // Conflicts of the times are not announced, since each request writes its own times.
    const conflicts = outcome.conflicts?.filter((key) => !contextSession.times?.isKey(key)) ?? []
    if (conflicts.length > 0) announce(contextSession, 'conflict', id, { keys: conflicts })
    return 'written'
  }

  #refuse ({ json }) {
    const isAgain = this.#refusedJson === json
    this.#refusedJson = json
    return isAgain ? 'refused-again' : 'refused'
  }

  /** Chooses the store's operation and copies what it needs, since the session may change during the write. */
  #plan (draft, id, isComplete) {
    const contextSession = this.#contextSession
    const store = this.#store
    const previousId = this.#previousId
    const { maxAge } = lifetimeOf(contextSession)
    // The TTL of records with maxAge 'session'. Always passed, since another request may have set 'session' meanwhile.
    const ttl = browserSessionTtl(contextSession.options)
    const hasSubject = subjectOf(contextSession, draft.session) !== null
    const { maxAge: requestMaxAge, maxAgeAssignments: assignments } = contextSession.requestOptions
    const plan = { baseline: Baseline.of(draft), maxAge, requestMaxAge, hasSubject, assignments }
    if (previousId === undefined && contextSession.isStored) {
      const changes = this.#changes(draft, false)
      plan.limitedSubject = limitedSubjectOf(changes)
      plan.run = isEmpty(changes) ? () => this.#touch(id, ttl) : () => store.merge(id, changes, ttl)
    } else if (previousId === undefined || isComplete) {
      const record = this.#newRecord(draft, maxAge)
      plan.limitedSubject = limitedSubjectOf(record)
      plan.run = previousId === undefined ? () => store.create(id, record, ttl) : () => this.#replace(previousId, id, record, ttl)
    } else {
      const changes = this.#changes(draft, true)
      plan.limitedSubject = limitedSubjectOf(changes)
      plan.run = () => store.regenerate(previousId, id, changes, ttl)
    }
    return plan
  }

  async #touch (id, ttl) {
    const touched = await this.#store.touch(id, ttl)
    return touched === 'missing' ? touched : { rev: this.#base, maxAge: touched.maxAge }
  }

  /** Creates a record under the new id, and destroys the one under the previous id. */
  async #replace (previousId, id, record, ttl) {
    const created = await this.#store.create(id, record, ttl)
    if (typeof created === 'string' || await this.#store.destroy(previousId)) return created
    // Another request has destroyed the previous record: so this one must go too.
    await this.#store.destroy(id)
    return 'missing'
  }

  /** Remembers what the store has now: the next commit compares with that. */
  #keep ({ baseline, maxAge, requestMaxAge, hasSubject, assignments }, { rev, maxAge: recordMaxAge = maxAge }) {
    const contextSession = this.#contextSession
    this.#base = rev
    this.#maxAge = recordMaxAge
    this.#hasSubject = hasSubject
    this.#assignments = assignments
    // If the app has assigned a maxAge during the write, the next write stores it.
    const { requestOptions } = contextSession
    const isUnassigned = requestOptions.maxAgeAssignments === assignments && requestOptions.maxAge === requestMaxAge
    // A record's maxAge of 0 or less is not adopted: the cookie keeps the request's.
    const isLiving = recordMaxAge === 'session' || recordMaxAge > 0
    if (isUnassigned && recordMaxAge !== maxAge && isLiving) requestOptions.adoptStoredMaxAge(recordMaxAge)
    contextSession.markStored(baseline)
  }

  #newRecord (draft, maxAge) {
    const { times } = this.#contextSession
    const record = { data: times ? times.addToJson(draft.json) : draft.json, maxAge }
    const subject = subjectOf(this.#contextSession, draft.session)
    if (subject !== null) record.subject = subject
    // A session that replaces one of the same subject does not add to the number of sessions.
    if (subject !== null && subject !== this.#subjectBefore()) record.limit = this.#limit()
    const label = this.#label()
    if (label !== undefined) record.label = label
    return record
  }

  /** Returns the changes since the load, or since the last write of this request. */
  #changes (draft, isMoving) {
    const contextSession = this.#contextSession
    const { set, deleted } = (contextSession.baseline ?? NOTHING).changes(draft)
    const { times } = contextSession
    const changes = { base: this.#base, set: times ? times.addChanges(set) : set, delete: deleted }
    const { maxAge } = lifetimeOf(contextSession)
    if (contextSession.requestOptions.maxAgeAssignments !== this.#assignments || maxAge !== this.#maxAge) changes.maxAge = maxAge
    const hasNewSubject = this.#addSubject(changes, draft.session)
    if (hasNewSubject || isMoving) {
      const label = this.#label()
      if (label !== undefined) changes.label = label
    }
    return changes
  }

  /** Adds the subject to changes, unless the store certainly has it. Returns whether the request has changed it. */
  #addSubject (changes, data) {
    const contextSession = this.#contextSession
    const { baseline, options: { subject: option } } = contextSession
    if (option == null) return false
    const subject = subjectOf(contextSession, data)
    const before = this.#subjectBefore()
    const isKnown = this.#hasSubject ? subject === before : subject === null
    // A function may compute the subject from several keys, some of which another request may have changed. Without a baseline,
    // the session may lack some of them.
    const isCertain = typeof option !== 'function' || baseline === undefined || (changes.set === '' && changes.delete.length === 0)
    if (isKnown && isCertain) return false
    changes.subject = subject
    // The limit applies to a login, not to a session whose subject was the same before.
    if (subject !== null && subject !== before) changes.limit = this.#limit()
    return !isKnown
  }

  /** Returns the subject of the session at the load, or at the last write of this request. */
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
      throw sessionError('ERR_SESSION_VALUE', 'the option label must be a synchronous function, and returned a promise', TypeError)
    }
    return label == null ? undefined : String(label)
  }

  /** Destroys a record. */
  async destroy (id) {
    const previousId = this.takePreviousId()
    if (previousId !== undefined) await this.#guard('destroy', () => this.#store.destroy(previousId))
    await this.#guard('destroy', () => this.#store.destroy(id))
  }

  /** Lists the sessions of this session's subject; none if it has no subject. */
  async list () {
    const subject = this.#subject()
    return subject === null ? [] : callHook(() => this.#store.list(subject))
  }

  /**
   * Destroys sessions of the subject, reports each of them, and resolves to their number.
   *
   * @param {{ except?: string, only?: string }} which by their hashes
   * @param {string} reason
   */
  async destroyAll (which, reason) {
    const subject = this.#subject()
    if (subject === null) return 0
    const destroy = () => callHook(() => this.#store.destroyAll(subject, { ...which, [IS_PUBLISHED]: true }))
    return this.#reportEnded(subject, reason, destroy)
  }

  /**
   * Runs an operation that ends sessions of a subject, and reports each that has ended, if anyone observes that.
   *
   * @template T
   * @param {string} subject
   * @param {string} reason
   * @param {() => Promise<T>} run
   * @returns {Promise<T>}
   */
  async #reportEnded (subject, reason, run) {
    const contextSession = this.#contextSession
    if (!isObserved(contextSession, 'destroyed', 'destroy')) return run()
    const before = await this.#hashesOf(subject)
    const result = await run()
    const after = await this.#hashesOf(subject)
    if (before === undefined || after === undefined) return result
    for (const hash of before) {
      if (after.includes(hash)) continue
      announce(contextSession, 'destroyed', undefined, { key: hash, reason })
      publish(contextSession, 'destroy', undefined, { key: hash, reason })
    }
    return result
  }

  /** Returns the hashes of a subject's sessions; undefined if the store fails, since they are only reported. */
  async #hashesOf (subject) {
    try {
      return (await this.#store.list(subject)).map(({ hash }) => hash)
    } catch {
      return undefined
    }
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

/** The baseline if none is known: then all keys of the session are set, and no key is deleted. */
const NOTHING = Baseline.ofText('{}')

const toFailure = (failure) => ({ failure })

/** Returns the subject whose oldest sessions a write may end. */
function limitedSubjectOf ({ subject, limit }) {
  return limit?.overflow === 'oldest' ? subject : undefined
}

function isEmpty (changes) {
  return changes.set === '' && changes.delete.length === 0 && changes.maxAge === undefined && changes.subject === undefined
}

module.exports = { MergingStore }
