'use strict'

require('../lib/base/node-version')

const { RedisStore } = require('../lib/stores/redis/redis-store')

module.exports = { RedisStore }
