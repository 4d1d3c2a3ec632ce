'use strict'

/**
 * A snapshot of flat data: primitives under the user's keys. The dirty check compares with it key by key. Objects made from a
 * snapshot are not kept as hash tables by V8.
 */

const { enclose, isEnvelope } = require('./envelope')

const { inheritsKeys } = require('../base/own-keys')

/** How many keys can be added to an object one by one before V8 makes it a hash table: 4 in the object, and 12 beside it. */
const MAX_ADDED_KEYS = 16

/** How many keys an object of JSON.parse keeps in itself. With more, it is a hash table in any case. */
const MAX_PARSED_KEYS = 127

/** Names of accessors on a session's prototype: data must not shadow them. */
const ACCESSORS = new Set(['isNew', '_expire', '_requireSave', 'length', 'populated', 'maxAge', 'externalKey'])

/** A list of keys that many sessions share, and the templates from which objects with these keys are made. */
class Shape {
  #blank
  #record

  /** @param {string[]} keys */
  constructor (keys) {
    this.keys = keys
    /** Whether all keys are data: none begins with `_` or is the name of an accessor. */
    this.isData = !keys.some((key) => key[0] === '_' || ACCESSORS.has(key))
    /** Whether objects are made with room for all keys at once, since adding them one by one would make a hash table. */
    this.isWide = keys.length > MAX_ADDED_KEYS && keys.length <= MAX_PARSED_KEYS
  }

  /** Makes an object with the keys by JSON.parse: only such objects take further properties quickly in V8. */
  blank () {
    this.#blank ??= blankJson(this.keys)
    return JSON.parse(this.#blank)
  }

  /** Makes an object with the keys and the envelope's by cloning: faster, but adding properties to it is slow. */
  record () {
    this.#record ??= generalize(JSON.parse(blankJson([...this.keys, '_expire', '_maxAge'])))
    return { ...this.#record }
  }
}

function blankJson (keys) {
  return JSON.stringify(Object.fromEntries(keys.map((key) => [key, null])))
}

/** Makes V8 expect values of any type under each key: storing a value of another type in a clone would not teach it that. */
function generalize (object) {
  for (const key in object) {
    for (const value of [0, 0.5, null]) object[key] = value
  }
  return object
}

/** The shape that was used last for each number of keys up to MAX_PARSED_KEYS, and the one used last of all. */
const shapes = new Map()
let latest = new Shape([])

/** Returns the shape for a list of keys. */
function shapeOf (keys) {
  const known = shapes.get(keys.length)
  if (known !== undefined && known.keys.every((key, i) => key === keys[i])) return (latest = known)
  latest = new Shape(keys)
  if (keys.length <= MAX_PARSED_KEYS) shapes.set(keys.length, latest)
  return latest
}

class Snapshot {
  constructor (shape, values) {
    this.shape = shape
    this.values = values
  }

  /**
   * Takes a snapshot of data.
   *
   * @param {object} data
   * @param {boolean} [isRecord] whether the data include an envelope, which is skipped
   * @returns {Snapshot|undefined} undefined if the data are not flat, inherit a key, or have a key that is not data in a session
   */
  static of (data, isRecord = false) {
    // `latest` is read once: a getter in the data may take another snapshot meanwhile.
    const known = latest
    let { keys } = known
    let isKnown = true
    const values = new Array(keys.length)
    let count = 0
    if (inheritsKeys(data)) return undefined
    for (const key in data) {
      if (isRecord && isEnvelope(key)) continue
      const value = data[key]
      if (!isJsonPrimitive(value)) return undefined
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
    return shape.isData ? new Snapshot(shape, values) : undefined
  }

  /**
   * Makes an object of the data. A wide one ignores the given prototype: the caller sets it afterwards.
   *
   * @param {object} [prototype]
   */
  toObject (prototype = Object.prototype) {
    return fill(this.shape.isWide ? this.shape.blank() : { __proto__: prototype }, this)
  }

  /**
   * Makes a record of the data.
   *
   * @param {number|'session'} maxAge milliseconds
   * @param {number} expire milliseconds
   */
  toRecord (maxAge, expire) {
    const hasRoom = this.shape.isWide && maxAge !== 'session'
    return enclose(hasRoom ? fill(this.shape.record(), this) : this.toObject(), maxAge, expire)
  }

  /**
   * Returns whether a session differs from the data, if comparing key by key shows that.
   *
   * @param {object} session
   * @returns {boolean|undefined} undefined where only the JSON shows it: there are objects, keys that were deleted or that come
   * before earlier ones, values that JSON does not have, or keys that are not data
   */
  isDifferent (session) {
    const { shape: { keys }, values } = this
    let differs = false
    let count = 0
    if (inheritsKeys(session)) return undefined
    for (const key in session) {
      const value = session[key]
      if (count >= keys.length || value !== values[count]) {
        if (key[0] === '_' || key === 'isNew' || !isJsonPrimitive(value)) return undefined
        differs = true
      }
      // A key that was simply added comes after all earlier ones: here, keys were deleted or reordered.
      if (count < keys.length && key !== keys[count]) return undefined
      count++
    }
    return count < keys.length ? undefined : differs
  }

  /**
   * Returns the changed keys of a session as JSON, if comparing key by key shows them.
   *
   * @param {object} session
   * @returns {string|undefined} a JSON object, or an empty string if nothing changed; undefined as for `isDifferent`
   */
  changes (session) {
    const differs = this.isDifferent(session)
    if (differs !== true) return differs === undefined ? undefined : ''
    const changed = {}
    let count = 0
    for (const key in session) {
      if (session[key] !== this.values[count++]) changed[key] = session[key]
    }
    return JSON.stringify(changed)
  }
}

/**
 * Makes an object of keys and values.
 *
 * @param {string[]} keys none of them `__proto__`
 * @param {Array} values
 * @param {object} prototype as for `toObject`
 */
function objectOf (keys, values, prototype) {
  return new Snapshot(shapeOf(keys), values).toObject(prototype)
}

function fill (object, { shape: { keys }, values }) {
  for (let i = 0; i < keys.length; i++) object[keys[i]] = values[i]
  return object
}

function isJsonPrimitive (value) {
  return typeof value === 'string' || typeof value === 'boolean' || value === null || Number.isFinite(value)
}

module.exports = { ACCESSORS, Snapshot, objectOf }
