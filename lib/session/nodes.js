'use strict'

/** How a value compares with nodes. UNCLEAR: only the JSON shows it, since JSON.stringify would leave out or convert a part. */
const SAME = 0
const DIFFERENT = 1
const UNCLEAR = 2

const OBJECT = Symbol('object')
const ARRAY = Symbol('array')
const END = Symbol('end')

/** The deepest nesting of data that get nodes. So data with a cycle get none. */
const MAX_DEPTH = 32

/**
 * Nested values as a flat list of nodes, for the dirty check: comparing takes time for each key and item, not for each byte, and
 * writes no JSON. The nodes of an object are OBJECT, the place of its END, its keys each followed by the nodes of their values, and
 * END; those of an array are ARRAY, the place of its END, its length, the nodes of its items, and END.
 */
class Nodes {
  #list = []
  /** The place of the value to be read or compared next. */
  #at = 0

  /**
   * Adds a nested value.
   *
   * @param {object} value
   * @returns {boolean} false if the value is not plain: if JSON.stringify would leave out or convert a part of it
   */
  add (value, depth = MAX_DEPTH) {
    const list = this.#list
    if (Array.isArray(value)) {
      if (!isWrittenAsIs(value, Array.prototype)) return false
      const { length } = value
      const start = list.push(ARRAY)
      list.push(0, length)
      for (let i = 0; i < length; i++) {
        const item = value[i]
        if (isJsonPrimitive(item)) list.push(item)
        else if (!isNested(item, depth) || !this.add(item, depth - 1)) return false
      }
      list[start] = list.push(END) - 1
      return true
    }
    if (!isWrittenAsIs(value, Object.prototype)) return false
    const start = list.push(OBJECT)
    list.push(0)
    for (const key in value) {
      const item = value[key]
      list.push(key)
      if (isJsonPrimitive(item)) list.push(item)
      else if (!isNested(item, depth) || !this.add(item, depth - 1)) return false
    }
    list[start] = list.push(END) - 1
    return true
  }

  /** Goes to the first value, or to a place that an earlier call returned. Returns the place before. */
  rewind (place = 0) {
    const before = this.#at
    this.#at = place
    return before
  }

  /**
   * Compares a nested value with the next one, up to the first difference.
   *
   * @param {object} value
   * @returns {number} SAME, DIFFERENT or UNCLEAR
   */
  compare (value) {
    const start = this.#at
    const result = this.#compare(value)
    if (result !== SAME) {
      this.#at = start
      this.skip()
    }
    return result
  }

  #compare (value) {
    const list = this.#list
    if (Array.isArray(value)) {
      const { length } = value
      if (!isWrittenAsIs(value, Array.prototype)) return UNCLEAR
      if (list[this.#at] !== ARRAY || list[this.#at + 2] !== length) return DIFFERENT
      this.#at += 3
      for (let i = 0; i < length; i++) {
        const result = this.#compareItem(value[i])
        if (result !== SAME) return result
      }
      this.#at++
      return SAME
    }
    if (!isWrittenAsIs(value, Object.prototype)) return UNCLEAR
    if (list[this.#at] !== OBJECT) return DIFFERENT
    this.#at += 2
    for (const key in value) {
      if (key !== list[this.#at++]) return kindOfChange(value[key])
      const result = this.#compareItem(value[key])
      if (result !== SAME) return result
    }
    return list[this.#at++] === END ? SAME : DIFFERENT
  }

  #compareItem (item) {
    if (typeof item === 'object' && item !== null) return this.#compare(item)
    return item === this.#list[this.#at++] ? SAME : kindOfChange(item)
  }

  /** Skips the next value, which is an object or array. */
  skip () {
    this.#at = this.#list[this.#at + 1] + 1
  }

  /** Rebuilds the next value from its nodes. */
  read () {
    const list = this.#list
    const node = list[this.#at]
    if (node !== OBJECT && node !== ARRAY) return list[this.#at++]
    const readEntry = node === ARRAY ? () => this.read() : () => [list[this.#at++], this.read()]
    const entries = []
    this.#at += node === ARRAY ? 3 : 2
    while (list[this.#at] !== END) entries.push(readEntry())
    this.#at++
    // Not by assignment, which a key `__proto__` would turn into a prototype.
    return node === ARRAY ? entries : Object.fromEntries(entries)
  }
}

const isNested = (value, depth) => typeof value === 'object' && depth > 0

/** Returns whether a value is a primitive that JSON has. */
function isJsonPrimitive (value) {
  return typeof value === 'string' || typeof value === 'boolean' || value === null || Number.isFinite(value)
}

/**
 * Returns the result of a comparison that found another value in place of the expected one.
 *
 * @returns {number} DIFFERENT if JSON.stringify writes the value as it is, or at least as an object or array of its own; else UNCLEAR
 */
function kindOfChange (value) {
  if (isJsonPrimitive(value)) return DIFFERENT
  if (typeof value !== 'object') return UNCLEAR
  return isWrittenAsIs(value, Array.isArray(value) ? Array.prototype : Object.prototype) ? DIFFERENT : UNCLEAR
}

/** Returns whether JSON.stringify writes an object's own keys or items: it has this prototype, and no toJSON. */
function isWrittenAsIs (object, prototype) {
  return Object.getPrototypeOf(object) === prototype && typeof object.toJSON !== 'function'
}

module.exports = { DIFFERENT, Nodes, SAME, isJsonPrimitive, kindOfChange }
