'use strict'

/**
 * Asks the app's `onStoreError` what to do about a store's failure.
 *
 * @param {object} session the ContextSession
 * @param {*} err what the store threw
 * @param {'get'|'set'|'destroy'} operation
 * @returns {Promise<'ignore'|'anonymous'>}
 * @throws {*} the failure itself, unless the app has said one of these
 */
async function handleFailure ({ ctx, options }, err, operation) {
  const policy = await options.onStoreError?.(err, operation, ctx)
  if (policy !== 'ignore' && policy !== 'anonymous') throw err
  return policy
}

module.exports = { handleFailure }
