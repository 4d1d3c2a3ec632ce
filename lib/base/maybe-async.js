'use strict'

/**
 * Handles results that may be promises, without async functions. These are avoided on the path of every request: while it waits,
 * an async function takes 390 bytes of V8's heap, and `then` with one callback 150.
 */

/** Returns whether a value is a promise, or has a method `then`. */
function isPromise (value) {
  return typeof value?.then === 'function'
}

/**
 * Calls a function that may be async or not.
 *
 * @param {function} call
 * @returns {Promise<*>} of its result; rejected if it throws
 */
function attempt (call) {
  try {
    return Promise.resolve(call())
  } catch (err) {
    return Promise.reject(err)
  }
}

module.exports = { attempt, isPromise }
