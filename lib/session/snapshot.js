'use strict'

/**
 * What a session's data are, where they are flat: primitives under keys that are the user's. Changes are told from it key by
 * key, and objects are made of it without any copy that V8 would keep as a hash table.
 */

const { enclose, isEnvelope } = require('./envelope')

const { inheritsKeys } = require('../base/own-keys')

/** So many keys an object takes one by one before V8 makes a hash table of it: 4 within the object, and 12 beside it. */
const FEW = 16

/** So many keys an object of JSON.parse keeps within itself. With more, it is a hash table in any case. */
const MANY = 127

/** Names on a session's prototype, which data would shadow and must not. */
const ACCESSORS = new Set(['isNew', '_expire', '_requireSave', 'length', 'populated', 'maxAge', 'externalKey'])

/** The keys that sessions have in common, and what it takes to make objects with them. */
class Shape {
  #blank
  #record

  /** @param {string[]} keys */
  constructor (keys) {
    this.keys = keys
    /** Whether objects are flat sessions: none of the keys is a session's own, or may not be the user's. */
    this.isOpen = !keys.some((key) => key[0] === '_' || ACCESSORS.has(key))
    /** Whether objects are made with room for all their keys at once. */
    this.isWide = keys.length > FEW && keys.length <= MANY
  }

  /** Makes an object with the keys, whose map in V8 takes further properties quickly: only parsed JSON is so. */
  blank () {
    this.#blank ??= blankJson(this.keys)
    return JSON.parse(this.#blank)
  }

  /** Makes an object with the keys and an envelope behind: a clone, which is quicker to make, and slow to take more. */
  record () {
    this.#record ??= loosen(JSON.parse(blankJson([...this.keys, '_expire', '_maxAge'])))
    return { ...this.#record }
  }
}

function blankJson (keys) {
  return JSON.stringify(Object.fromEntries(keys.map((key) => [key, null])))
}

/** Has V8 expect any value under each key: clones are not told when one turns out to be of another kind. */
function loosen (object) {
  for (const key in object) {
    for (const value of [0, 0.5, null]) object[key] = value
  }
  return object
}

/** The last shape of each number of keys up to MANY, and the last of all. */
const shapes = new Map()
let latest = new Shape([])

/** Returns the shape of a list of keys. */
function shapeOf (keys) {
  const known = shapes.get(keys.length)
  if (known !== undefined && known.keys.every((key, i) => key === keys[i])) return (latest = known)
  latest = new Shape(keys)
  if (keys.length <= MANY) shapes.set(keys.length, latest)
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
   * @param {boolean} [isRecord] whether there is an envelope among them, which is passed over
   * @returns {Snapshot|undefined} undefined where the data are not flat, have a key that a session has for itself, or inherit one
   */
  static of (data, isRecord = false) {
    // Read once: a getter among the data may take a snapshot of another session.
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
    return shape.isOpen ? new Snapshot(shape, values) : undefined
  }

  /**
   * Makes an object of the data, whose prototype is the given one, or will be.
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
   * Returns whether a session differs from the data, where that can be told key by key.
   *
   * @param {object} session
   * @returns {boolean|undefined} undefined where only the JSON can tell: of objects, of keys that came or went, of values that
   * JSON does not have, and of keys that are no data
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
      // New keys come behind those that were there.
      if (count < keys.length && key !== keys[count]) return undefined
      count++
    }
    return count < keys.length ? undefined : differs
  }

  /**
   * Writes what a session has otherwise, where that can be told key by key.
   *
   * @param {object} session
   * @returns {string|undefined} a JSON object, or an empty text where there is nothing; undefined as of `isDifferent`
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
 * Makes an object of keys, none of which is `__proto__`, and their values.
 *
 * @param {string[]} keys
 * @param {Array} values
 * @param {object} prototype what its prototype will be
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
