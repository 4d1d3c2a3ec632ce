'use strict'

// The limits of sessions, and texts with unusual characters.

const assert = require('node:assert/strict')
const { createHash } = require('node:crypto')
const { after, before, describe, test } = require('node:test')
const Redis = require('ioredis')
const servers = require('../servers/redis')
const { RedisStore } = require('../../stores/redis')

const LIFE_MS = 60000
const record = (more) => ({ data: '{"a":1}', maxAge: LIFE_MS, ...more })
const changes = (set, more) => ({ base: 1, set, delete: [], ...more })
const hash = (id) => createHash('sha256').update(id).digest('base64url')

/** Returns a JSON object with a number of keys, in order or in reverse. */
function objectOf (count, { prefix = 'key', value = 1, reverse = false } = {}) {
  const names = Array.from({ length: count }, (_, i) => `${prefix}${i}`)
  if (reverse) names.reverse()
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, value])))
}

describe('sessions in Redis', { skip: servers.skip }, () => {
  let server, client
  let prefixes = 0
  before(async () => {
    server = await servers.start()
    client = new Redis(server.url)
  })
  after(async () => {
    await client.quit()
    await server.stop()
  })

  async function withStore (options, use) {
    const store = new RedisStore({ prefix: `${++prefixes}:`, ...options?.client ? {} : { url: server.url }, ...options })
    try {
      await use(store)
    } finally {
      await store.close()
    }
  }

  /** Returns the server's CPU time in seconds. Elapsed time would include the work of other processes. */
  async function cpuSeconds () {
    const info = await client.info('cpu')
    const [user, system] = ['user', 'sys'].map((kind) => new RegExp(`used_cpu_${kind}_main_thread:([\\d.]+)`).exec(info)[1])
    return Number(user) + Number(system)
  }

  /** Merges keys in the reverse of the stored order. Returns the server's shortest CPU time for it, in microseconds. */
  async function timeOfMerge (store, count) {
    const id = `keys-${count}`
    await store.create(id, record({ data: objectOf(count) }), LIFE_MS)
    const set = objectOf(count, { value: 2, reverse: true })
    const times = []
    for (let base = 1; base <= 6; base++) {
      const before = await cpuSeconds()
      assert.equal((await store.merge(id, changes(set, { base }), LIFE_MS)).rev, base + 1)
      times.push(Math.round((await cpuSeconds() - before) * 1e6))
    }
    return Math.min(...times)
  }

  test('are merged in linear time, whatever the order of the keys', () => withStore({}, async (store) => {
    await timeOfMerge(store, 10)
    const few = await timeOfMerge(store, 1000)
    const many = await timeOfMerge(store, 8000)
    assert.ok(many < few * 32, `${few} µs for 1000 keys, ${many} µs for 8000`)
  }))

  const bounds = { maxSessionKeys: 20, maxSessionBytes: 1000 }
  const refused = (keys, bytes) => ({ code: 'ERR_SESSION_STORE', store: 'redis', reason: 'size', keys, bytes })

  for (const over of ['connections of our own', 'ioredis']) {
    const options = () => over === 'ioredis' ? { client, ...bounds } : bounds
    test(`have at most maxSessionKeys keys, over ${over}`, () => withStore(options(), async (store) => {
      const most = objectOf(20)
      assert.deepEqual(await store.create('most', record({ data: most }), LIFE_MS), { rev: 1 })
      await assert.rejects(store.create('more', record({ data: objectOf(21) }), LIFE_MS), refused(21, objectOf(21).length))
      assert.equal(await store.load('more'), undefined)
      const one = { ...JSON.parse(most), one: 1 }
      const tooMany = refused(21, JSON.stringify(one).length)
      await assert.rejects(store.merge('most', changes('{"one":1}'), LIFE_MS), tooMany)
      await assert.rejects(store.regenerate('most', 'new', changes('{"one":1}'), LIFE_MS), tooMany)
      assert.equal((await store.load('most')).data, most)
      assert.equal(await store.load('new'), undefined)
      assert.equal((await store.merge('most', changes('{"one":1}', { delete: ['key0'] }), LIFE_MS)).rev, 2)
      assert.equal((await store.merge('most', changes('{"one":2}', { base: 2 }), LIFE_MS)).rev, 3)
    }))

    test(`have at most maxSessionBytes bytes, over ${over}`, () => withStore(options(), async (store) => {
      const text = (count) => JSON.stringify({ a: 'x'.repeat(count - 8) })
      assert.deepEqual(await store.create('most', record({ data: text(1000) }), LIFE_MS), { rev: 1 })
      await assert.rejects(store.create('more', record({ data: text(1001) }), LIFE_MS), refused(1, 1001))
      await assert.rejects(store.merge('most', changes(text(1001)), LIFE_MS), refused(1, 1001))
      await assert.rejects(store.merge('most', changes('{"é":1}'), LIFE_MS), refused(2, 1007))
      assert.equal((await store.load('most')).data, text(1000))
      const { rev } = await store.merge('most', changes(text(1000).replaceAll('x', 'y')), LIFE_MS)
      assert.equal((await store.load('most')).data, text(1000).replaceAll('x', 'y'))
      assert.equal((await store.merge('most', changes(text(400), { base: rev }), LIFE_MS)).rev, rev + 1)
      assert.deepEqual(await store.touch('most', LIFE_MS), { maxAge: LIFE_MS })
    }))
  }

  test('beyond the limits can be loaded, touched and made smaller', () => withStore({}, async (large) => {
    const prefix = `${prefixes}:`
    await large.create('large', record({ data: objectOf(30) }), LIFE_MS)
    await withStore({ ...bounds, prefix }, async (store) => {
      assert.equal((await store.load('large')).data, objectOf(30))
      assert.deepEqual(await store.touch('large', LIFE_MS), { maxAge: LIFE_MS })
      const gone = Array.from({ length: 25 }, (_, i) => `key${i}`)
      assert.equal((await store.merge('large', { base: 1, set: '', delete: gone }, LIFE_MS)).rev, 2)
      assert.equal((await store.merge('large', changes('{"a":1}', { base: 2 }), LIFE_MS)).rev, 3)
    })
  }))

  test('have their labels truncated', () => withStore({}, async (store) => {
    const label = 'é'.repeat(1000000)
    await store.create('me', record({ subject: 'alice', label }), LIFE_MS)
    await store.merge('me', changes('{"b":1}', { subject: 'bob', label }), LIFE_MS)
    const [listed] = await store.list('bob')
    assert.equal(listed.label, 'é'.repeat(256))
  }))
})

