'use strict'

const { SqliteStore } = require('../lib/sqlite-store')

module.exports = { SqliteStore }
