'use strict'

const binding = require('./binding')
const { isChanged, jsonOf } = require('./change')
const { enclose } = require('./envelope')
const { flightsOf } = require('./flights')
const { STORE_GRACE_MS, lifetimeOf } = require('./max-age')
const { Snapshot, isFlat, userData } = require('./session')
const { handleFailure } = require('./store-failure')

/**
 * The app's store as one request uses it: its three methods, and what is done when one of them fails.
 */
class RecordStore {
  #session
  #store
  #flights
  #ticket

  /**
   * @param {object} session the ContextSession
   * @param {object} store
   * @param {object} owner what requests share: the store, or its class
   */
  constructor (session, store, owner) {
    this.#session = session
    this.#store = store
    this.#flights = flightsOf(owner)
  }

  get merges () { return false }

  /** Tells whether the record that was loaded has been destroyed since, by another request. */
  get isDestroyed () {
    return this.#ticket !== undefined && this.#flights.isDestroyed(this.#ticket)
  }

  /**
   * Loads a record, and is in flight with it from then on. Gives what the store gives.
   */
  get (id) {
    const { ctx, options, maxAge } = this.#session
    this.leave()
    this.#ticket = this.#flights.enter(id)
    return this.#store.get(id, maxAge, { ctx, rolling: options.rolling })
  }

  /**
   * Writes the whole session under an id.
   *
   * @param {object} data the session object
   * @param {string} id
   * @returns {Promise<'written'|'missing'|'failed'>} missing: another request destroyed it meanwhile; failed: the store failed,
   * and the app says that the request goes on
   */
  async write (data, id) {
    const session = this.#session
    const { maxAge, ttl } = lifetimeOf(session)
    const wasStored = session.isStored
    const changed = !wasStored || isChanged(session, data)
    const record = userData(data)
    const snapshot = isFlat(record) ? new Snapshot(record) : undefined
    const fingerprint = snapshot ? undefined : binding.fingerprint(jsonOf(session, data))
    enclose(record, maxAge, maxAge + Date.now())
    if (!await this.#set(id, record, typeof ttl === 'number' ? ttl + STORE_GRACE_MS : ttl, changed)) return 'failed'
    if (wasStored && this.isDestroyed) return 'missing'
    if (id === session.id) {
      Object.assign(session, { snapshot, fingerprint })
      session.isStored = true
    }
    return 'written'
  }

  async #set (id, record, ttl, changed) {
    const { ctx, options } = this.#session
    const ticket = this.#ticket?.id === id ? this.#ticket : undefined
    if (ticket === undefined) this.#flights.create(id)
    const failure = await this.#guard('set', () => this.#store.set(id, record, ttl, { changed, ctx, rolling: options.rolling }))
    // Destroyed while it was being written: which came first at the store, nobody knows.
    const isRevived = ticket !== undefined && this.#flights.isDestroyed(ticket) && this.#flights.isGone(ticket)
    if (isRevived) await this.#guard('destroy', () => this.#store.destroy(id, { ctx }))
    if (failure === 'anonymous') this.#session.isAnonymous = true
    return failure === undefined
  }

  /** Destroys a record, for all requests that have loaded it. */
  async destroy (id) {
    const { ctx } = this.#session
    this.#flights.destroy(id)
    if (this.#ticket?.id === id) this.leave()
    await this.#guard('destroy', () => this.#store.destroy(id, { ctx }))
  }

  /** Ends the flight. */
  leave () {
    if (this.#ticket !== undefined) this.#flights.leave(this.#ticket)
    this.#ticket = undefined
  }

  /** Calls the store; where that fails, the app's `onStoreError` says what to do. */
  async #guard (operation, call) {
    try {
      await call()
    } catch (err) {
      return handleFailure(this.#session, err, operation)
    }
  }
}

module.exports = { RecordStore }
