'use strict'

const { gate } = require('./waiting')

/** A store that counts its calls: a Map of JSON text behind async functions. */
class CountingStore {
  /** Id to JSON text. */
  records = new Map()
  /** { operation, id, value (JSON text, of set), ttl, options }, in order */
  calls = []
  /** { get, set, destroy }: async (id) => {} run ahead of the operation, to be slow or to throw */
  before = {}
  #held = []

  /** Counts the calls of an operation, or all. */
  count (operation) {
    return this.calls.filter((call) => operation === undefined || call.operation === operation).length
  }

  /** Returns the last call of an operation. */
  last (operation) { return this.calls.findLast((call) => call.operation === operation) }

  /** Forgets the calls. */
  reset () { this.calls.length = 0 }

  /** Returns the operations of the calls, and forgets these. */
  take () { return this.calls.splice(0).map(({ operation }) => operation) }

  /** Lists all ids. */
  ids () { return [...this.records.keys()] }

  /** Returns a record. */
  data (id) {
    const text = this.records.get(id)
    return text === undefined ? undefined : JSON.parse(text)
  }

  /** Makes an operation throw from now on. */
  fail (operation, error) { this.before[operation] = async () => { throw error } }

  /** Ends the failures of `fail`. */
  mend () { this.before = {} }

  /** Returns a gate, at which the next call of an operation waits. */
  hold (operation) { return this.#hold(operation, 'before') }

  /** Like hold, but the operation is executed at once, and only its result waits. */
  holdAfter (operation) { return this.#hold(operation, 'after') }

  #hold (operation, when) {
    const held = gate()
    this.#held.push({ operation, when, held })
    return held
  }

  get (id, ttl, options) {
    return this.#run({ operation: 'get', id, ttl, options }, () => this.data(id))
  }

  set (id, record, ttl, options) {
    const value = JSON.stringify(record)
    return this.#run({ operation: 'set', id, value, ttl, options }, () => { this.records.set(id, value) })
  }

  destroy (id, options) {
    return this.#run({ operation: 'destroy', id, options }, () => { this.records.delete(id) })
  }

  async #run (call, act) {
    const { operation, id } = call
    this.calls.push(call)
    await this.#pass(operation, 'before')
    await this.before[operation]?.(id)
    const result = act()
    await this.#pass(operation, 'after')
    return result
  }

  async #pass (operation, when) {
    const i = this.#held.findIndex((each) => each.operation === operation && each.when === when)
    if (i >= 0) await this.#held.splice(i, 1)[0].held.pass()
  }
}

module.exports = { CountingStore }
