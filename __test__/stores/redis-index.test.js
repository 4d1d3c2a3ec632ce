'use strict'

// The index of subjects may be evicted, deleted or outdated while the sessions remain. A logout must destroy all of them.

const assert = require('node:assert/strict')
const { createHash } = require('node:crypto')
const { after, afterEach, before, describe, mock, test } = require('node:test')
const Redis = require('ioredis')
const { until } = require('../servers/process')
const servers = require('../servers/redis')
const { RedisStore } = require('../../stores/redis')

const LIFE_MS = 600000
const SUBJECT = 'alice'
const record = (more) => ({ data: '{"a":1}', maxAge: LIFE_MS, subject: SUBJECT, ...more })
const hash = (id) => createHash('sha256').update(id).digest('base64url')
/** Returns the key of the set with a subject's entries, without the prefix. */
const setOf = (subject) => 'i:' + (createHash('sha256').update(subject).digest()[16] % 128).toString(16).padStart(2, '0')
const oldest = (max) => ({ max, overflow: 'oldest' })

async function live (store, ids) {
  const loaded = await Promise.all(ids.map((id) => store.load(id)))
  return ids.filter((_, i) => loaded[i] !== undefined)
}

async function create (store, ids, more) {
  for (const id of ids) assert.deepEqual(await store.create(id, record(more), LIFE_MS), { rev: 1 })
}

describe('an index that was lost', { skip: servers.skip }, () => {
  let server, client, store, prefix
  let prefixes = 0
  before(async () => {
    server = await servers.start()
    client = new Redis(server.url)
  })
  after(async () => {
    await store.close()
    await client.quit()
    await server.stop()
  })

  async function lose () {
    const keys = await client.keys(`${prefix}i:*`)
    assert.ok(keys.length > 0)
    await client.del(keys)
  }

  const losses = {
    'before its first use': async (ids) => {
      await create(store, ids)
      await lose()
    },
    'after it was complete': async (ids) => {
      await create(store, ids)
      assert.equal((await store.list(SUBJECT)).length, ids.length)
      await lose()
    },
    'between two logins': async ([first, ...others]) => {
      await create(store, [first])
      assert.equal((await store.list(SUBJECT)).length, 1)
      await lose()
      await create(store, others)
    }
  }
  const ids = ['me', 'phone', 'tablet']

  for (const [name, prepare] of Object.entries(losses)) {
    for (const over of ['connections of our own', 'ioredis']) {
      test(`${name}, over ${over}`, async () => {
        const make = () => {
          prefix = `${++prefixes}:`
          store = new RedisStore(over === 'ioredis' ? { client, prefix } : { url: server.url, prefix })
        }
        make()
        await prepare(ids)
        assert.deepEqual((await store.list(SUBJECT)).map((entry) => entry.hash).sort(), ids.map(hash).sort())
        assert.equal((await store.list('bob')).length, 0)
        await store.close()

        make()
        await prepare(ids)
        assert.equal(await store.destroyAll(SUBJECT, { except: hash('me') }), 2)
        assert.deepEqual(await live(store, ids), ['me'])
        await store.close()

        make()
        await prepare(ids)
        assert.equal(await store.destroyAll(SUBJECT), 3)
        assert.deepEqual(await live(store, ids), [])
        await store.close()

        make()
        await prepare(ids)
        await create(store, ['new'], { limit: oldest(2) })
        assert.deepEqual(await live(store, [...ids, 'new']), ['tablet', 'new'])
        await store.close()

        make()
        await prepare(ids)
        assert.equal(await store.create('new', record({ limit: { max: 3, overflow: 'refuse' } }), LIFE_MS), 'refused')
        await store.close()
      })
    }
  }

  test('is rebuilt by several stores at once, among foreign keys', async () => {
    prefix = `${++prefixes}:`
    const stores = [0, 1, 2].map(() => new RedisStore({ url: server.url, prefix }))
    store = stores[0]
    const subjects = Array.from({ length: 50 }, (_, i) => `subject-${i}`)
    const idsOf = (subject) => [0, 1, 2].map((i) => `${subject}-${i}`)
    await Promise.all(subjects.map((subject) => create(store, idsOf(subject), { subject })))
    await client.set(`${prefix}s:text`, 'of somebody else')
    await client.hset(`${prefix}s:hash`, 'm', 'of somebody else', 's', 'subject-1')
    await lose()
    const destroyed = await Promise.all(subjects.map((subject, i) => stores[i % 3].destroyAll(subject)))
    assert.deepEqual(destroyed, subjects.map(() => 3))
    assert.deepEqual(await live(store, subjects.flatMap(idsOf)), [])
    await stores[1].close()
    await stores[2].close()
  })

  test('is rebuilt after a process died while rebuilding it', async () => {
    prefix = `${++prefixes}:`
    store = new RedisStore({ url: server.url, prefix })
    await create(store, ids)
    await lose()
    await client.set(`${prefix}i:lock`, 'somebody', 'PX', 300)
    await client.zadd(prefix + setOf(SUBJECT), 0, '?somebody')
    assert.equal(await store.destroyAll(SUBJECT), 3)
    assert.deepEqual(await live(store, ids), [])
  })
})

