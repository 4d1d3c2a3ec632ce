'use strict'

/** Checks whether a `for...in` includes inherited keys: once for an object, which costs less than `hasOwn` for each key. */

/** Returns whether a `for...in` has any key. */
function hasKeys (object) {
  // eslint-disable-next-line no-unreachable-loop
  for (const key in object) return key !== undefined
  return false
}

/** Returns whether a `for...in` includes inherited keys. */
function inheritsKeys (object) {
  return hasKeys(Object.getPrototypeOf(object))
}

/** Returns an object whose `for...in` has own keys only: the same object, or a copy if it inherits others. */
function withOwnKeysOnly (object) {
  return inheritsKeys(object) ? { __proto__: null, ...object } : object
}

module.exports = { hasKeys, withOwnKeysOnly }
