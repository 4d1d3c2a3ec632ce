'use strict'

/**
 * The modes: options of the session, the store if there is one, and what the page says about the cookie. Each store is required only
 * when it is used.
 */
const MODES = {
  memory () {
    const { MemoryStore } = require('../stores/memory')
    return withStore(new MemoryStore(), 'in the memory of this process')
  },

  sqlite ({ SQLITE_FILE = 'example-sessions.db' }) {
    const { SqliteStore } = require('../stores/sqlite')
    return withStore(new SqliteStore({ file: SQLITE_FILE }), `in the SQLite file ${SQLITE_FILE}`)
  },

  redis ({ REDIS_URL = 'redis://127.0.0.1:6379' }) {
    const { RedisStore } = require('../stores/redis')
    return withStore(new RedisStore({ url: REDIS_URL }), `in Redis at ${new URL(REDIS_URL).host}`)
  },

  cookie: () => ({
    options: {},
    content: 'The session itself, signed. Whoever has the cookie can read it, but not change it.'
  }),

  sealed: () => ({
    options: { seal: true },
    content: 'The session itself, encrypted. Whoever has the cookie can neither read nor change it.'
  })
}

function withStore (store, place) {
  return {
    store,
    options: { store, subject: 'user', label: (ctx) => ctx.get('User-Agent'), maxSessions: 20 },
    content: `A random id, signed. The session is ${place}.`
  }
}

/** Opens the mode that the environment variable MODE names: that with a MemoryStore by default. */
module.exports = function openMode (env) {
  const { MODE = 'memory' } = env
  if (!Object.hasOwn(MODES, MODE)) {
    console.error(`MODE must be one of ${Object.keys(MODES).join(', ')}; it is ${MODE}.`)
    process.exit(1)
  }
  return { name: MODE, names: Object.keys(MODES), ...MODES[MODE](env) }
}
