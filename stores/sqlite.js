'use strict'

require('../lib/base/node-version')

const { SqliteStore } = require('../lib/stores/sqlite/sqlite-store')

module.exports = { SqliteStore }
