'use strict'

/** Koa apps with a Redis server: one without sessions, and each store with each middleware that accepts it. */

const { connectStore } = require('../../adapters/connect')
const { nodeRedis } = require('./subjects')
const { MAX_AGE_MS } = require('./sessions')

const MIDDLEWARE = {
  'koa-session-rs': () => require('../..'),
  'koa-session': () => require('koa-session').default ?? require('koa-session')
}

const STORES = {
  RedisStore (url) {
    const { RedisStore } = require('../../stores/redis')
    return new RedisStore({ url })
  },
  'koa-redis': (url) => require('koa-redis')({ url }),
  async 'connect-redis 9' (url) {
    const { RedisStore } = require('connect-redis9')
    return connectStore(new RedisStore({ client: await nodeRedis(url) }))
  },
  'connect-redis 8' (url) {
    const { RedisStore } = require('connect-redis8')
    return connectStore(new RedisStore({ client: new (require('ioredis'))(url) }))
  }
}

/** The first is ours, with which the others are compared. */
const PAIRS = [
  ['RedisStore', 'koa-session-rs'],
  ['koa-redis', 'koa-session'],
  ['connect-redis 9', 'koa-session'],
  ['connect-redis 8', 'koa-session'],
  ['koa-redis', 'koa-session-rs'],
  ['connect-redis 9', 'koa-session-rs'],
  ['connect-redis 8', 'koa-session-rs'],
  ['RedisStore', 'koa-session']
]

const HTTP_SUBJECTS = PAIRS.map(([store, middleware]) => ({
  name: `${store} + ${middleware}`,
  /** Returns the arguments of createApp. */
  async prepare (url) {
    const made = await STORES[store](url)
    return {
      use: (app) => app.use(MIDDLEWARE[middleware]()({ key: 'koa.sess', maxAge: MAX_AGE_MS, store: made }, app))
    }
  }
}))

module.exports = { HTTP_SUBJECTS }
