'use strict'

/** How many writes come between two searches for expired records. */
const WRITES_BETWEEN_SEARCHES = 1000

/**
 * A store in memory, for the entries of compat/: as the originals' ones, it keeps the objects themselves, and all of them until they
 * expire. It is for development and tests.
 */
class MemoryStore {
  /** @type {Map<string, { data: *, expire: number }>} */
  #records = new Map()
  #writes = 0

  /** Returns what was stored under a key; undefined if there is nothing, or it has expired. */
  get (key) {
    const record = this.#records.get(key)
    if (record === undefined || record.expire > Date.now()) return record?.data
    this.#records.delete(key)
  }

  /**
   * Stores an object.
   *
   * @param {string} key
   * @param {*} data
   * @param {number} [ttl] milliseconds; without one, or with 0, the record does not expire
   */
  set (key, data, ttl) {
    this.#records.set(key, { data, expire: ttl > 0 ? Date.now() + ttl : Infinity })
    if (++this.#writes % WRITES_BETWEEN_SEARCHES === 0) this.#removeExpired()
  }

  #removeExpired () {
    const now = Date.now()
    for (const [key, { expire }] of this.#records) {
      if (expire <= now) this.#records.delete(key)
    }
  }

  /** Removes what is stored under a key. */
  destroy (key) {
    this.#records.delete(key)
  }
}

module.exports = { MemoryStore }
