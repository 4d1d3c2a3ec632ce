'use strict'

/** Whose keys a `for...in` gives: asked once for an object, which costs less than to ask of each key. */

/** Returns whether a `for...in` gives any key. */
function hasKeys (object) {
  // eslint-disable-next-line no-unreachable-loop
  for (const key in object) return key !== undefined
  return false
}

/** Returns whether a `for...in` gives more than an object's own keys. */
function inheritsKeys (object) {
  return hasKeys(Object.getPrototypeOf(object))
}

/** Returns an object whose `for...in` gives the own keys alone: the same, or a copy where it inherits others. */
function withOwnKeysOnly (object) {
  return inheritsKeys(object) ? { __proto__: null, ...object } : object
}

module.exports = { hasKeys, inheritsKeys, withOwnKeysOnly }
