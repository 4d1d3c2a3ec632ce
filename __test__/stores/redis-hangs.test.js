'use strict'

// Servers and connections that break or do not answer: which calls wait, and which errors they get. Most titles are lines of
// the table in docs/stores.md.

const assert = require('node:assert/strict')
const { after, before, describe, test } = require('node:test')
const servers = require('../servers/redis')
const { openGate } = require('../servers/gate')
const { until } = require('../servers/process')
const { RedisStore } = require('../../stores/redis')

const MINUTE_MS = 60000
const IN_TIME = { timeout: MINUTE_MS / 2 }
const RECORD = { data: '{"a":1}', maxAge: MINUTE_MS }
const failure = (reason) => ({ code: 'ERR_SESSION_STORE', store: 'redis', reason })
/** Returns whether a write succeeded, or failed with the reason 'lost'. */
const isDoneOrLost = ({ status, reason }) => status === 'fulfilled' || reason.reason === 'lost'
const merge = (store, id, name) => store.merge(id, { base: 1, set: `{"${name}":1}`, delete: [] }, MINUTE_MS)

/** Makes a store, which is closed at the end of the test. */
function storeFor (t, options) {
  const store = new RedisStore({ timeoutMs: MINUTE_MS, ...options })
  t.after(() => store.close())
  return store
}

describe('a server alone', { skip: servers.skip }, () => {
  let server
  before(async () => { server = await servers.start() })
  after(() => server.stop())

  /** Makes a store that is connected through a gate, and creates a session in it. */
  async function connect (t, options) {
    const gate = await openGate(server.port)
    t.after(() => gate.end())
    const store = storeFor(t, { url: gate.url, prefix: `${gate.port}:`, ...options })
    await store.create('a', RECORD, MINUTE_MS)
    return { gate, store }
  }

  test('a server that is away for less than a second', IN_TIME, async (t) => {
    const { gate, store } = await connect(t)
    await gate.shut()
    const asked = Promise.allSettled([store.load('a'), store.touch('a', MINUTE_MS), merge(store, 'a', 'b')])
    await gate.open()
    const [loaded, touched, merged] = await asked
    assert.deepEqual([JSON.parse(loaded.value.data).a, touched.value], [1, { maxAge: MINUTE_MS }])
    // The merge may have been sent before the store noticed the end of the connection.
    assert.ok(isDoneOrLost(merged), merged.reason)
  })

  test('a connection that breaks', IN_TIME, async (t) => {
    const { gate, store } = await connect(t)
    gate.hold()
    const asked = Promise.allSettled([store.load('a'), store.touch('a', MINUTE_MS), merge(store, 'a', 'b')])
    await until('commands on their way', () => gate.waiting > 0)
    gate.cut()
    gate.release()
    const [loaded, touched, merged] = await asked
    assert.deepEqual([JSON.parse(loaded.value.data).a, touched.value], [1, { maxAge: MINUTE_MS }])
    assert.ok(isDoneOrLost(merged), merged.reason)
  })

  test('a lost write rejects at once, while other calls wait for the next connection', IN_TIME, async (t) => {
    const { gate, store } = await connect(t)
    gate.hold()
    const rejections = []
    const record = (what) => (err) => rejections.push([what, err.reason])
    const removal = store.merge('a', { base: 1, set: '', delete: [], subject: null }, MINUTE_MS)
    const asked = [store.load('a').catch(record('load')), removal.catch(record('removal'))]
    await until('commands on their way', () => gate.waiting > 0)
    await gate.shut()
    await Promise.all(asked)
    assert.deepEqual(rejections, [['removal', 'lost'], ['load', 'unreachable']])
  })

  test('a write that may have been executed rejects as lost, even if reconnecting fails', IN_TIME, async (t) => {
    const { gate, store } = await connect(t)
    gate.hold()
    const asked = Promise.allSettled([
      merge(store, 'a', 'b'), store.create('c', RECORD, MINUTE_MS), store.touch('a', MINUTE_MS), store.destroy('a')
    ])
    await until('commands on their way', () => gate.waiting > 0)
    await gate.shut()
    for (const { reason } of await asked) {
      assert.deepEqual([reason.reason, reason.port, reason.cause.code], ['lost', gate.port, 'ECONNREFUSED'])
    }
  })

  test('an operation that has begun ends when the server is back, even if others have failed meanwhile', IN_TIME, async (t) => {
    const { gate, store } = await connect(t, { from: 'koa-redis' })
    const isShut = gate.shutAfterReply()
    // A load of two steps: without a record of this store, it looks for one of koa-redis.
    const loaded = Promise.allSettled([store.load('nobody')])
    await isShut
    await assert.rejects(store.load('a'), failure('unreachable'))
    await gate.open()
    assert.deepEqual(await loaded, [{ status: 'fulfilled', value: undefined }])
  })

  test('a connection without answers, to a server that answers on others', IN_TIME, async (t) => {
    const { gate, store } = await connect(t)
    gate.hold()
    const asked = [store.load('a'), merge(store, 'a', 'b')]
    await until('commands on their way', () => gate.waiting > 0)
    gate.passNew()
    const [loaded, merged] = await Promise.allSettled(asked)
    assert.equal(JSON.parse(loaded.value.data).a, 1)
    assert.ok(isDoneOrLost(merged), merged.reason)
    assert.ok((await merge(store, 'a', 'c')).rev > 1)
  })

  test('a server that does not answer for a while: nothing is lost, and nothing is sent twice', IN_TIME, async (t) => {
    const { gate, store } = await connect(t)
    gate.hold()
    const asked = [store.load('a'), merge(store, 'a', 'b')]
    // Meanwhile, the store tries to open further connections.
    await until('attempts', () => gate.all > 3)
    asked.push(merge(store, 'a', 'c'), store.create('c', RECORD, MINUTE_MS))
    gate.release()
    const [loaded, merged, late, created] = await Promise.all(asked)
    assert.deepEqual([loaded.data, merged.rev, late.rev, created], [RECORD.data, 2, 3, { rev: 1 }])
  })

  test('a server that does not answer', IN_TIME, async (t) => {
    const { gate, store } = await connect(t, { timeoutMs: 1000, connectTimeoutMs: 100 })
    gate.hold()
    await assert.rejects(merge(store, 'a', 'b'), failure('timeout'))
    await assert.rejects(merge(store, 'a', 'b'), failure('unreachable'))
  })

  test('one connection attempt is made at a time, however many requests there are', IN_TIME, async (t) => {
    const { gate, store } = await connect(t, { connectTimeoutMs: 50 })
    gate.hold()
    gate.cut()
    await until('nobody to be connected', () => gate.count === 0)
    gate.most = 0
    for (let round = 0; round < 20; round++) {
      const asked = Array.from({ length: 50 }, () => assert.rejects(store.load('a'), failure('unreachable')))
      await Promise.all(asked)
    }
    // The gate may notice the end of an attempt after the start of the next one.
    assert.ok(gate.most <= 2, `${gate.most} at once`)
    gate.release()
    await until('recovery', () => store.load('a').then(() => true, () => false))
  })
})

