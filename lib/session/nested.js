'use strict'

/**
 * Nested data as a flat list, for the dirty check: comparing takes time for each key and item, not for each byte, and writes no
 * JSON. An object is OBJECT, its keys each followed by their values, and END; an array is ARRAY, its length and its items.
 */

const OBJECT = Symbol('object')
const ARRAY = Symbol('array')
const END = Symbol('end')

/** Data nested deeper than this have no list. So data with a cycle have none either. */
const MAX_DEPTH = 32

/** Where `isNext` and `readNext` are in their list. */
let at = 0

/**
 * Lists a nested value.
 *
 * @param {object} value
 * @returns {Array|undefined} undefined if it is not plain: if JSON.stringify would leave out or convert a part of it
 */
function toList (value) {
  const list = []
  return addTo(list, value, MAX_DEPTH) ? list : undefined
}

function addTo (list, value, depth) {
  if (Array.isArray(value)) {
    if (Object.getPrototypeOf(value) !== Array.prototype) return false
    list.push(ARRAY, value.length)
    for (let i = 0; i < value.length; i++) {
      if (!addValue(list, value[i], depth)) return false
    }
    return true
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false
  list.push(OBJECT)
  for (const key in value) {
    list.push(key)
    if (!addValue(list, value[key], depth)) return false
  }
  list.push(END)
  return true
}

function addValue (list, value, depth) {
  if (!isJsonPrimitive(value)) return typeof value === 'object' && depth > 0 && addTo(list, value, depth - 1)
  list.push(value)
  return true
}

/** Returns whether a value has the same data as the listed one. */
function isListed (list, value) {
  at = 0
  return isNext(list, value)
}

function isNext (list, value) {
  if (typeof value !== 'object' || value === null) return value === list[at++]
  if (Array.isArray(value)) {
    if (list[at++] !== ARRAY || list[at++] !== value.length || Object.getPrototypeOf(value) !== Array.prototype) return false
    for (let i = 0; i < value.length; i++) {
      if (!isNext(list, value[i])) return false
    }
    return true
  }
  if (list[at++] !== OBJECT || Object.getPrototypeOf(value) !== Object.prototype) return false
  for (const key in value) {
    if (key !== list[at++] || !isNext(list, value[key])) return false
  }
  return list[at++] === END
}

/** Returns whether JSON.stringify writes a value as it is: no part is left out, converted or refused. */
function isPlain (value, depth = MAX_DEPTH) {
  if (typeof value !== 'object' || value === null) return isJsonPrimitive(value)
  if (depth < 0) return false
  if (Array.isArray(value)) {
    if (Object.getPrototypeOf(value) !== Array.prototype) return false
    for (let i = 0; i < value.length; i++) {
      if (!isPlain(value[i], depth - 1)) return false
    }
    return true
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false
  for (const key in value) {
    if (!isPlain(value[key], depth - 1)) return false
  }
  return true
}

/** Makes the listed value again. */
function fromList (list) {
  at = 0
  return readNext(list)
}

function readNext (list) {
  const item = list[at++]
  if (item === ARRAY) return Array.from({ length: list[at++] }, () => readNext(list))
  if (item !== OBJECT) return item
  const entries = []
  while (list[at] !== END) entries.push([list[at++], readNext(list)])
  at++
  // Not by assignment, which a key `__proto__` would turn into a prototype.
  return Object.fromEntries(entries)
}

/** Returns whether a value is a primitive that JSON has. */
function isJsonPrimitive (value) {
  return typeof value === 'string' || typeof value === 'boolean' || value === null || Number.isFinite(value)
}

module.exports = { isJsonPrimitive, isListed, isPlain, toList, fromList }
