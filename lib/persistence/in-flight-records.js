'use strict'

/**
 * The in-flight records: loaded by requests that have not ended yet. They keep a slow request from reviving a record that another
 * one has destroyed. An entry lives as long as such a request, and needs no timer.
 */
class InFlightRecords {
  /** @type {Map<string, { requests: number, destroyed: number, created: number }>} */
  #records = new Map()

  /**
   * Notes that a request loads a record.
   *
   * @param {string} id
   * @returns {object} a ticket for `isDestroyed`, `isGone` and `leave`
   */
  enter (id) {
    let record = this.#records.get(id)
    if (record === undefined) this.#records.set(id, record = { requests: 0, destroyed: 0, created: 0 })
    record.requests++
    return { id, record, destroyed: record.destroyed }
  }

  /** Invalidates a ticket when its request ends. */
  leave ({ id, record }) {
    if (--record.requests === 0) this.#records.delete(id)
  }

  /** Notes that a record is destroyed. */
  destroy (id) {
    const record = this.#records.get(id)
    if (record !== undefined) record.destroyed++
  }

  /** Notes that a record is created again under an id, as with a deterministic `genid`. */
  create (id) {
    const record = this.#records.get(id)
    if (record !== undefined) record.created = record.destroyed
  }

  /** Returns whether the record was destroyed since the request loaded it. */
  isDestroyed ({ record, destroyed }) {
    return record.destroyed !== destroyed
  }

  /** Returns whether the record has not been created again since it was last destroyed. */
  isGone ({ record }) {
    return record.created !== record.destroyed
  }
}

/** @type {WeakMap<object, InFlightRecords>} by the store, or by the ContextStore class */
const registries = new WeakMap()

/** Returns the in-flight records of a store, which all apps with that store share. */
function inFlightRecordsOf (store) {
  let records = registries.get(store)
  if (records === undefined) registries.set(store, records = new InFlightRecords())
  return records
}

module.exports = { inFlightRecordsOf }
