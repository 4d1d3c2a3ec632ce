'use strict'

const { RedisStore } = require('../lib/stores/redis-store')

module.exports = { RedisStore }
