'use strict'

const { MemoryStore } = require('../lib/stores/memory-store')

module.exports = { MemoryStore }
