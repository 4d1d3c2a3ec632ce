'use strict'

const binding = require('./binding')
const { jsonOf } = require('./change')
const { announce } = require('./events')
const { isPromise } = require('./judge')
const { lifetimeOf } = require('./max-age')
const { handleFailure } = require('./store-failure')
const { subjectOf } = require('./subject')

/**
 * A session store as one request uses it: what the request changed since the load is merged into what is stored by then.
 */
class MergingStore {
  #session
  #store
  /** The record's revision at the load, or after the last write of this request. */
  #base = 0
  /** The record's own time to live, as this request knows it. */
  #maxAge
  /** Whether the store knows whose the session is. */
  #hasSubject = false
  /** The id that the session has left for another, until it is stored there. */
  #left

  /**
   * @param {object} session the ContextSession
   * @param {import('../index').SessionStore} store
   * @param {boolean} lists whether the store keeps an index of subjects
   */
  constructor (session, store, lists) {
    this.#session = session
    this.#store = store
    this.lists = lists
  }

  get merges () { return true }

  /** Nobody has to say so: a write finds out. */
  get isDestroyed () { return false }

  /** There is no flight to end. */
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
    }
    return { record: record ?? undefined }
  }

  /** Has the next write move the session here from its id until now. */
  leaveId (id) {
    this.#left ??= id
  }

  /** Tells whether the store has not heard yet whose the session is: `subject` is newer than the record. */
  isUnlisted (data) {
    return !this.#hasSubject && subjectOf(this.#session, data) !== null
  }

  /**
   * Writes the session under an id: all of it where it is new, else what this request changed.
   *
   * @param {object} data the session object
   * @param {string} id
   * @param {boolean} isWhole whether nothing is to stay that the request did not have
   * @returns {Promise<'written'|'missing'|'taken'|'refused'|'failed'>}
   */
  async write (data, id, isWhole) {
    const session = this.#session
    const json = jsonOf(session, data)
    let outcome
    const failure = await this.#guard('set', async () => { outcome = await this.#put(data, json, id, isWhole) })
    if (failure !== undefined) {
      if (failure === 'anonymous') session.isAnonymous = true
      return 'failed'
    }
    if (typeof outcome === 'string') return outcome
    if (id === session.id) this.#keep(outcome, data, json)
    if (outcome.conflicts?.length > 0) announce(session, 'conflict', id, { keys: outcome.conflicts })
    return 'written'
  }

  async #put (data, json, id, isWhole) {
    const session = this.#session
    const store = this.#store
    const { maxAge, ttl } = lifetimeOf(session)
    const left = this.#left
    if (left !== undefined && !isWhole) return store.regenerate(left, id, this.#changes(data, json, true), ttl)
    if (left !== undefined) {
      // Whoever destroyed the session meanwhile has the last word.
      if (!await store.destroy(left)) return 'missing'
      this.#left = undefined
    }
    if (!session.isStored) return store.create(id, this.#newRecord(data, json, maxAge), ttl)
    const changes = this.#changes(data, json, false)
    if (!isEmpty(changes)) return store.merge(id, changes, ttl)
    return await store.touch(id, ttl) === 'missing' ? 'missing' : { rev: this.#base }
  }

  /** Remembers what is stored now, as what the next write is compared with. */
  #keep ({ rev }, data, json) {
    const session = this.#session
    this.#base = rev
    this.#maxAge = lifetimeOf(session).maxAge
    this.#left = undefined
    this.#hasSubject = subjectOf(session, data) !== null
    session.isMaxAgeAssigned = false
    session.isStored = true
    session.opened = json
    session.snapshot = undefined
  }

  #newRecord (data, json, maxAge) {
    const record = { data: json, maxAge }
    const subject = subjectOf(this.#session, data)
    if (subject !== null) Object.assign(record, { subject, limit: this.#limit() })
    const label = this.#label()
    if (label !== undefined) record.label = label
    return record
  }

  /** Gives what this request changed since the load, or since its last write. */
  #changes (data, json, isMoving) {
    const session = this.#session
    const { opened } = session
    const [set, gone] = (json === opened ? undefined : binding.difference(opened, json)) ?? ['', '']
    const changes = { base: this.#base, set, delete: gone === '' ? [] : JSON.parse(gone) }
    const { maxAge } = lifetimeOf(session)
    if (session.isMaxAgeAssigned || maxAge !== this.#maxAge) changes.maxAge = maxAge
    const hasNewSubject = this.#takeSubject(changes, data)
    if (hasNewSubject || isMoving) {
      const label = this.#label()
      if (label !== undefined) changes.label = label
    }
    return changes
  }

  /** Puts into changes whose the session is, where that is not what the store knows. */
  #takeSubject (changes, data) {
    const session = this.#session
    if (session.options.subject === undefined) return false
    const subject = subjectOf(session, data)
    const before = this.#hasSubject ? subjectOf(session, JSON.parse(session.opened)) : null
    if (subject === before) return false
    changes.subject = subject
    if (subject !== null) changes.limit = this.#limit()
    return true
  }

  #limit () {
    const { maxSessions } = this.#session.options
    return typeof maxSessions === 'number' ? { max: maxSessions, overflow: 'oldest' } : maxSessions ?? undefined
  }

  #label () {
    const { options, ctx } = this.#session
    const label = options.label?.(ctx)
    return label == null ? undefined : String(label)
  }

  /** Destroys a record. */
  async destroy (id) {
    if (this.#left !== undefined) {
      const left = this.#left
      this.#left = undefined
      await this.#guard('destroy', () => this.#store.destroy(left))
    }
    await this.#guard('destroy', () => this.#store.destroy(id))
  }

  /** Lists the sessions of this one's subject, or gives nothing where it is nobody's. */
  async list () {
    const subject = this.#subject()
    return subject === null ? [] : this.#store.list(subject)
  }

  /** Destroys some of the subject's sessions, and gives how many. */
  async destroyAll (which) {
    const subject = this.#subject()
    return subject === null ? 0 : this.#store.destroyAll(subject, which)
  }

  #subject () {
    const data = this.#session.get()
    return data === null ? null : subjectOf(this.#session, data)
  }

  async #guard (operation, call) {
    try {
      await call()
    } catch (err) {
      return this.#fail(err, operation)
    }
  }

  #fail (err, operation) {
    return handleFailure(this.#session, err, operation)
  }
}

const toFailure = (failure) => ({ failure })

function isEmpty (changes) {
  return changes.set === '' && changes.delete.length === 0 && changes.maxAge === undefined && changes.subject === undefined
}

module.exports = { MergingStore }
