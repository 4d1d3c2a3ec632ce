'use strict'

// Errors over clients of the app: the same reasons, as far as the clients' errors tell them, and nothing of what was sent.

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const { inspect } = require('node:util')
const servers = require('../servers/redis')
const { RedisStore } = require('../../stores/redis')

const RECORD = { data: '{"a":"the-data"}', maxAge: 60000 }
const write = (client) => new RedisStore({ client }).create('an-id', RECORD, 60000).then(() => assert.fail('it was stored'), (err) => err)

/** Make and close a client that gives up reconnecting. */
const ioredis = (Redis) => ({
  make: (url) => new Redis(url, { retryStrategy: null }),
  end: (client) => client.disconnect()
})
const nodeRedis = ({ createClient }) => ({
  async make (url) {
    const client = createClient({ url, socket: { reconnectStrategy: (tries, cause) => tries > 20 ? cause : 20 } })
    return client.on('error', () => {}).connect()
  },
  end: (client) => client.isOpen && client.destroy()
})
const CLIENTS = {
  'ioredis 5': ioredis(require('ioredis')),
  'ioredis 6': ioredis(require('ioredis6')),
  'node-redis 5': nodeRedis(require('redis')),
  'node-redis 6': nodeRedis(require('redis6'))
}

for (const [name, { make, end }] of Object.entries(CLIENTS)) {
  describe(`failures over ${name}`, { skip: servers.skip }, () => {
    async function connect (t, options) {
      const server = await servers.start(options)
      t.after(() => server.stop())
      const client = await make(server.url)
      client.on('error', () => {})
      t.after(() => end(client))
      await new RedisStore({ client }).load('nobody')
      return { server, client }
    }

    test('an error that the server answers', async (t) => {
      const { server, client } = await connect(t)
      await server.command('ACL', 'SETUSER', 'default', '-evalsha', '-eval')
      const error = await write(client)
      assert.deepEqual({ ...error }, { code: 'ERR_SESSION_STORE', store: 'redis', reason: 'denied' })
      assert.match(error.cause.message, /^NOPERM /)
      assert.doesNotMatch(inspect(error, { depth: 9 }), /an-id|the-data/)
    })

    test('a server that has gone', async (t) => {
      const { server, client } = await connect(t)
      await server.kill()
      const error = await write(client)
      assert.ok(['lost', 'unreachable'].includes(error.reason), error.reason)
      assert.ok(error.cause instanceof Error)
      assert.doesNotMatch(inspect(error, { depth: 9 }), /an-id|the-data/)
    })
  })
}

test('a client that could not reach a server gives the reason unreachable', { skip: servers.skip }, async (t) => {
  const server = await servers.start()
  t.after(() => server.stop())
  const { make, end } = CLIENTS['node-redis 6']
  const client = await make(server.url)
  t.after(() => end(client))
  const gone = new Promise((resolve) => client.once('error', resolve))
  await server.kill()
  await gone
  const { reason, host, port, cause } = await write(client)
  assert.deepEqual([reason, host, port, cause.code], ['unreachable', server.host, server.port, 'ECONNREFUSED'])
})