describe('an index on a restarted server', { skip: servers.skip }, () => {
  test('is not trusted: its last entries may be gone', async () => {
    const server = await servers.start({ appendonly: true })
    const store = new RedisStore({ url: server.url })
    await create(store, ['me', 'phone'])
    assert.equal((await store.list(SUBJECT)).length, 2)
    const key = `koa-session:${setOf(SUBJECT)}`
    const entry = (await server.command('ZRANGE', key, '0', '-1')).split('\n').find((entry) => entry.includes(hash('phone')))
    assert.equal(await server.command('ZREM', key, entry), '1')
    await server.restart()
    assert.equal(await store.destroyAll(SUBJECT), 2)
    assert.deepEqual(await live(store, ['me', 'phone']), [])
    await store.close()
    await server.stop()
  })
})

describe('an index on a server that was a replica meanwhile', { skip: servers.skip }, () => {
  let one, other
  before(async () => {
    const config = { 'repl-diskless-sync-delay': 0 }
    one = await servers.start({ config })
    other = await servers.start({ config })
  })
  after(() => Promise.all([one, other].map((server) => server.stop())))

  /** Makes one server the replica of the other. */
  async function follow (replica, master) {
    await master.command('REPLICAOF', 'NO', 'ONE')
    await replica.command('REPLICAOF', master.host, master.port)
    await until('the replica', async () => /master_link_status:up/.test(await replica.command('INFO', 'replication')))
  }

  test('is rebuilt', async (t) => {
    await follow(other, one)
    const store = new RedisStore({ url: one.url, prefix: '' })
    t.after(() => store.close())
    await create(store, ['a', 'b'])
    assert.equal((await store.list(SUBJECT)).length, 2)
    await until('the replica to have it', async () => await other.command('DBSIZE') === await one.command('DBSIZE'))
    await follow(one, other)
    // Like the last entry before a failover, which was not replicated.
    const [entry] = (await other.command('ZRANGE', setOf(SUBJECT), '0', '-1')).split('\n').filter((text) => !text.startsWith('!'))
    await other.command('ZREM', setOf(SUBJECT), entry)
    await follow(other, one)
    assert.equal(await store.destroyAll(SUBJECT), 2)
    assert.deepEqual(await live(store, ['a', 'b']), [])
  })
})

