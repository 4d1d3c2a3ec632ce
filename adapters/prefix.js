'use strict'

const { invalidOption } = require('../lib/base/errors')

/**
 * Returns what an adapter puts before each id. store.d.ts documents the option.
 *
 * @param {{ prefix?: string }} [options]
 * @throws {SessionOptionError} code ERR_SESSION_OPTION
 */
function prefixOf ({ prefix = '' } = {}) {
  if (typeof prefix !== 'string') throw invalidOption('prefix', 'string', prefix)
  return prefix
}

module.exports = { prefixOf }
