'use strict'

// The migration from koa-redis under koa-session, and the way back.

const assert = require('node:assert/strict')
const { after, before, describe, test } = require('node:test')
const Koa = require('koa')
const koaRedis = require('koa-redis')
const koaSession = require('koa-session')
const Redis = require('ioredis')
const { freeze } = require('../harness/clock')
const servers = require('../servers/redis')
const { RedisStore } = require('../../stores/redis')
const session = require('../..')

const HOUR_MS = 3600000

/** Serves an app with a session middleware, which counts visits. `ask(cookie, path)` returns the session's data and cookie. */
async function serve (middleware, store) {
  const app = new Koa()
  app.keys = ['a key']
  app.use(middleware({ store, maxAge: HOUR_MS, key: 'id', rolling: true }, app))
  app.use((ctx) => {
    if (ctx.path === '/out') {
      ctx.session = null
      ctx.body = 'out'
      return
    }
    ctx.session.count = (ctx.session.count ?? 0) + 1
    ctx.session[ctx.path] = true
    ctx.body = ctx.session.toJSON()
  })
  const server = await new Promise((resolve) => { const listening = app.listen(0, '127.0.0.1', () => resolve(listening)) })
  return {
    async ask (cookie, path = '/a') {
      const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, { headers: cookie ? { cookie } : {} })
      const set = response.headers.getSetCookie().map((line) => line.split(';')[0])
      const text = await response.text()
      return { cookie: set.length > 0 ? set.join('; ') : cookie, data: text.startsWith('{') ? JSON.parse(text) : text }
    },
    close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve) })
  }
}

