'use strict'

/** The stores by the value of STORE. Each is loaded where it is used: an app without one has none of them in memory. */
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

/** Opens the store that the environment names; nothing where it names none. */
module.exports = function openStore (env) {
  const { STORE } = env
  if (!STORE) return undefined
  if (!Object.hasOwn(STORES, STORE)) {
    console.error(`STORE is one of ${Object.keys(STORES).join(', ')}, and not ${STORE}.`)
    process.exit(1)
  }
  return STORES[STORE](env)
}
