'use strict'

const { SqliteStore } = require('../lib/stores/sqlite-store')

module.exports = { SqliteStore }