describe('koa-redis', { skip: servers.skip }, () => {
  let server, old, client
  before(async () => {
    server = await servers.start()
    client = new Redis(server.url)
    old = koaRedis({ client })
  })
  after(async () => {
    await client.quit()
    await server.stop()
  })

  const stores = [
    ['connections of our own', () => new RedisStore({ url: server.url, from: 'koa-redis' })],
    ['ioredis', () => new RedisStore({ client, from: 'koa-redis' })]
  ]

  for (const [name, make] of stores) {
    test(`from, ${name}: sessions of koa-session go on, and the first write deletes their old record`, async () => {
      const store = make()
      const before = await serve(koaSession.createSession, old)
      const now = await serve(session, store)
      const first = await before.ask(undefined, '/before')
      const [id] = /(?<=id=)[^;]+/.exec(first.cookie)
      assert.equal(await client.exists(id), 1)
      const second = await now.ask(first.cookie, '/now')
      assert.deepEqual(second.data, { count: 2, '/before': true, '/now': true })
      assert.equal(await client.exists(id), 0)
      assert.deepEqual((await now.ask(second.cookie)).data.count, 3)
      await now.ask(second.cookie, '/out')
      assert.equal(await store.load(id), undefined)
      assert.equal((await now.ask(first.cookie)).data.count, 1)
      await Promise.all([before.close(), now.close(), store.close()])
    })
  }

  test('from: an old record has revision 0, and expires by its own _expire', async (t) => {
    const store = new RedisStore({ url: server.url, from: 'koa-redis' })
    const { now } = freeze(t)
    await old.set('old', { a: 1, b: [2], _expire: now + HOUR_MS, _maxAge: HOUR_MS }, HOUR_MS)
    assert.deepEqual(await store.load('old'),
      { data: '{"a":1,"b":[2]}', rev: 0, expire: now + HOUR_MS, maxAge: HOUR_MS, hasSubject: false })
    assert.equal(await store.create('old', { data: '{}', maxAge: 1 }, 1), 'taken')
    await old.set('expired', { a: 1, _expire: now - 1, _maxAge: HOUR_MS }, HOUR_MS)
    assert.equal(await store.touch('expired', 1), 'missing')
    assert.equal(await store.merge('expired', { base: 0, set: '{"a":1}', delete: [] }, 1), 'missing')
    assert.equal(await store.destroy('expired'), false)
    await old.set('browser', { a: 1, _session: true })
    assert.equal((await store.load('browser')).maxAge, 'session')
    await client.set('text', 'no JSON')
    await client.lpush('list', 'no text')
    assert.deepEqual(await Promise.all(['text', 'list'].map((id) => store.load(id))), [undefined, undefined])
    await store.close()
  })

  test('from: a key that is no session is not touched, even if an id names it', async () => {
    const store = new RedisStore({ url: server.url, from: 'koa-redis' })
    await client.hset('app:accounts', 'a', '1')
    await client.lpush('app:jobs', 'a')
    await client.set('app:text', 'no JSON')
    await client.set('app:array', '[1]')
    const keys = ['app:accounts', 'app:jobs', 'app:text', 'app:array']
    for (const key of keys) {
      assert.equal(await store.destroy(key), false)
      assert.equal(await store.touch(key, HOUR_MS), 'missing')
      assert.equal(await store.merge(key, { base: 0, set: '{"a":1}', delete: [] }, HOUR_MS), 'missing')
      assert.equal(await store.regenerate(key, `${key}-2`, { base: 0, set: '', delete: [] }, HOUR_MS), 'missing')
    }
    assert.equal(await client.exists(...keys), keys.length)
    await store.close()
  })

  test('from: each kind of write converts an old record', async () => {
    const store = new RedisStore({ url: server.url, from: 'koa-redis' })
    const record = () => ({ a: 1, b: 2, _expire: Date.now() + HOUR_MS, _maxAge: HOUR_MS })
    for (const id of ['merged', 'touched', 'moved', 'gone']) await old.set(id, record(), HOUR_MS)
    const changes = { base: 0, set: '{"a":2,"c":3}', delete: ['b'], subject: 'alice' }
    assert.deepEqual(await store.merge('merged', changes, 1), { rev: 1, conflicts: [], maxAge: HOUR_MS })
    assert.equal((await store.load('merged')).data, '{"a":2,"c":3}')
    assert.equal((await store.list('alice')).length, 1)
    assert.deepEqual(await store.touch('touched', 1), { maxAge: HOUR_MS })
    assert.deepEqual(await store.merge('touched', { base: 0, set: '{"a":5}', delete: [] }, 1), { rev: 1, conflicts: [], maxAge: HOUR_MS })
    assert.deepEqual(await store.regenerate('moved', 'moved-2', { base: 0, set: '{"a":7}', delete: [] }, 1), { rev: 1, conflicts: [], maxAge: HOUR_MS })
    assert.equal((await store.load('moved-2')).data, '{"a":7,"b":2}')
    assert.equal(await store.load('moved'), undefined)
    assert.equal(await store.destroy('gone'), true)
    assert.equal(await client.exists('merged', 'touched', 'moved', 'gone'), 0)
    await store.close()
  })

  test('from: concurrent writes to an old record lose nothing, and do not revive a destroyed one', async () => {
    const store = new RedisStore({ url: server.url, from: 'koa-redis' })
    for (let round = 0; round < 100; round++) {
      const id = `raced-${round}`
      await old.set(id, { a: 1, _expire: Date.now() + HOUR_MS, _maxAge: HOUR_MS }, HOUR_MS)
      const writes = Array.from({ length: 8 }, (_, i) => store.merge(id, { base: 0, set: `{"k${i}":1}`, delete: [] }, 1))
      const isDestroyed = round % 2 === 1
      if (isDestroyed) await store.destroy(id)
      await Promise.all(writes)
      const found = await store.load(id)
      assert.equal(found && Object.keys(JSON.parse(found.data)).length, isDestroyed ? undefined : 9)
    }
    await store.close()
  })

  const plain = [
    ['connections of our own', () => new RedisStore({ url: server.url, format: 'json' })],
    ['ioredis', () => new RedisStore({ client, format: 'json' })]
  ]
  for (const [name, make] of plain) {
    test(`format json, ${name}: apps with koa-session and apps with this package share their sessions`, async () => {
      const store = make()
      const theirs = await serve(koaSession.createSession, old)
      const ours = await serve(session, store)
      let { cookie } = await theirs.ask(undefined, '/theirs')
      for (const app of [ours, theirs, ours, theirs]) ({ cookie } = await app.ask(cookie))
      assert.equal((await ours.ask(cookie)).data.count, 6)
      const [id] = /(?<=id=)[^;]+/.exec(cookie)
      const { count, ...rest } = JSON.parse(await client.get(id))
      assert.deepEqual([count, Object.keys(rest)], [6, ['/theirs', '/a', '_expire', '_maxAge']])
      assert.ok(await client.pttl(id) > HOUR_MS)
      await ours.ask(cookie, '/out')
      assert.equal(await client.exists(id), 0)
      await Promise.all([theirs.close(), ours.close(), store.close()])
    })
  }

  test('format json: does not have the mark of a session store, and uses the prefix', async () => {
    const store = new RedisStore({ url: server.url, format: 'json', prefix: 'p:' })
    assert.equal(store[Symbol.for('koa-session-rs.store')], undefined)
    await store.set('a', { b: 1 }, 5000)
    assert.equal(await client.get('p:a'), '{"b":1}')
    assert.deepEqual([await store.get('a'), await store.get('nobody')], [{ b: 1 }, undefined])
    await client.set('p:no', 'no JSON')
    assert.equal(await store.get('no'), undefined)
    await client.set('other', 'stays')
    await store.clear()
    assert.deepEqual(await client.mget('p:a', 'p:no', 'other'), [null, null, 'stays'])
    await store.close()
  })
})
