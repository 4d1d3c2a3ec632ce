'use strict'

const assert = require('node:assert/strict')
const { after, before, describe, test } = require('node:test')
const { until } = require('../servers/process')
const servers = require('../servers/redis')
const { RedisStore } = require('../../stores/redis')

describe('sentinels', { skip: servers.skip }, () => {
  let master, replica, sentinel
  before(async () => {
    master = await servers.start()
    replica = await servers.start({ config: { replicaof: `127.0.0.1 ${master.port}` } })
    await until('the replica', async () => /master_link_status:up/.test(await replica.command('INFO', 'replication')))
    sentinel = await servers.startSentinel(master)
  })
  after(() => Promise.all([master, replica, sentinel].map((server) => server.stop())))

  test('the store uses the master that they name, also after a failover', async () => {
    const sentinels = [{ host: '127.0.0.1', port: sentinel.port }]
    const store = new RedisStore({ sentinels, master: 'watched', timeoutMs: 20000, connectTimeoutMs: 500 })
    await store.create('a', { data: '{"n":1}', maxAge: 600000 }, 1000)
    await until('the replica to have it', async () => await replica.command('DBSIZE') === '1')
    await master.kill()
    // Nothing is sent before the failover, so nothing is lost and nothing rejects.
    assert.equal((await store.load('a')).data, '{"n":1}')
    assert.deepEqual(await store.merge('a', { base: 1, set: '{"n":2}', delete: [] }, 1000), { rev: 2, conflicts: [], maxAge: 600000 })
    assert.match(await replica.command('INFO', 'replication'), /role:master/)
    await store.close()
  })
})
