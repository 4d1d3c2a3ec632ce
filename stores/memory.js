'use strict'

const { MemoryStore } = require('../lib/memory-store')

module.exports = { MemoryStore }
