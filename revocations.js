'use strict'

require('./lib/base/node-version')

const { Revocations } = require('./lib/persistence/revocations')

module.exports = { Revocations }
