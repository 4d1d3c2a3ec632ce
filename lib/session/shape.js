'use strict'

/**
 * Makes objects with many keys in such a way that V8 does not store them as hash tables. A shape is a list of keys that many sessions
 * share, with templates from which objects with these keys are made.
 */

/** How many keys can be added to an object one by one before V8 makes it a hash table: 4 in the object, and 12 beside it. */
const MAX_ADDED_KEYS = 16

/** How many keys an object of JSON.parse keeps in itself. With more, it is a hash table in any case. */
const MAX_PARSED_KEYS = 127

/** Names of accessors on a session's prototype: data must not shadow them. */
const ACCESSORS = new Set(['isNew', '_expire', '_requireSave', 'length', 'populated', 'maxAge', 'externalKey'])

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

/** Stores values of several types under each key, so that V8 expects any type there: it does not infer that from values in clones. */
function generalize (object) {
  for (const key in object) {
    for (const value of [0, 0.5, null]) object[key] = value
  }
  return object
}

/** The shape that was used last for each number of keys up to MAX_PARSED_KEYS, and the one used last of all. */
const shapes = new Map()
let latest = new Shape([])

/** Returns the shape that was used last. */
const latestShape = () => latest

/** Returns the shape for a list of keys. */
function shapeOf (keys) {
  const known = shapes.get(keys.length)
  if (known !== undefined && known.keys.every((key, i) => key === keys[i])) return (latest = known)
  latest = new Shape(keys)
  if (keys.length <= MAX_PARSED_KEYS) shapes.set(keys.length, latest)
  return latest
}

module.exports = { ACCESSORS, MAX_ADDED_KEYS, latestShape, shapeOf }
