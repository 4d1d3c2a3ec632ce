'use strict'

const { toStoreError } = require('../base/errors')
const { callHook } = require('../base/hook')

/**
 * Calls the app's `onStoreError`, which decides how the request goes on after a failure of the store.
 *
 * @param {object} contextSession
 * @param {*} thrown what the store threw
 * @param {'get'|'set'|'destroy'} operation
 * @returns {Promise<'ignore'|'anonymous'>}
 * @throws {Error} the failure, if `onStoreError` returns neither; a thrown value that is not an Error becomes the cause of one
 */
async function handleFailure ({ ctx, options }, thrown, operation) {
  const err = toStoreError(thrown)
  const policy = await callHook(() => options.onStoreError?.(err, operation, ctx))
  if (policy !== 'ignore' && policy !== 'anonymous') throw err
  return policy
}

module.exports = { handleFailure }
