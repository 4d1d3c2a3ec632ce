'use strict'

const { invalidOption, toStoreError } = require('./errors')
const { isPromise } = require('./maybe-async')

/**
 * Calls a hook of the app, such as `genid`, or a method of its store. If it throws or rejects with anything but an Error, that is
 * wrapped in one.
 *
 * @template T
 * @param {() => T} call
 * @returns {T} the hook's result, or a promise of it
 */
function callHook (call) {
  try {
    const given = call()
    // Any object with a method `then` becomes a real promise, since its own `then` may throw, or call back synchronously.
    return isPromise(given) ? Promise.resolve(given).then(undefined, fail) : given
  } catch (thrown) {
    fail(thrown)
  }
}

/**
 * Returns the result of a hook that must be synchronous. Throws for a promise, whose rejection is then ignored.
 *
 * @param {string} option
 * @param {*} given
 * @throws {SessionOptionError} for a promise
 */
function requireSync (option, given) {
  if (!isPromise(given)) return given
  Promise.resolve(given).then(undefined, () => {})
  throw invalidOption(option, 'a synchronous function', given)
}

function fail (thrown) {
  throw toStoreError(thrown)
}

module.exports = { callHook, requireSync }
