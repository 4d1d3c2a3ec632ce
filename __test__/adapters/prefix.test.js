'use strict'

/** The option `prefix`, and the sessions that koa-generic-session and koa-session-minimal have stored under their prefixes. */

const assert = require('node:assert/strict')
const { after, afterEach, before, describe, test } = require('node:test')

const { default: KeyvRedis } = require('@keyv/redis')
const { RedisStore } = require('connect-redis10')
const { Keyv } = require('keyv')
const genericSession = require('koa-generic-session')
const redisStore = require('koa-redis')
const minimalSession = require('koa-session-minimal')
const { createClient } = require('redis6')

const { connectStore } = require('../../adapters/connect')
const { genericStore } = require('../../adapters/generic')
const { keyvStore } = require('../../adapters/keyv')
const { visit } = require('../harness/server')
const redis = require('../servers/redis')

const RECORD = { user: 'ann', _expire: Date.now() + 60000, _maxAge: 60000 }
const DAY_MS = 24 * 60 * 60 * 1000

const ADAPTERS = {
  connectStore: (options) => connectStore({ get () {}, set () {}, destroy () {} }, options),
  genericStore: (options) => genericStore({ get () {}, set () {}, destroy () {} }, options),
  keyvStore: (options) => keyvStore(new Keyv(), options)
}

for (const [name, adapt] of Object.entries(ADAPTERS)) {
  test(`${name} refuses a prefix that is no string`, () => {
    for (const prefix of [null, 1, {}, ['a'], () => 'a']) {
      assert.throws(() => adapt({ prefix }), { code: 'ERR_SESSION_OPTION', option: 'prefix' })
    }
    for (const options of [undefined, {}, { prefix: undefined }, { prefix: '' }]) adapt(options)
  })
}

test('a Keyv without getRaw gets the prefix, too', async () => {
  const calls = []
  const note = (name) => async (key) => { calls.push([name, key]) }
  const store = keyvStore({ get: note('get'), set: note('set'), delete: note('delete') }, { prefix: 'p:' })
  await store.get('a')
  await store.set('b', RECORD, 1000)
  await store.destroy('c')
  assert.deepEqual(calls, [['get', 'p:a'], ['set', 'p:b'], ['delete', 'p:c']])
})

