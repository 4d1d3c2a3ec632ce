'use strict'

const { invalidOption, toStoreError } = require('./errors')
const { isPromise } = require('./promise')

/**
 * Calls a hook of the app, such as `genid`, or a method of its store. What it throws or rejects with is an Error from then on.
 *
 * @template T
 * @param {() => T} call
 * @returns {T} what the hook gives, at once or by a promise
 */
function callHook (call) {
  let given
  try {
    given = call()
  } catch (thrown) {
    fail(thrown)
  }
  return isPromise(given) ? given.then(undefined, fail) : given
}

/**
 * Gives what a hook gave that has to answer at once. The promise of an async function is nobody's to await, nor its rejection.
 *
 * @param {string} option
 * @param {*} given
 * @throws {SessionOptionError} for a promise
 */
function requireAnswer (option, given) {
  if (!isPromise(given)) return given
  given.then(undefined, () => {})
  throw invalidOption(option, 'a function that answers at once', given)
}

function fail (thrown) {
  throw toStoreError(thrown)
}

module.exports = { callHook, requireAnswer }