describe('texts with any characters', { skip: servers.skip }, () => {
  let server, client
  before(async () => {
    server = await servers.start()
    client = new Redis(server.url)
  })
  after(async () => {
    await client.quit()
    await server.stop()
  })

  const input = { code: 'ERR_SESSION_STORE', reason: 'input' }

  for (const over of ['connections of our own', 'ioredis']) {
    test(`one with a NUL harms no other operation, over ${over}`, async () => {
      const store = new RedisStore({ prefix: `${over}:`, ...over === 'ioredis' ? { client } : { url: server.url } })
      await store.create('merged', record(), LIFE_MS)
      const ill = '{"a":"\0"}'
      const results = await Promise.allSettled([
        store.create('é', record({ data: '{"é":"😀"}', subject: 'é\0😀', label: '\0é' }), LIFE_MS),
        store.create('ill', record({ data: ill }), LIFE_MS),
        store.merge('merged', changes(ill), LIFE_MS),
        store.create('no\0id', record({ data: '{"nul":1}' }), LIFE_MS),
        store.create('no', record({ data: '{"no":1}' }), LIFE_MS),
        store.create('none', record({ data: undefined }), LIFE_MS),
        store.create('last', record({ data: '{"last":1}', label: '\ud800' }), LIFE_MS)
      ])
      assert.deepEqual(results.map((result) => result.status),
        ['fulfilled', 'rejected', 'rejected', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
      for (const { reason } of results) if (reason) assert.deepEqual({ code: reason.code, reason: reason.reason }, input)
      const dataOf = async (id) => (await store.load(id))?.data
      assert.deepEqual(await Promise.all(['é', 'ill', 'merged', 'no\0id', 'no', 'none', 'last'].map(dataOf)),
        ['{"é":"😀"}', undefined, '{"a":1}', '{"nul":1}', '{"no":1}', undefined, '{"last":1}'])
      const [listed] = await store.list('é\0😀')
      assert.deepEqual([listed.hash, listed.label], [hash('é'), '\0é'])
      await store.clear()
      await store.close()
    })
  }

  test('ids with lone surrogates, and values that are no strings, are refused', async () => {
    const store = new RedisStore({ url: server.url })
    for (const id of ['\ud800', '\udfff', 7, null, undefined]) {
      const refused = { name: 'TypeError', code: 'ERR_SESSION_ID' }
      await assert.rejects(async () => store.load(id), refused)
      await assert.rejects(async () => store.create(id, record(), LIFE_MS), refused)
      await assert.rejects(async () => store.regenerate('a', id, changes(''), LIFE_MS), refused)
      await assert.rejects(async () => store.destroy(id), refused)
    }
    assert.equal(await store.load('after that'), undefined)
    await store.close()
  })

  test('a subject may be a number; an invalid subject is refused', async () => {
    const store = new RedisStore({ url: server.url })
    await store.create('me', record({ subject: '7' }), LIFE_MS)
    assert.equal((await store.list(7)).length, 1)
    assert.equal(await store.destroyAll(7n), 1)
    for (const subject of [undefined, null, {}, NaN, '\ud800']) {
      await assert.rejects(async () => store.destroyAll(subject), { name: 'TypeError', code: 'ERR_SESSION_VALUE' })
    }
    await store.close()
  })

  test('with format json and no prefix, clear() rejects: it would delete all keys', async () => {
    await client.set('of somebody else', '1')
    for (const options of [{ url: server.url }, { client }]) {
      const store = new RedisStore({ ...options, format: 'json' })
      await store.set('a', { a: 1 }, LIFE_MS)
      await assert.rejects(store.clear(), { code: 'ERR_SESSION_STORE', reason: 'prefix' })
      assert.deepEqual(await store.get('a'), { a: 1 })
      await store.close()
      const prefixed = new RedisStore({ ...options, format: 'json', prefix: 'json:' })
      await prefixed.set('a', { a: 1 }, LIFE_MS)
      await prefixed.clear()
      assert.equal(await prefixed.get('a'), undefined)
      await prefixed.close()
    }
    assert.equal(await client.get('of somebody else'), '1')
  })
})
