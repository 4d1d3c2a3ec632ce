'use strict'

require('../lib/node-version')

const { MemoryStore } = require('../lib/stores/memory-store')

module.exports = { MemoryStore }
