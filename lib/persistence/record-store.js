'use strict'

const { expiryOf } = require('../base/clock')
const { userData } = require('../session/user-data')
const { enclose } = require('../session/envelope')
const { inFlightRecordsOf } = require('./in-flight-records')
const { STORE_GRACE_MS, lifetimeOf } = require('../base/max-age')
const { Baseline } = require('../session/baseline')
const { Snapshot } = require('../session/snapshot')
const { handleFailure } = require('./store-failure')

/**
 * The app's store as one request uses it: its three methods, and what is done when one of them fails.
 */
class RecordStore {
  #contextSession
  #store
  #inFlight
  #ticket
  /** Whether a run of the middleware is open; and whether the response is, which a handler may outlive it with. */
  #isRunning = false
  #isHeld = false

  /**
   * @param {import('../request/context-session').ContextSession} contextSession
   * @param {object} store
   * @param {object} owner what requests share: the store, or its class
   */
  constructor (contextSession, store, owner) {
    this.#contextSession = contextSession
    this.#store = store
    this.#inFlight = inFlightRecordsOf(owner)
  }

  get merges () { return false }

  /** Returns whether the record that was loaded has been destroyed since, by another request. */
  get isDestroyed () {
    return this.#ticket !== undefined && this.#inFlight.isDestroyed(this.#ticket)
  }

  /**
   * Loads a record, and is in flight with it from then on. Returns what the store gives.
   */
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
   * @returns {Promise<'written'|'missing'|'failed'>} missing: another request destroyed it meanwhile; failed: the store failed,
   * and the app says that the request goes on
   */
  async write (draft, id, reason) {
    const contextSession = this.#contextSession
    const { ctx, options, isStored: wasStored } = contextSession
    const { maxAge, ttl } = lifetimeOf(contextSession)
    // The app's hook may have put everything back.
    const isSure = !wasStored || (reason === 'changed' && typeof options.beforeSave !== 'function')
    const changed = isSure || contextSession.baseline.isChanged(draft, options)
    const snapshot = Snapshot.of(draft.session)
    const baseline = Baseline.of(draft, snapshot)
    const record = recordOf(draft.session, snapshot, maxAge)
    if (this.#ticket?.id !== id) {
      this.#inFlight.create(id)
      if (this.#isRunning || this.#isHeld) this.#enter(id)
    }
    const ticket = this.#ticket?.id === id ? this.#ticket : undefined
    let failure
    try {
      const lifetime = typeof ttl === 'number' ? ttl + STORE_GRACE_MS : ttl
      await this.#store.set(id, record, lifetime, { changed, ctx, rolling: options.rolling })
    } catch (err) {
      failure = await handleFailure(contextSession, err, 'set')
    }
    // Destroyed while it was being written: which came first at the store, nobody knows.
    const isRevived = ticket !== undefined && this.#inFlight.isDestroyed(ticket) && this.#inFlight.isGone(ticket)
    if (isRevived) await this.#destroyRecord(id)
    if (failure === 'anonymous') contextSession.becomeAnonymous()
    if (failure !== undefined) return 'failed'
    if (isRevived || (wasStored && this.isDestroyed)) return 'missing'
    if (id === contextSession.id) contextSession.markStored(baseline)
    return 'written'
  }

  /** Destroys a record, for all requests that have loaded it. */
  async destroy (id) {
    this.#inFlight.destroy(id)
    if (this.#ticket?.id === id) this.#end()
    await this.#destroyRecord(id)
  }

  async #destroyRecord (id) {
    try {
      await this.#store.destroy(id, { ctx: this.#contextSession.ctx })
    } catch (err) {
      await handleFailure(this.#contextSession, err, 'destroy')
    }
  }

  /** Takes note that a run of the middleware begins. */
  enter () {
    this.#isRunning = true
  }

  /** Takes note that the run has ended. */
  leave () {
    this.#isRunning = false
    this.#endWhenOver()
  }

  /** Is in flight with a record until the run has ended and the response has closed. */
  #enter (id) {
    this.#end()
    this.#ticket = this.#inFlight.enter(id)
    this.#isHeld ||= this.#holdUntilClosed(this.#contextSession.ctx)
  }

  /**
   * A handler may save for as long as the response is open, as one that streams does, whether the middleware has ended or not.
   * Without a connection, nothing would tell that it has closed.
   */
  #holdUntilClosed ({ res }) {
    if (res?.socket?.destroyed !== false || res.destroyed || res.stream?.destroyed) return false
    const release = () => {
      this.#isHeld = false
      this.#endWhenOver()
    }
    // Node emits both for a response that ended, and the second alone for one that broke.
    res.on('finish', release)
    res.on('close', release)
    return true
  }

  #endWhenOver () {
    if (!this.#isRunning && !this.#isHeld) this.#end()
  }

  #end () {
    if (this.#ticket !== undefined) this.#inFlight.leave(this.#ticket)
    this.#ticket = undefined
  }
}

/** Makes what the store is given. */
function recordOf (data, snapshot, maxAge) {
  const expire = expiryOf(maxAge)
  return snapshot ? snapshot.toRecord(maxAge, expire) : enclose(userData(data), maxAge, expire)
}

module.exports = { RecordStore }
