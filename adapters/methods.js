'use strict'

const { invalidOptionOf } = require('../lib/base/errors')

const invalidOption = invalidOptionOf('docs/adapters.md')

/**
 * Throws unless a store has the methods that an adapter calls.
 *
 * @param {string} name of the argument
 * @param {*} store
 * @param {string[]} methods
 * @throws {SessionOptionError} code ERR_SESSION_OPTION
 */
function checkMethods (name, store, methods) {
  for (const method of methods) {
    if (typeof store?.[method] === 'function') continue
    throw invalidOption(`${name}.${method}`, 'function', store?.[method], `${name}.${method} must be function`)
  }
}

module.exports = { checkMethods }
