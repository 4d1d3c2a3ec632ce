'use strict'

/**
 * The compared stores, each set up as its documentation recommends. `open` takes the place and the number of the sessions, and returns
 * one of the kinds of kinds.js.
 */

const { join } = require('node:path')
const { connectStore } = require('../../adapters/connect')
const { expressStore, plainStore, promisingStore, sessionStore } = require('./kinds')

/** More bytes than a session takes in our memory store. */
const ROOM = 4096

const express = () => require('express-session')

/** Returns a connected client of node-redis. */
async function nodeRedis (url) {
  const client = require('redis').createClient({ url })
  client.on('error', (error) => { throw error })
  return client.connect()
}

const ioredis = (url) => new (require('ioredis'))(url)

/** Closes our store, and then its client. */
function withClient (store, close) {
  const used = sessionStore(store)
  return { ...used, close: async () => { await used.close(); await close() } }
}

async function connectRedis9 (url) {
  const client = await nodeRedis(url)
  const { RedisStore } = require('connect-redis9')
  return { store: new RedisStore({ client }), close: () => client.close() }
}

const SUBJECTS = [
  {
    name: 'MemoryStore',
    part: 'memory',
    open ({ sessions }) {
      const { MemoryStore } = require('../../stores/memory')
      return sessionStore(new MemoryStore({ maxEntries: sessions * 2, maxBytes: sessions * ROOM }))
    }
  },
  {
    name: 'express-session MemoryStore',
    part: 'memory',
    packages: ['express-session'],
    open: () => expressStore(new (express().MemoryStore)(), () => {})
  },
  {
    name: 'memorystore',
    part: 'memory',
    packages: ['memorystore'],
    open: () => expressStore(new (require('memorystore')(express()))({}), () => {})
  },
  {
    name: 'SqliteStore',
    part: 'sqlite',
    open ({ folder }) {
      const { SqliteStore } = require('../../stores/sqlite')
      return sessionStore(new SqliteStore({ file: join(folder, 'sessions.db') }))
    }
  },
  {
    name: 'better-sqlite3-session-store',
    part: 'sqlite',
    packages: ['better-sqlite3', 'better-sqlite3-session-store'],
    // Opening a database loads its binary, which fits only the version of Node that installed it.
    probe: () => new (require('better-sqlite3'))(':memory:').close(),
    open ({ folder }) {
      const client = new (require('better-sqlite3'))(join(folder, 'sessions.db'))
      // As its documentation recommends; its writes are then as durable as those of SqliteStore.
      client.pragma('journal_mode = WAL')
      client.pragma('synchronous = NORMAL')
      const Store = require('better-sqlite3-session-store')(express())
      return expressStore(new Store({ client }), () => client.close())
    }
  },
  {
    name: 'RedisStore',
    part: 'redis',
    open ({ url }) {
      const { RedisStore } = require('../../stores/redis')
      return sessionStore(new RedisStore({ url }))
    }
  },
  {
    name: 'RedisStore + ioredis',
    part: 'redis',
    packages: ['ioredis'],
    open ({ url }) {
      const { RedisStore } = require('../../stores/redis')
      const client = ioredis(url)
      return withClient(new RedisStore({ client }), () => client.quit())
    }
  },
  {
    name: 'RedisStore + node-redis',
    part: 'redis',
    packages: ['redis'],
    async open ({ url }) {
      const { RedisStore } = require('../../stores/redis')
      const client = await nodeRedis(url)
      return withClient(new RedisStore({ client }), () => client.close())
    }
  },
  {
    name: 'koa-redis',
    part: 'redis',
    packages: ['koa-redis'],
    open ({ url }) {
      const store = require('koa-redis')({ url })
      return plainStore(store, () => store.quit())
    }
  },
  {
    name: 'connect-redis 8 + ioredis',
    part: 'redis',
    packages: ['connect-redis8', 'ioredis'],
    open ({ url }) {
      const client = ioredis(url)
      const { RedisStore } = require('connect-redis8')
      return promisingStore(new RedisStore({ client }), () => client.quit())
    }
  },
  {
    name: 'connect-redis 9 + node-redis',
    part: 'redis',
    packages: ['connect-redis9', 'redis'],
    async open ({ url }) {
      const { store, close } = await connectRedis9(url)
      return promisingStore(store, close)
    }
  },
  {
    name: 'connect-redis 9 + adapter',
    part: 'redis',
    packages: ['connect-redis9', 'redis'],
    async open ({ url }) {
      const { store, close } = await connectRedis9(url)
      return plainStore(connectStore(store), close)
    }
  }
]

/** Returns the command that installs the missing packages of a subject; undefined if none is missing. */
function missing ({ packages = [], probe }) {
  let absent = packages.filter((name) => !isThere(name))
  if (absent.length === 0 && probe !== undefined && !works(probe)) absent = packages
  return absent.length === 0 ? undefined : `npm install --no-save ${absent.join(' ')}`
}

const isThere = (name) => works(() => require(name))

function works (probe) {
  try {
    probe()
    return true
  } catch {
    return false
  }
}

module.exports = { SUBJECTS, missing, nodeRedis }
