'use strict'

/**
 * A snapshot of a session's data: the user's keys, their values, and lists of the nested ones. The dirty check compares with it key
 * by key.
 */

const { enclose, isEnvelope } = require('./envelope')
const { isJsonPrimitive, isListed, isPlain, toList, fromList } = require('./nested')
const { MAX_ADDED_KEYS, latestShape, shapeOf } = require('./shape')
const { inheritsKeys } = require('../base/own-keys')

/** The difference of equal data. */
const NONE = { set: [], deleted: [] }

class Snapshot {
  #shape
  /** The values; objects are those of the data, and may change. */
  #values
  /** The lists of nested values, at the places of these; undefined if the data are flat. */
  #lists

  constructor (shape, values, lists) {
    this.#shape = shape
    this.#values = values
    this.#lists = lists
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
    let lists
    const values = new Array(keys.length)
    let count = 0
    if (inheritsKeys(data)) return undefined
    for (const key in data) {
      if (isRecord && isEnvelope(key)) continue
      const value = data[key]
      if (!isJsonPrimitive(value)) {
        const list = typeof value === 'object' ? toList(value) : undefined
        if (list === undefined) return undefined
        lists ??= []
        lists[count] = list
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
    return shape.isData ? new Snapshot(shape, values, lists) : undefined
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
    this.#lists?.forEach((list, i) => { data[this.#shape.keys[i]] = fromList(list) })
    return JSON.stringify(data)
  }

  /**
   * Returns what differs between a session and the data, if comparing key by key shows that.
   *
   * @param {object} session
   * @returns {{ set: string[], deleted: string[] }|undefined} the keys that were added or changed, and those that were deleted: NONE
   * if there are none; undefined where only the JSON shows it: there are keys that come before earlier ones, values that are not
   * plain, or keys that are not data
   */
  difference (session) {
    const { keys } = this.#shape
    let set, deleted
    let at = 0
    if (inheritsKeys(session)) return undefined
    for (const key in session) {
      const value = session[key]
      if (at < keys.length && key !== keys[at]) {
        const found = keys.indexOf(key, at + 1)
        const next = found === -1 ? keys.length : found
        deleted = [...deleted ?? [], ...keys.slice(at, next)]
        at = next
      }
      if (at === keys.length ? true : !this.#isValue(at++, value)) {
        // A key that was deleted and added again comes after later ones.
        if (!isData(key) || !isPlain(value) || deleted?.includes(key)) return undefined
        set ??= []
        set.push(key)
      }
    }
    if (at < keys.length) deleted = [...deleted ?? [], ...keys.slice(at)]
    return set === undefined && deleted === undefined ? NONE : { set: set ?? [], deleted: deleted ?? [] }
  }

  #isValue (at, value) {
    if (typeof value !== 'object' || value === null) return value === this.#values[at]
    const list = this.#lists?.[at]
    return list !== undefined && isListed(list, value)
  }
}

/** Returns whether a session's own key is data. (An accessor's name is, if the app has defined such a property.) */
const isData = (key) => key[0] !== '_' && key !== 'isNew'

module.exports = { NONE, Snapshot }
