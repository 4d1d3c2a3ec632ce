'use strict'

/** The stores by the value of STORE. Each is required only when it is used. */
const STORES = {
  memory () {
    const { MemoryStore } = require('../stores/memory')
    return new MemoryStore()
  },

  sqlite ({ SQLITE_FILE = 'example-sessions.db' }) {
    const { SqliteStore } = require('../stores/sqlite')
    return new SqliteStore({ file: SQLITE_FILE })
  },

  redis ({ REDIS_URL = 'redis://127.0.0.1:6379' }) {
    const { RedisStore } = require('../stores/redis')
    return new RedisStore({ url: REDIS_URL })
  }
}

/** Opens the store named by the environment variable STORE; returns undefined without it. */
module.exports = function openStore (env) {
  const { STORE } = env
  if (!STORE) return undefined
  if (!Object.hasOwn(STORES, STORE)) {
    console.error(`STORE must be one of ${Object.keys(STORES).join(', ')}; it is ${STORE}.`)
    process.exit(1)
  }
  return STORES[STORE](env)
}
