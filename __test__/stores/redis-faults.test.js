'use strict'

// What breaks: servers, connections, credentials. Nothing that was acknowledged may be lost.

const assert = require('node:assert/strict')
const net = require('node:net')
const { once } = require('node:events')
const { after, before, describe, test } = require('node:test')
const servers = require('../servers/redis')
const { until } = require('../servers/process')
const { RedisStore } = require('../../stores/redis')

const RECORD = { data: '{"count":0}', maxAge: 600000 }
const failure = (reason) => ({ code: 'ERR_SESSION_STORE', store: 'redis', reason })
const REASONS = ['lost', 'timeout', 'unreachable']

/**
 * Writes to several sessions, to each by a writer of its own, until `stop()`. `acknowledged` has each session's last acknowledged
 * value.
 */
class Load {
  acknowledged = new Map()
  count = 0
  missing = 0
  failures = []
  #isOver = false
  #writers

  constructor (store, names) {
    this.#writers = names.map((name) => this.#write(store, name))
  }

  async stop () {
    this.#isOver = true
    await Promise.all(this.#writers)
  }

  async #write (store, name) {
    for (let value = 1; !this.#isOver; value++) {
      try {
        const result = await store.merge(name, { base: 1, set: `{"count":${value}}`, delete: [] }, 600000)
        if (result === 'missing') {
          this.missing++
          return
        }
        this.acknowledged.set(name, value)
        this.count++
      } catch (error) {
        this.failures.push(error)
      }
    }
  }
}

const NAMES = Array.from({ length: 32 }, (_, i) => `session-${i}`)

async function check (store, load) {
  for (const [name, value] of load.acknowledged) {
    const { data } = await store.load(name)
    // The session's last write may have been executed without a reply.
    assert.ok(JSON.parse(data).count >= value, `${name}: ${data}, acknowledged ${value}`)
  }
  for (const error of load.failures) assert.ok(REASONS.includes(error.reason), error.stack)
}

/** Waits until further writes are acknowledged. */
async function untilWritesSucceed (load) {
  const before = load.count
  await until('writes', () => load.count > before + NAMES.length)
}

describe('a server with appendonly', { skip: servers.skip }, () => {
  let server
  before(async () => { server = await servers.start({ appendonly: true }) })
  after(() => server.stop())

  test('killed and started again under load: no acknowledged write is lost, and writes succeed again', async () => {
    const store = new RedisStore({ url: server.url, timeoutMs: 2000 })
    await Promise.all(NAMES.map((name) => store.create(name, RECORD, 600000)))
    const load = new Load(store, NAMES)
    for (let round = 0; round < 5; round++) {
      await untilWritesSucceed(load)
      await server.restart()
    }
    await untilWritesSucceed(load)
    await load.stop()
    assert.equal(load.missing, 0)
    assert.ok(load.failures.length > 0)
    await check(store, load)
    await store.clear()
    await store.close()
  })

  test('paused under load: what waits too long rejects, no acknowledged write is lost, and writes succeed again', async () => {
    const store = new RedisStore({ url: server.url, timeoutMs: 1000, connectTimeoutMs: 1000 })
    await Promise.all(NAMES.map((name) => store.create(name, RECORD, 600000)))
    const load = new Load(store, NAMES)
    await untilWritesSucceed(load)
    server.pause()
    await until('timeouts', () => load.failures.length > NAMES.length)
    server.resume()
    await untilWritesSucceed(load)
    await load.stop()
    assert.equal(load.missing, 0)
    await check(store, load)
    await store.close()
  })

  test('restarted while the store is idle: the next write reconnects, and nothing rejects', async () => {
    const store = new RedisStore({ url: server.url })
    await store.create('idle', RECORD, 600000)
    await server.restart()
    assert.deepEqual(await store.merge('idle', { base: 1, set: '{"a":1}', delete: [] }, 1000), { rev: 2, conflicts: [], maxAge: 600000 })
    await server.command('SCRIPT', 'FLUSH')
    assert.deepEqual(await store.merge('idle', { base: 2, set: '{"a":2}', delete: [] }, 1000), { rev: 3, conflicts: [], maxAge: 600000 })
    await store.close()
  })
})

