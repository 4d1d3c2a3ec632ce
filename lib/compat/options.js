'use strict'

const { isSessionStore } = require('../base/store-contract')

/**
 * Checks the options that all entries of compat/ have in common.
 *
 * @param {{ store?: object, concurrent?: string }} options
 * @param {Function} invalidOption makes the errors, which name the entry's page
 * @throws {SessionOptionError} code ERR_SESSION_OPTION
 */
function checkCommon (options, invalidOption) {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', 'object', options)
  const { store, concurrent } = options
  if (store != null && typeof store !== 'object' && typeof store !== 'function') throw invalidOption('store', 'object', store)
  // Its records are not those of the original: the way back would be closed.
  if (isSessionStore(store)) throw invalidOption('store', "a store of the original middleware; session stores are for require('koa-session-rs')", store)
  if (concurrent != null && concurrent !== 'merge' && concurrent !== 'overwrite') {
    throw invalidOption('concurrent', "'merge' or 'overwrite'", concurrent)
  }
}

module.exports = { checkCommon }
