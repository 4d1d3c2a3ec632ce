'use strict'

require('./lib/base/node-version')

const { Revocations } = require('./lib/session/revocations')

module.exports = { Revocations }
