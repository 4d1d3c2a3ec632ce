'use strict'

/**
 * Which records the requests in flight have loaded, so that a slow one cannot bring back what another destroyed.
 *
 * A record is remembered by its id for as long as a request that loaded it is in flight; there is no clock.
 */
class InFlightRecords {
  /** @type {Map<string, { requests: number, destroyed: number, created: number }>} */
  #records = new Map()

  /**
   * Notes that a request loads a record.
   *
   * @param {string} id
   * @returns {object} a ticket to ask by, and to give back
   */
  enter (id) {
    let record = this.#records.get(id)
    if (record === undefined) this.#records.set(id, record = { requests: 0, destroyed: 0, created: 0 })
    record.requests++
    return { id, record, destroyed: record.destroyed }
  }

  /** Takes a ticket back when its request ends. */
  leave ({ id, record }) {
    if (--record.requests === 0) this.#records.delete(id)
  }

  /** Notes that a record is destroyed. */
  destroy (id) {
    const record = this.#records.get(id)
    if (record !== undefined) record.destroyed++
  }

  /** Notes that a record is made anew under an id: a deterministic `genid` gives the same one again. */
  create (id) {
    const record = this.#records.get(id)
    if (record !== undefined) record.created = record.destroyed
  }

  /** Returns whether the record was destroyed since the request loaded it. */
  isDestroyed ({ record, destroyed }) {
    return record.destroyed !== destroyed
  }

  /** Returns whether nobody has made the record anew since it was last destroyed. */
  isGone ({ record }) {
    return record.created !== record.destroyed
  }
}

/** @type {WeakMap<object, InFlightRecords>} by the store, or by the class of stores */
const registries = new WeakMap()

/** Returns the registries of a store: apps that share a store share them. */
function inFlightRecordsOf (store) {
  let known = registries.get(store)
  if (known === undefined) registries.set(store, known = new InFlightRecords())
  return known
}

module.exports = { inFlightRecordsOf }