describe('a server that evicts', { skip: servers.skip }, () => {
  const SESSIONS = 3000
  const SUBJECTS = 60

  for (const policy of ['allkeys-lru', 'allkeys-lfu', 'allkeys-random', 'volatile-lru', 'volatile-lfu', 'volatile-random', 'volatile-ttl']) {
    test(`${policy}: destroyAll destroys all sessions, whatever was evicted`, async () => {
      const server = await servers.start({ config: { maxmemory: '2600kb', 'maxmemory-policy': policy } })
      const store = new RedisStore({ url: server.url, timeoutMs: 30000 })
      const idsOf = Array.from({ length: SUBJECTS }, () => [])
      const data = JSON.stringify({ text: 'x'.repeat(300) })
      const fill = async (from, to) => {
        for (let i = from; i < to; i += 100) {
          await Promise.all(Array.from({ length: 100 }, (_, n) => {
            const subject = (i + n) % SUBJECTS
            idsOf[subject].push(`id-${i + n}`)
            return store.create(`id-${i + n}`, record({ data, subject: String(subject) }), LIFE_MS)
          }))
        }
      }
      await fill(0, SESSIONS / 2)
      let count = 0
      for (const [subject, ids] of idsOf.entries()) {
        if (subject === SUBJECTS / 2) await fill(SESSIONS / 2, SESSIONS)
        const before = await live(store, ids)
        // It may reject because the index was lost again during each rebuild. Then it can be retried.
        const destroyed = await store.destroyAll(String(subject)).catch((error) => {
          assert.equal(error.reason, 'index')
          return store.destroyAll(String(subject))
        })
        assert.ok(destroyed <= before.length)
        assert.deepEqual(await live(store, ids), [], `${policy}, subject ${subject}`)
        count += destroyed
      }
      assert.ok(count > 0)
      assert.match(await server.command('INFO', 'stats'), /evicted_keys:[1-9]/)
      await store.close()
      await server.stop()
    })
  }
})

describe('an index with many entries', { skip: servers.skip }, () => {
  let server, client, store
  before(async () => {
    server = await servers.start()
    client = new Redis(server.url)
    store = new RedisStore({ url: server.url })
  })
  after(async () => {
    await store.close()
    await client.quit()
    await server.stop()
  })
  afterEach(() => mock.restoreAll())

  const logIn = (from, count, more) => Promise.all(Array.from({ length: count }, (_, i) => store.create(`id-${from + i}`, record(more), LIFE_MS)))
  async function count () {
    const keys = await client.keys('koa-session:i:*')
    const counts = await Promise.all(keys.map((key) => client.zlexcount(key, '[A', '[z~')))
    return counts.reduce((sum, each) => sum + each, 0)
  }

  test('drops the entries of ended sessions, a few with each login', async () => {
    await logIn(0, 1000)
    assert.equal(await count(), 1000)
    await client.del(await client.keys('koa-session:s:*'))
    mock.method(Date, 'now', ((now) => () => now() + 60000)(Date.now))
    for (let round = 0; round < 40; round++) await logIn(1000 + round * 10, 10)
    assert.ok(await count() < 900, String(await count()))
    const listed = await store.list(SUBJECT)
    assert.equal(listed.length, 400)
    assert.equal(await count(), 400)
    assert.equal(await store.destroyAll(SUBJECT), 400)
  })

  test('is read in portions to list, limit and destroy', async () => {
    const COUNT = 2000
    await logIn(10000, COUNT)
    const listed = await store.list(SUBJECT)
    assert.equal(listed.length, COUNT)
    assert.deepEqual(listed.map((entry) => entry.created), listed.map((entry) => entry.created).sort())
    assert.equal(new Set(listed.map((entry) => entry.hash)).size, COUNT)
    await create(store, ['last'], { limit: oldest(3) })
    assert.equal((await store.list(SUBJECT)).length, 3)
    await logIn(20000, COUNT)
    assert.equal(await store.destroyAll(SUBJECT, { except: hash('last') }), COUNT + 2)
    assert.deepEqual((await store.list(SUBJECT)).map((entry) => entry.hash), [hash('last')])
  })
})
