'use strict'

require('../lib/base/node-version')

const { MemoryStore } = require('../lib/stores/memory/memory-store')

module.exports = { MemoryStore }
