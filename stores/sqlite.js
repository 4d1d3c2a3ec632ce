'use strict'

require('../lib/node-version')

const { SqliteStore } = require('../lib/stores/sqlite-store')

module.exports = { SqliteStore }
