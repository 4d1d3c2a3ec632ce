'use strict'

const { after, before, describe } = require('node:test')

const { RedisStore: RedisStore8 } = require('connect-redis8')
const { RedisStore: RedisStore9 } = require('connect-redis9')
const { RedisStore: RedisStore10 } = require('connect-redis10')
const Redis = require('ioredis')
const { createClient } = require('redis')
const { createClient: createClient6 } = require('redis6')

const { connectStore } = require('../../adapters/connect')
const servers = require('../servers/redis')
const { lifeOfSessions } = require('./life')
const { redisKeys } = require('./redis-keys')

describe('connect-redis', { skip: servers.skip }, () => {
  let server
  before(async () => { server = await servers.start() })
  after(() => server.stop())

  describe('8 with ioredis', () => {
    let client
    before(() => { client = new Redis(server.url) })
    after(() => client.quit())

    const keys = redisKeys(() => server, 'eight:')
    lifeOfSessions(() => ({ adapt: () => connectStore(new RedisStore8({ client, prefix: 'eight:' })), ...keys }),
      { keepsData: true, grain: 1000 })
  })

  describe('9 with node-redis', () => {
    let client
    before(async () => { client = await createClient({ url: server.url }).connect() })
    after(() => client.close())

    const keys = redisKeys(() => server, 'sess:')
    lifeOfSessions(() => ({ adapt: () => connectStore(new RedisStore9({ client })), ...keys }), { keepsData: true, grain: 1000 })
  })

  describe('10 with node-redis 6', () => {
    let client
    before(async () => { client = await createClient6({ url: server.url }).connect() })
    after(() => client.close())

    const keys = redisKeys(() => server, 'ten:')
    lifeOfSessions(() => ({ adapt: () => connectStore(new RedisStore10({ client, prefix: 'ten:' })), ...keys }),
      { touches: true, grain: 1000 })
  })
})
