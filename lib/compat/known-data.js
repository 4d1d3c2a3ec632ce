'use strict'

const { isDeepStrictEqual } = require('node:util')

const { NONE, Snapshot } = require('../session/snapshot')

/** The data of a plain session as the store has them, for the dirty check. Later changes of the object do not change them. */
class KnownData {
  #snapshot
  #json

  /** @param {*} data with any keys; `JSON.stringify` must be able to write them */
  constructor (data) {
    this.#snapshot = isPlain(data) ? Snapshot.of(data) : undefined
    if (this.#snapshot === undefined) this.#json = JSON.stringify(data)
  }

  /** Returns the data as JSON. */
  get json () { return (this.#json ??= this.#snapshot.toJson()) }

  /** Returns whether data have the same JSON. */
  isSame (data) {
    const difference = this.#difference(data)
    return difference === undefined ? JSON.stringify(data) === this.json : difference === NONE
  }

  /** Returns whether data are the same, in any order of the keys; another order within a nested value may count as a change. */
  isEqual (data) {
    const difference = this.#difference(data)
    if (difference !== undefined) return difference === NONE
    return JSON.stringify(data) === this.json || isDeepStrictEqual(data, JSON.parse(this.json))
  }

  /** Compares data with the snapshot, which tells neither arrays nor primitives from objects. */
  #difference (data) {
    return isPlain(data) ? this.#snapshot?.difference(data) : undefined
  }

  /**
   * Applies the changes from these data to `changed` to the data that another request has written meanwhile.
   *
   * @param {object} changed
   * @param {KnownData} others
   * @returns {object} a new object: of each top-level key that both have changed, it has the value of `changed`. Arrays and primitives
   * are not merged: then it is `changed`
   */
  merge (changed, others) {
    const before = JSON.parse(this.json)
    const merged = JSON.parse(others.json)
    if (![before, changed, merged].every(isPlain)) return changed
    for (const key of Object.keys(before)) {
      if (!Object.hasOwn(changed, key)) delete merged[key]
    }
    for (const key of Object.keys(changed)) {
      const isSame = Object.hasOwn(before, key) && JSON.stringify(before[key]) === JSON.stringify(changed[key])
      if (!isSame) set(merged, key, changed[key])
    }
    return merged
  }
}

const isPlain = (data) => typeof data === 'object' && data !== null && !Array.isArray(data)

/** Sets a key, also one called `__proto__`, which an assignment would take for the prototype. */
function set (object, key, value) {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
}

/** The data of a record that does not exist. */
const NOTHING = new KnownData({})

module.exports = { KnownData, NOTHING }
