'use strict'

const { after, before, describe } = require('node:test')

const redisStore = require('koa-redis')

const { genericStore } = require('../../adapters/generic')
const servers = require('../servers/redis')
const { lifeOfSessions } = require('./life')
const { redisKeys } = require('./redis-keys')

describe('koa-redis', { skip: servers.skip }, () => {
  let server
  let koaRedis
  before(async () => {
    server = await servers.start()
    koaRedis = redisStore({ host: server.host, port: server.port })
  })
  after(async () => {
    await koaRedis.quit()
    await server.stop()
  })

  const keys = redisKeys(() => server, '')
  lifeOfSessions(() => ({ adapt: () => genericStore(koaRedis), ...keys }), { grain: 1000 })
})
