'use strict'

require('../lib/node-version')

const { RedisStore } = require('../lib/stores/redis-store')

module.exports = { RedisStore }