describe('sentinels', { skip: servers.skip }, () => {
  let master, replica, sentinel
  before(async () => {
    master = await servers.start()
    replica = await servers.start({ config: { replicaof: `127.0.0.1 ${master.port}` } })
    await until('the replica', async () => /master_link_status:up/.test(await replica.command('INFO', 'replication')))
    sentinel = await servers.startSentinel(master)
  })
  after(() => Promise.all([master, replica, sentinel].map((server) => server.stop())))

  const options = (more) => ({ sentinels: [{ host: '127.0.0.1', port: sentinel.port }], master: 'watched', ...more })

  test('sentinels that know no master by that name', IN_TIME, async (t) => {
    const store = storeFor(t, options({ master: 'another' }))
    await assert.rejects(store.load('a'), { ...failure('options'), port: sentinel.port })
  })

  test('sentinels that name a master that refuses connections', IN_TIME, async (t) => {
    const store = storeFor(t, options({ timeoutMs: 1000 }))
    await store.load('a')
    await Promise.all([master.kill(), replica.kill()])
    await assert.rejects(store.load('a'), { ...failure('unreachable'), port: master.port })
    await Promise.all([master.start(), replica.start()])
    await until('recovery', () => store.load('a').then(() => true, () => false))
    await until('the replica', async () => /master_link_status:up/.test(await replica.command('INFO', 'replication')))
  })

  test('sentinels that name a master that does not answer', IN_TIME, async (t) => {
    const store = storeFor(t, options())
    await store.create('a', RECORD, MINUTE_MS)
    await until('the replica to have it', async () => await replica.command('DBSIZE') === '1')
    master.pause()
    const asked = [store.load('a'), merge(store, 'a', 'b')]
    const [loaded, merged] = await Promise.allSettled(asked)
    assert.equal(JSON.parse(loaded.value.data).a, 1)
    assert.ok(isDoneOrLost(merged), merged.reason)
    assert.ok((await merge(store, 'a', 'c')).rev > 1)
    assert.match(await replica.command('INFO', 'replication'), /role:master/)
    master.resume()
  })

  test('sentinels that refuse connections', IN_TIME, async (t) => {
    const { port } = sentinel
    await sentinel.kill()
    const store = storeFor(t, options())
    for (let i = 0; i < 3; i++) await assert.rejects(store.load('a'), { ...failure('unreachable'), port })
    await sentinel.start()
    await until('recovery', () => store.load('a').then(() => true, () => false))
  })
})

