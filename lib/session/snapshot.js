'use strict'

/**
 * A snapshot of a session's data: the user's keys, their values, and lists of the nested ones. The dirty check compares with it key
 * by key.
 */

const { enclose, isEnvelope } = require('./envelope')
const { DIFFERENT, Nodes, SAME, isJsonPrimitive, kindOfChange } = require('./nodes')
const { MAX_ADDED_KEYS, latestShape, shapeOf } = require('./shape')
const { hasKeys } = require('../base/own-keys')

/** The difference of equal data. */
const NONE = { set: [], deleted: [] }

class Snapshot {
  #shape
  /** The values; objects are those of the data, and may change. */
  #values
  /** The nested values, as they were; undefined if the data are flat. */
  #nodes
  #isComparing = false

  constructor (shape, values, nodes) {
    this.#shape = shape
    this.#values = values
    this.#nodes = nodes
  }

  /**
   * Takes a snapshot of data.
   *
   * @param {object} data
   * @param {boolean} [isRecord] whether the data include an envelope, which is skipped
   * @returns {Snapshot|undefined} undefined if the data are not plain, inherit a key, or have a key that is not data in a session
   */
  static of (data, isRecord = false) {
    // Read once: a getter in the data may take another snapshot meanwhile.
    const known = latestShape()
    let { keys } = known
    let isKnown = true
    let nodes
    const values = new Array(keys.length)
    let count = 0
    if (inheritsAny(data)) return undefined
    for (const key in data) {
      if (isRecord && isEnvelope(key)) continue
      const value = data[key]
      if (!isJsonPrimitive(value)) {
        nodes ??= new Nodes()
        if (typeof value !== 'object' || !nodes.add(value)) return undefined
      }
      if (!isKnown || key !== keys[count]) {
        if (key[0] === '_') return undefined
        if (isKnown) keys = keys.slice(0, count)
        isKnown = false
        keys.push(key)
      }
      values[count++] = value
    }
    values.length = count
    const shape = isKnown && count === keys.length ? known : shapeOf(isKnown ? keys.slice(0, count) : keys)
    return shape.isData ? new Snapshot(shape, values, nodes) : undefined
  }

  /**
   * Takes a snapshot of keys and values without any check: only to make an object of them.
   *
   * @param {string[]} keys none of them `__proto__`
   * @param {Array} values
   */
  static unchecked (keys, values) {
    return new Snapshot(shapeOf(keys), values)
  }

  /** Returns whether the data have so few keys that `addTo` does not make a hash table of an object. */
  get isNarrow () { return this.#values.length <= MAX_ADDED_KEYS }

  /** Makes a plain object of the data. */
  toObject () {
    return this.addTo(this.#shape.isWide ? this.#shape.blank() : {})
  }

  /**
   * Makes a record of the data.
   *
   * @param {number|'session'} maxAge milliseconds
   * @param {number} expire milliseconds
   */
  toRecord (maxAge, expire) {
    const hasRoom = this.#shape.isWide && maxAge !== 'session'
    return enclose(hasRoom ? this.addTo(this.#shape.record()) : this.toObject(), maxAge, expire)
  }

  /** Adds the data to an object, and returns it. */
  addTo (object) {
    const { keys } = this.#shape
    const values = this.#values
    for (let i = 0; i < keys.length; i++) object[keys[i]] = values[i]
    return object
  }

  /** Returns the data as JSON, as they were when the snapshot was taken. */
  toJson () {
    const data = this.toObject()
    const place = this.#nodes?.rewind()
    for (const key of this.#shape.keys) {
      if (isObject(data[key])) data[key] = this.#nodes.read()
    }
    // A getter may ask for the JSON while the data are compared.
    this.#nodes?.rewind(place)
    return JSON.stringify(data)
  }

  /**
   * Returns what differs between a session and the data, if comparing key by key shows that.
   *
   * @param {object} session
   * @returns {{ set: string[], deleted: string[] }|undefined} the keys that were added or changed, and those that were deleted: NONE
   * if there are none; undefined where only the JSON shows it: a key was deleted and added again, a value is not plain, or a key is not
   * data
   */
  difference (session) {
    // A getter in nested data may commit the session meanwhile.
    if (this.#isComparing || inheritsAny(session)) return undefined
    this.#isComparing = true
    try {
      this.#nodes?.rewind()
      return this.#difference(session)
    } finally {
      this.#isComparing = false
    }
  }

  #difference (session) {
    const { keys } = this.#shape
    let set, deleted
    let at = 0
    for (const key in session) {
      const value = session[key]
      if (at < keys.length && key !== keys[at]) {
        const found = keys.indexOf(key, at + 1)
        deleted ??= []
        at = this.#skip(at, found === -1 ? keys.length : found, deleted)
      }
      const change = at === keys.length ? kindOfChange(value) : this.#compare(at++, value)
      if (change !== SAME) {
        // A key that was deleted and added again comes after later ones.
        if (change !== DIFFERENT || !isData(key) || deleted?.includes(key)) return undefined
        set ??= []
        set.push(key)
      }
    }
    if (at < keys.length) this.#skip(at, keys.length, deleted ??= [])
    return set === undefined && deleted === undefined ? NONE : { set: set ?? [], deleted: deleted ?? [] }
  }

  /** Adds deleted keys to a list, from one place to another. Returns the latter. */
  #skip (from, to, deleted) {
    for (let at = from; at < to; at++) {
      deleted.push(this.#shape.keys[at])
      if (isObject(this.#values[at])) this.#nodes.skip()
    }
    return to
  }

  #compare (at, value) {
    const before = this.#values[at]
    if (isObject(before)) {
      if (isObject(value)) return this.#nodes.compare(value)
      this.#nodes.skip()
    }
    return value === before ? SAME : kindOfChange(value)
  }
}

const isObject = (value) => typeof value === 'object' && value !== null

/** Returns whether a `for...in` of data, or of an object in them, includes inherited keys. */
const inheritsAny = (data) => hasKeys(Object.getPrototypeOf(data) ?? Object.prototype)

/** Returns whether a session's own key is data. The name of an accessor is data too, if the app has defined an own property with it. */
const isData = (key) => key[0] !== '_' && key !== 'isNew'

module.exports = { NONE, Snapshot }