describe('on Redis', { skip: redis.skip }, () => {
  let server
  let client
  let keyv
  let koaRedis
  const keys = async () => (await server.command('KEYS', '*')).split('\n').filter(Boolean)

  before(async () => {
    server = await redis.start()
    client = await createClient({ url: server.url }).connect()
    keyv = new Keyv({ store: new KeyvRedis(server.url) })
    koaRedis = redisStore({ host: server.host, port: server.port })
    // Each app and adapter has a listener.
    koaRedis.setMaxListeners(0)
  })
  afterEach(() => server.command('FLUSHALL'))
  after(async () => {
    // Otherwise koa-generic-session waits for 10 seconds, and then rejects a promise that nothing handles.
    koaRedis.removeAllListeners('disconnect')
    await Promise.all([client.close(), keyv.disconnect(), koaRedis.quit()])
    await server.stop()
  })

  const stores = {
    connectStore: { adapt: (options) => connectStore(new RedisStore({ client }), options), own: 'sess:' },
    genericStore: { adapt: (options) => genericStore(koaRedis, options), own: '' },
    keyvStore: { adapt: (options) => keyvStore(keyv, options), own: 'keyv::keyv:' }
  }
  for (const [name, { adapt, own }] of Object.entries(stores)) {
    test(`${name} puts the prefix before each id`, async () => {
      const store = adapt({ prefix: 'app:' })
      await store.set('id', RECORD, 60000, { changed: true })
      assert.deepEqual(await keys(), [`${own}app:id`])
      assert.deepEqual(await store.get('id'), RECORD)
      assert.deepEqual(await adapt().get('app:id'), RECORD)
      assert.equal(await adapt().get('id'), undefined)
      const later = { ...RECORD, _expire: RECORD._expire + 1000 }
      await store.set('id', later, 61000, { changed: false, rolling: true })
      assert.deepEqual(await store.get('id'), later)
      await store.destroy('id')
      assert.deepEqual(await keys(), [])
    })
  }

  const ROUTES = {
    '/in' (ctx) { ctx.session.user = ctx.query.user },
    '/add' (ctx) { ctx.session.items = [...ctx.session.items ?? [], ctx.query.item] },
    '/me': ({ session: { user, items } }) => ({ user, items }),
    '/cookie': (ctx) => ctx.session.cookie,
    '/out' (ctx) { ctx.session = null }
  }
  const me = async (visitor) => (await visitor.get('/me')).json
  const stored = async () => {
    const [key, ...others] = await keys()
    assert.deepEqual(others, [])
    return { key, data: JSON.parse(await server.command('GET', key)), ttl: Number(await server.command('PTTL', key)) }
  }
  const isKeptForADay = (ttl) => assert.ok(ttl > DAY_MS - 60000 && ttl <= DAY_MS + 20000, `${ttl}`)

  /** Serves two apps over the same sessions: koa-session-rs with some options, and another middleware. */
  async function sideBySide (t, options, middleware, otherOptions) {
    const ours = await visit(t, { store: genericStore(koaRedis, { prefix: 'koa:sess:' }), ...options }, ROUTES)
    const theirs = await visit(t, { store: koaRedis, ...otherOptions }, ROUTES, { session: middleware })
    // One browser.
    theirs.jar = ours.jar
    return { ours, theirs }
  }

  const OTHERS = {
    'koa-generic-session': { middleware: genericSession, options: { key: 'koa.sid' } },
    'koa-session-minimal': { middleware: minimalSession, options: { key: 'koa:sess', signed: false } }
  }
  for (const [name, { middleware, options }] of Object.entries(OTHERS)) {
    describe(`a session of ${name}`, () => {
      test('is read, changed, read there again, and ended', async (t) => {
        const { ours, theirs } = await sideBySide(t, options, middleware)
        await theirs.get('/in?user=ann')
        const before = await stored()
        assert.equal(before.key, `koa:sess:${ours.jar.get(options.key)}`)
        assert.deepEqual(await me(ours), { user: 'ann' })
        assert.deepEqual((await stored()).data, before.data)

        await ours.get('/add?item=1')
        const { key, data: { _expire, _maxAge, ...data }, ttl } = await stored()
        assert.equal(key, before.key)
        assert.deepEqual(data, { ...before.data, items: ['1'] })
        isKeptForADay(ttl)

        await theirs.get('/add?item=2')
        assert.deepEqual(await me(theirs), { user: 'ann', items: ['1', '2'] })
        isKeptForADay((await stored()).ttl)
        assert.deepEqual(await me(ours), { user: 'ann', items: ['1', '2'] })

        await ours.get('/out')
        assert.deepEqual(await keys(), [])
        assert.deepEqual(await me(theirs), {})
      })

      test('can be one that koa-session-rs began', async (t) => {
        const { ours, theirs } = await sideBySide(t, options, middleware, { ttl: DAY_MS })
        await ours.get('/in?user=bob')
        assert.equal((await stored()).key, `koa:sess:${ours.jar.get(options.key)}`)
        await theirs.get('/add?item=1')
        assert.deepEqual(await me(theirs), { user: 'bob', items: ['1'] })
        isKeptForADay((await stored()).ttl)
        assert.deepEqual(await me(ours), { user: 'bob', items: ['1'] })
      })
    })
  }

  test('koa-generic-session\'s cookie keeps its attributes and its key', async (t) => {
    const cookie = { maxAge: 60000, httpOnly: true, domain: 'example.com', sameSite: 'lax' }
    const { ours, theirs } = await sideBySide(t, { key: 'koa.sid' }, genericSession, { cookie })
    await theirs.get('/in?user=ann')
    await ours.get('/add?item=1')
    const expected = { ...cookie, path: '/', overwrite: true, signed: true }
    assert.deepEqual((await ours.get('/cookie')).json, expected)
    assert.deepEqual((await stored()).data.cookie, expected)
    const { cookies } = await theirs.get('/add?item=2')
    assert.match(cookies.get('koa.sid'), /; domain=example\.com; samesite=lax; httponly/)
    assert.ok((await stored()).ttl <= 60000)
  })

  test('a session that koa-session-rs began gets no expiry from koa-generic-session without its option ttl', async (t) => {
    const { ours, theirs } = await sideBySide(t, { key: 'koa.sid' }, genericSession)
    await ours.get('/in?user=bob')
    await theirs.get('/add?item=1')
    assert.deepEqual(await me(theirs), { user: 'bob', items: ['1'] })
    assert.equal((await stored()).ttl, -1)
  })
})

test('genericStore renames a key cookie of the app', async () => {
  const records = new Map()
  const store = genericStore({
    get: async (id) => records.get(id),
    async set (id, record) { records.set(id, record) },
    async destroy () {}
  })
  for (const cookie of [null, 'text', {}, { path: '/', httpOnly: true }, { originalMaxAge: 1 }]) {
    await store.set('id', { ...RECORD, cookie }, 1000)
    assert.deepEqual(records.get('id'), { ...RECORD, 'koa:cookie': cookie })
    assert.deepEqual(await store.get('id'), { ...RECORD, cookie })
  }
})