describe('a cluster', { skip: servers.skip }, () => {
  let cluster
  before(async () => { cluster = await servers.startCluster() })
  after(() => cluster.stop())

  const IDS = Array.from({ length: 24 }, (_, i) => `id-${i}`)
  const fill = (store) => Promise.all(IDS.map((id) => store.create(id, RECORD, MINUTE_MS)))

  test('a node of a cluster, without `nodes`', IN_TIME, async (t) => {
    const store = storeFor(t, { url: cluster.urls[0], prefix: 'alone:' })
    const outcomes = await Promise.allSettled(IDS.map((id) => store.create(id, RECORD, MINUTE_MS)))
    const failed = outcomes.filter(({ status }) => status === 'rejected')
    assert.ok(failed.length > 0)
    for (const { reason } of failed) assert.equal(reason.reason, 'options')
  })

  test('a cluster with a master that does not answer', IN_TIME, async (t) => {
    const store = storeFor(t, { nodes: cluster.urls, prefix: 'silent:' })
    await fill(store)
    const [{ master }] = await cluster.shards()
    await until('the replicas to have all', async () => {
      const sizes = await Promise.all(cluster.nodes.map((node) => node.command('DBSIZE')))
      return sizes.reduce((sum, size) => sum + Number(size), 0) >= IDS.length * 2
    })
    master.pause()
    const loads = IDS.map((id) => store.load(id))
    const merges = await Promise.allSettled(IDS.map((id) => merge(store, id, 'b')))
    for (const loaded of await Promise.all(loads)) assert.ok(loaded)
    for (const merged of merges) assert.ok(isDoneOrLost(merged), merged.reason)
    for (const { reason } of merges) assert.equal(reason?.port ?? master.port, master.port)
    await Promise.all(IDS.map((id) => merge(store, id, 'c')))
    master.resume()
    await cluster.settled()
  })

  test('a cluster that has no master for some keys', IN_TIME, async (t) => {
    await cluster.settled()
    const store = storeFor(t, { nodes: cluster.urls, prefix: 'halved:', timeoutMs: 2000 })
    await fill(store)
    await until('the replicas', async () => (await cluster.shards()).every(({ replicas }) => replicas.length > 0))
    const [{ master, replicas }] = await cluster.shards()
    const gone = [master, ...replicas]
    await Promise.all(gone.map((node) => node.kill()))
    for (let round = 0; round < 50; round++) {
      const outcomes = await Promise.allSettled(IDS.map((id) => store.load(id)))
      const failed = outcomes.filter(({ status }) => status === 'rejected').map(({ reason }) => reason)
      assert.ok(failed.length > 0)
      for (const { reason, errcode } of failed) assert.ok(reason === 'unreachable' || errcode === 'CLUSTERDOWN', reason)
    }
    await Promise.all(gone.map((node) => node.start()))
    await until('recovery', () => fill(store).then(() => true, () => false))
  })

  test('a cluster that refuses connections at all nodes', IN_TIME, async (t) => {
    await cluster.settled()
    const known = storeFor(t, { nodes: cluster.urls, prefix: 'known:' })
    await fill(known)
    const unknown = storeFor(t, { nodes: cluster.urls, prefix: 'unknown:' })
    await Promise.all(cluster.nodes.map((node) => node.kill()))
    for (const store of [known, unknown, known, unknown]) {
      const outcomes = await Promise.allSettled(IDS.map((id) => store.load(id)))
      for (const { reason } of outcomes) assert.deepEqual([reason?.reason, reason?.cause.code], ['unreachable', 'ECONNREFUSED'])
    }
    await Promise.all(cluster.nodes.map((node) => node.start()))
    for (const store of [known, unknown]) {
      await until('recovery', () => fill(store).then(() => true, () => false))
    }
  })
})
