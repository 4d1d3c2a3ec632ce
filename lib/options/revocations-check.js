'use strict'

const { invalidOption } = require('../base/errors')
const { Revocations } = require('../session/revocations')

/**
 * Throws for revocations that do not fit the other options.
 *
 * @param {object} given the caller's options
 * @throws {SessionOptionError}
 */
function checkRevocations ({ revocations, absoluteTimeout, store, ContextStore }) {
  if (!Revocations.isGiven(revocations)) throw invalidOption('revocations', 'store with get, set and destroy, or Revocations', revocations)
  if (store || ContextStore) throw invalidOption('revocations', 'left out with a store, where a logout destroys the record', revocations)
  if (absoluteTimeout == null) throw invalidOption('absoluteTimeout', 'given with revocations, which live as long', absoluteTimeout)
}

module.exports = { checkRevocations }
