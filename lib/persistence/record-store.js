'use strict'

const { expiryOf } = require('../base/clock')
const { userData } = require('../session/user-data')
const { enclose } = require('../session/envelope')
const { inFlightRecordsOf } = require('./in-flight-records')
const { STORE_GRACE_MS, lifetimeOf } = require('../base/max-age')
const { Baseline } = require('../session/baseline')
const { Snapshot } = require('../session/snapshot')
const { handleFailure } = require('./store-failure')

/** A record store as one request uses it: it keeps the in-flight records, and handles failures. */
class RecordStore {
  #contextSession
  #store
  #inFlight
  /** The ticket of this request's in-flight record. */
  #ticket
  /** Whether a run of the middleware is in progress. */
  #isRunning = false
  /** Whether the response is open. A streaming handler may save until the response ends, even after the middleware has ended. */
  #isResponseOpen = false

  /**
   * @param {import('../request/context-session').ContextSession} contextSession
   * @param {object} store
   * @param {object} owner the store, or the ContextStore class: what requests share
   */
  constructor (contextSession, store, owner) {
    this.#contextSession = contextSession
    this.#store = store
    this.#inFlight = inFlightRecordsOf(owner)
  }

  get merges () { return false }

  /** Returns whether another request has destroyed the record since this one loaded it. */
  get isDestroyed () {
    return this.#ticket !== undefined && this.#inFlight.isDestroyed(this.#ticket)
  }

  /** Loads a record, which is in flight from then on. Returns what the store returns. */
  get (id) {
    const { ctx, options, maxAge } = this.#contextSession
    this.#enter(id)
    return this.#store.get(id, maxAge, { ctx, rolling: options.rolling })
  }

  /**
   * Writes the whole session under an id.
   *
   * @param {import('../session/draft').Draft} draft
   * @param {string} id
   * @param {string} reason why it is saved
   * @returns {Promise<'written'|'missing'|'failed'>} missing: another request has destroyed the record; failed: the store failed,
   * and `onStoreError` lets the request go on
   */
  async write (draft, id, reason) {
    const contextSession = this.#contextSession
    const { ctx, options, isStored: wasStored } = contextSession
    const { maxAge, ttl } = lifetimeOf(contextSession)
    // Not certain after `beforeSave`, which may have undone the change.
    const isSurelyChanged = !wasStored || (reason === 'changed' && typeof options.beforeSave !== 'function')
    const changed = isSurelyChanged || (contextSession.baseline?.isChanged(draft, options) ?? true)
    const snapshot = Snapshot.of(draft.session)
    const baseline = Baseline.of(draft, snapshot)
    const record = recordOf(draft.session, snapshot, maxAge, contextSession.times)
    if (this.#ticket?.id !== id) {
      this.#inFlight.create(id)
      if (this.#isRunning || this.#isResponseOpen) this.#enter(id)
    }
    const ticket = this.#ticket?.id === id ? this.#ticket : undefined
    let failure
    try {
      const lifetime = typeof ttl === 'number' ? ttl + STORE_GRACE_MS : ttl
      await this.#store.set(id, record, lifetime, { changed, ctx, rolling: options.rolling })
    } catch (err) {
      failure = await handleFailure(contextSession, err, 'set')
    }
    // The record was destroyed during the write, and the store may have executed the two in either order.
    const isRevived = ticket !== undefined && this.#inFlight.isDestroyed(ticket) && this.#inFlight.isGone(ticket)
    if (isRevived) await this.#destroyRecord(id)
    if (failure === 'anonymous') contextSession.becomeAnonymous()
    if (failure !== undefined) return 'failed'
    if (isRevived || (wasStored && this.isDestroyed)) return 'missing'
    if (id === contextSession.id) contextSession.markStored(baseline)
    return 'written'
  }

  /** Destroys a record, for all requests that have loaded it: also for those that load it until it is removed. */
  async destroy (id) {
    this.#inFlight.destroy(id)
    if (this.#ticket?.id === id) this.#end()
    await this.#destroyRecord(id)
    this.#inFlight.destroy(id)
  }

  async #destroyRecord (id) {
    try {
      await this.#store.destroy(id, { ctx: this.#contextSession.ctx })
    } catch (err) {
      await handleFailure(this.#contextSession, err, 'destroy')
    }
  }

  /** Notes that a run of the middleware begins. */
  enter () {
    this.#isRunning = true
  }

  /** Notes that the run has ended. */
  leave () {
    this.#isRunning = false
    this.#endWhenOver()
  }

  /** Keeps a record in flight until the run has ended and the response has closed. */
  #enter (id) {
    this.#end()
    this.#ticket = this.#inFlight.enter(id)
    this.#isResponseOpen ||= this.#watchResponse(this.#contextSession.ctx)
  }

  /** Watches for the end of the response. Returns false if it is closed, or has no open connection, so that no event would follow. */
  #watchResponse ({ res }) {
    if (res?.socket?.destroyed !== false || res.destroyed || res.stream?.destroyed) return false
    const release = () => {
      this.#isResponseOpen = false
      this.#endWhenOver()
    }
    // Node emits both for a response that ended, and only 'close' for one whose connection broke.
    res.on('finish', release)
    res.on('close', release)
    return true
  }

  #endWhenOver () {
    if (!this.#isRunning && !this.#isResponseOpen) this.#end()
  }

  #end () {
    if (this.#ticket !== undefined) this.#inFlight.leave(this.#ticket)
    this.#ticket = undefined
  }
}

/** Makes the record that is passed to the store: data and envelope. */
function recordOf (data, snapshot, maxAge, times) {
  const expire = expiryOf(maxAge)
  const record = snapshot ? snapshot.toRecord(maxAge, expire) : enclose(userData(data), maxAge, expire)
  return times ? times.addTo(record) : record
}

module.exports = { RecordStore }
