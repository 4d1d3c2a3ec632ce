'use strict'

const { toStoreError } = require('../base/errors')
const { callHook } = require('../base/hook')

/**
 * Asks the app's `onStoreError` what to do about a store's failure.
 *
 * @param {object} session the ContextSession
 * @param {*} thrown what the store threw
 * @param {'get'|'set'|'destroy'} operation
 * @returns {Promise<'ignore'|'anonymous'>}
 * @throws {Error} the failure itself, unless the app has said one of these; what is no Error is its cause
 */
async function handleFailure ({ ctx, options }, thrown, operation) {
  const err = toStoreError(thrown)
  const policy = await callHook(() => options.onStoreError?.(err, operation, ctx))
  if (policy !== 'ignore' && policy !== 'anonymous') throw err
  return policy
}

module.exports = { handleFailure }