describe('servers that cannot be used', { skip: servers.skip }, () => {
  test('no server: rejects, and works once it has started', async () => {
    const server = await servers.start()
    await server.kill()
    const store = new RedisStore({ url: server.url, timeoutMs: 1000 })
    await assert.rejects(store.load('a'), failure('unreachable'))
    await server.start()
    assert.equal(await store.load('a'), undefined)
    await store.close()
    await server.stop()
  })

  test('a server that accepts connections, but does not answer', async () => {
    const silent = net.createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const store = new RedisStore({ url: `redis://127.0.0.1:${silent.address().port}`, timeoutMs: 200, connectTimeoutMs: 100 })
    await assert.rejects(store.load('a'), failure('unreachable'))
    await store.close()
    silent.close()
  })

  test('a wrong or missing password: rejects at once, and the error does not contain it', async () => {
    const server = await servers.start({ password: 'right' })
    for (const password of ['wrong-secret', undefined]) {
      const store = new RedisStore({ url: `redis://127.0.0.1:${server.port}`, password, timeoutMs: 60000 })
      const error = await store.load('an-id').catch((err) => err)
      assert.deepEqual({ ...error }, { ...failure('denied'), host: '127.0.0.1', port: server.port })
      assert.doesNotMatch(error.stack + error.cause.stack, /secret|an-id/)
      await store.close()
    }
    await server.stop()
  })

  test('a certificate that is not trusted: rejects at once, unless rejectUnauthorized is false', async () => {
    const server = await servers.start({ tls: true })
    const strict = new RedisStore({ url: server.url, timeoutMs: 60000 })
    await assert.rejects(strict.load('a'), failure('tls'))
    await strict.close()
    const lenient = new RedisStore({ url: server.url, tls: { rejectUnauthorized: false } })
    assert.equal(await lenient.load('a'), undefined)
    await lenient.close()
    await server.stop()
  })

  test('errors of the server: its memory is full, or a key has another type', async () => {
    const server = await servers.start({ config: { 'maxmemory-policy': 'noeviction' } })
    const store = new RedisStore({ url: server.url, prefix: 'p:' })
    await store.create('a', RECORD, 600000)
    await server.command('CONFIG', 'SET', 'maxmemory', '1')
    await assert.rejects(store.merge('a', { base: 1, set: '{"b":1}', delete: [] }, 1000), { ...failure('server'), errcode: 'OOM' })
    assert.equal((await store.load('a')).data, RECORD.data)
    await server.command('CONFIG', 'SET', 'maxmemory', '0')
    const [key] = (await server.command('KEYS', 'p:s:*')).split('\n')
    await server.command('SET', key, 'not a session')
    await assert.rejects(store.load('a'), { ...failure('server'), errcode: 'WRONGTYPE' })
    await server.command('DEL', key)
    await server.command('HSET', key, 'm', 'not a session')
    await assert.rejects(store.load('a'), failure('unreadable'))
    await store.close()
    await server.stop()
  })
})

describe('a cluster', { skip: servers.skip }, () => {
  let cluster
  before(async () => { cluster = await servers.startCluster() })
  after(() => cluster.stop())

  test('a master is killed under load: the other masters go on, then its replica takes over', async () => {
    const store = new RedisStore({ nodes: cluster.urls, timeoutMs: 15000 })
    await Promise.all(NAMES.map((name) => store.create(name, RECORD, 600000)))
    const load = new Load(store, NAMES)
    await untilWritesSucceed(load)
    const [{ master }] = await cluster.shards()
    await master.kill()
    await until('a failover', async () => (await cluster.shards()).every((shard) => shard.master !== master))
    await cluster.settled()
    const values = new Map(load.acknowledged)
    await until('all to be written again, or to be missing', () => {
      const written = NAMES.filter((name) => load.acknowledged.get(name) > (values.get(name) ?? 0))
      return written.length + load.missing >= NAMES.length
    })
    await load.stop()
    for (const error of load.failures) assert.ok(REASONS.includes(error.reason), error.stack)
    await master.start()
    await store.close()
  })

  test('each command goes to the node that has its key: none answers MOVED', async () => {
    await cluster.settled()
    const store = new RedisStore({ nodes: cluster.urls, prefix: 'slots:' })
    const countMoved = async () => {
      const stats = await Promise.all(cluster.nodes.map((node) => node.command('INFO', 'errorstats')))
      return stats.map((text) => /errorstat_MOVED:count=(\d+)/.exec(text)?.[1] ?? '0')
    }
    const before = await countMoved()
    await Promise.all(NAMES.map((name) => store.create(name, RECORD, 600000)))
    assert.deepEqual(await countMoved(), before)
    assert.equal((await store.load(NAMES[0])).data, RECORD.data)
    await store.clear()
    await store.close()
  })

  test('commands follow slots that move to another node', async () => {
    await cluster.settled()
    const store = new RedisStore({ nodes: cluster.urls, prefix: 'moving:' })
    await Promise.all(NAMES.map((name) => store.create(name, { ...RECORD, subject: 'all' }, 600000)))
    const load = new Load(store, NAMES)
    const [from, to] = await cluster.shards()
    await untilWritesSucceed(load)
    const id = (node) => node.command('CLUSTER', 'MYID')
    const [source, target] = await Promise.all([id(from.master), id(to.master)])
    await from.master.command('--cluster', 'reshard', `127.0.0.1:${from.master.port}`, '--cluster-from', source,
      '--cluster-to', target, '--cluster-slots', '600', '--cluster-yes')
    await untilWritesSucceed(load)
    await load.stop()
    assert.deepEqual([load.failures, load.missing], [[], 0])
    await check(store, load)
    assert.equal((await store.list('all')).length, NAMES.length)
    await store.clear()
    assert.equal(await store.load(NAMES[0]), undefined)
    await store.close()
  })
})
