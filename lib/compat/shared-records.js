'use strict'

const { KeyedMutex } = require('../base/keyed-mutex')
const { inFlightRecordsOf } = require('../persistence/in-flight-records')
const { KnownData, NOTHING } = require('./known-data')
const { MemoryStore } = require('./memory-store')

/** @type {WeakMap<object, KeyedMutex>} a mutex for each record, by the store */
const mutexes = new WeakMap()

/** @type {WeakMap<object, KnownData>} what was written last in this process, by the record in flight */
const written = new WeakMap()

/**
 * The records of a store as the concurrent requests of this process share them: of two requests that write one record, the second
 * merges its changes into what the first has written; and a request does not write a record that another one has destroyed. It needs no
 * calls of the store. Writes of other processes are not seen, as in the originals.
 */
class SharedRecords {
  /**
   * @param {object} store which all requests that share records have in common
   * @param {'merge'|'overwrite'} [concurrent] overwrite: as in the originals, the last write replaces the record, even a destroyed one
   */
  constructor (store, concurrent = 'merge') {
    this.overwrites = concurrent === 'overwrite'
    // Its records are shared objects already, which may have values that JSON does not.
    this.merges = !(store instanceof MemoryStore)
    this.inFlight = inFlightRecordsOf(store)
    if (!mutexes.has(store)) mutexes.set(store, new KeyedMutex())
    this.mutex = mutexes.get(store)
  }

  /** Returns a visit to a record. The caller must end it by `leave`. */
  visit (key) {
    return new Visit(this, key)
  }

  /** Destroys a record by `remove`, for all requests that have loaded it: also for those that load it until it is removed. */
  destroy (key, remove) {
    this.inFlight.destroy(key)
    return this.mutex.run(key, async () => {
      try {
        await remove()
      } finally {
        this.inFlight.destroy(key)
      }
    })
  }
}

/** One request's use of one record: from before it is loaded until the request has ended. */
class Visit {
  #records
  #ticket
  /** What the record had at the load, or when this request has written it. */
  #known
  /** What was written last in this process, as far as `#known` has it. */
  #seen

  constructor (records, key) {
    this.#records = records
    this.#ticket = records.inFlight.enter(key)
    this.#seen = written.get(this.#ticket.record)
    this.key = key
  }

  /** Returns whether another request has destroyed the record since the visit began. */
  get isDestroyed () { return this.#records.inFlight.isDestroyed(this.#ticket) }

  /** Returns whether a write would bring a destroyed record back. */
  get isLost () { return !this.#records.overwrites && this.isDestroyed }

  /** Notes what the store has. */
  load (known) { this.#known = known }

  /**
   * Writes the record, unless another request has destroyed it since this visit began.
   *
   * @param {object} data
   * @param {(data: object) => *} put writes the given data, which may be merged ones
   * @param {boolean} isLast whether the request does not write it again
   * @returns {Promise<boolean>} whether it was written
   */
  save (data, put, isLast) {
    const { merges, mutex, overwrites } = this.#records
    return mutex.run(this.key, () => {
      if (this.isLost) return false
      if (overwrites || !merges) return Promise.resolve(put(data)).then(() => true)
      return this.#merge(data, put, isLast)
    })
  }

  #merge (data, put, isLast) {
    const { record } = this.#ticket
    const latest = written.get(record)
    const isMerged = latest !== undefined && latest !== this.#seen
    const merged = isMerged ? (this.#known ?? NOTHING).merge(data, latest) : data
    return Promise.resolve(put(merged)).then(() => {
      // Nobody merges into the last write of the only request.
      if (!isLast || record.requests > 1) this.#note(data, isMerged ? merged : undefined)
      return true
    })
  }

  /** Notes what this request has, and what was written if it has been merged. */
  #note (data, merged) {
    const own = this.#known = new KnownData(data)
    written.set(this.#ticket.record, merged === undefined ? own : new KnownData(merged))
    if (merged === undefined) this.#seen = own
  }

  /** Destroys the record by `remove`, for all requests that have loaded it. */
  destroy (remove) {
    return this.#records.destroy(this.key, remove)
  }

  /** Ends the visit. */
  leave () {
    this.#records.inFlight.leave(this.#ticket)
  }
}

module.exports = { SharedRecords }
