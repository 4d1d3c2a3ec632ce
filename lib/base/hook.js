'use strict'

const { invalidOption, toStoreError } = require('./errors')
const { isPromise } = require('./maybe-async')

/**
 * Calls a hook of the app, such as `genid`, or a method of its store. What it throws or rejects with is an Error from then on.
 *
 * @template T
 * @param {() => T} call
 * @returns {T} what the hook gives, at once or by a promise
 */
function callHook (call) {
  try {
    const given = call()
    // What only has a method `then` may call back when it likes, and throw: a promise of ours stands in for it.
    return isPromise(given) ? Promise.resolve(given).then(undefined, fail) : given
  } catch (thrown) {
    fail(thrown)
  }
}

/**
 * Returns what a hook gave that has to answer at once. The promise of an async function is nobody's to await, nor its rejection.
 *
 * @param {string} option
 * @param {*} given
 * @throws {SessionOptionError} for a promise
 */
function requireSync (option, given) {
  if (!isPromise(given)) return given
  Promise.resolve(given).then(undefined, () => {})
  throw invalidOption(option, 'a function that answers at once', given)
}

function fail (thrown) {
  throw toStoreError(thrown)
}

module.exports = { callHook, requireSync }
