'use strict'

// sessionCookie of koa-session-rs/testing: a server of the app, asked with the header, has the session.

const assert = require('node:assert/strict')
const { AsyncLocalStorage } = require('node:async_hooks')
const { after, before, describe, test } = require('node:test')
const Keygrip = require('keygrip')

const { KOAS, createApp, eachKoa, of, session } = require('../harness/app')
const { MODES, contextStoreOf } = require('../harness/modes')
const { PLACES } = require('../harness/places')
const { serve, start } = require('../harness/server')
const { CountingStore } = require('../harness/store')
const servers = require('../servers/redis')
const { MemoryStore } = require('../../stores/memory')
const { RedisStore } = require('../../stores/redis')
const { Revocations } = require('../../revocations')
const { sessionCookie } = require('../../testing')

const { koa3: Koa } = KOAS

const KEY = 'k'.repeat(32)
const MINUTE = 60_000

const revocations = () => ({ revocations: new Revocations({ store: new CountingStore() }), absoluteTimeout: MINUTE })

/** What app.keys is in the modes that name it. */
const APP_KEYS = { 'app.keys as Keygrip': new Keygrip(['first', 'second'], 'sha256', 'base64'), unsigned: undefined, 'own keys': undefined }

/** Options of session() by the mode. */
const OPTIONS = {
  ...PLACES,
  'app.keys as Keygrip': () => ({}),
  unsigned: () => ({ signed: false }),
  'own encode and decode': () => ({ encode: (data) => encodeURIComponent(JSON.stringify(data)), decode: (text) => JSON.parse(decodeURIComponent(text)) }),
  'own keys': () => ({ keys: [KEY] }),
  'own keys as Keygrip': () => ({ keys: new Keygrip([KEY]) }),
  'sealed, written signed': () => ({ keys: [KEY], seal: { accept: 'signed', write: 'signed' } }),
  'sealed, in several cookies': () => ({ keys: [KEY], seal: true, chunks: 4 }),
  'signed, in several cookies': () => ({ chunks: 4 }),
  ContextStore: () => ({ ContextStore: contextStoreOf(new CountingStore()) }),
  externalKey: () => MODES.externalKey().options,
  'lazy store': () => ({ store: new CountingStore(), lazy: true }),
  'sealed id': () => ({ store: new CountingStore(), keys: [KEY], seal: true }),
  genid: () => ({ store: new CountingStore(), genid: () => 'an-id' }),
  'asynchronous genid': () => ({ store: new MemoryStore(), genid: async () => 'an-id', prefix: 'none:' }),
  'prefix and idPattern': () => ({ store: new CountingStore(), prefix: 'web:', idPattern: /^web:/ }),
  idBytes: () => ({ store: new CountingStore(), idBytes: 32 }),
  timeouts: () => ({ absoluteTimeout: MINUTE, idleTimeout: MINUTE }),
  'timeouts in a store': () => ({ store: new MemoryStore(), absoluteTimeout: MINUTE, idleTimeout: MINUTE }),
  revocations,
  'revocations with a subject': () => ({ ...revocations(), subject: 'user' }),
  subject: () => ({ store: new MemoryStore(), subject: 'user', maxSessions: 1 }),
  'hardened cookie': () => ({ hardened: true, keys: [KEY], ...revocations() }),
  'hardened store': () => ({ hardened: true, store: new MemoryStore(), subject: 'user' }),
  'secure: true': () => ({ secure: true }),
  'secure: true in a store': () => ({ secure: true, store: new MemoryStore() }),
  __Host: () => ({ key: '__Host-session', secure: true, path: '/' }),
  'attributes by ctx': () => ({ secure: (ctx) => ctx.secure, domain: (ctx) => ctx.hostname, sameSite: () => 'lax' }),
  'maxAge: session': () => ({ maxAge: 'session' }),
  'valid and beforeSave': () => ({ beforeSave: async (ctx, data) => { data.seal = 'ok' }, valid: (ctx, data) => data.seal === 'ok' }),
  'asynchronous valid': () => ({ valid: async (ctx, data) => data.user === 'ann' }),
  early: () => ({ early: true }),
  'autoCommit: false': () => ({ store: new CountingStore(), autoCommit: false }),
  cacheControl: () => ({ cacheControl: true }),
  rolling: () => ({ rolling: true, renew: true, rollUntouched: true, touchAfter: 1000 })
}

const me = {
  async '/me' (ctx) {
    const handle = of(ctx)
    const { user, cart } = await handle.load()
    return { user, cart, isNew: handle.isNew }
  }
}

/** Sends a header to a server of the app, and returns the session that this has. */
async function ask (t, app, cookie) {
  const server = await serve(t, app)
  return (await server.get('/me', { cookie })).json
}

/** Matches one line of a Cookie header. */
const HEADER = /^[^\s=;,]+=[^\s;,]+(; [^\s=;,]+=[^\s;,]+)*$/

for (const [mode, make] of Object.entries(OPTIONS)) {
  eachKoa(`a server has the session of the header: ${mode}`, async (t, Version) => {
    const app = createApp(make(), me, { Koa: Version, ...mode in APP_KEYS && { keys: APP_KEYS[mode] } })
    const data = { user: 'ann', cart: mode.includes('several') ? Array.from({ length: 900 }, (_, i) => `item ${i}`) : [1] }
    const cookie = await sessionCookie(app, data)
    assert.match(cookie, HEADER)
    assert.deepEqual(await ask(t, app, cookie), { ...data, isNew: false })
  })
}

describe('a session in Redis', { skip: servers.skip }, () => {
  let server
  before(async () => { server = await servers.start() })
  after(() => server.stop())

  for (const format of ['merge', 'json']) {
    test(format, async (t) => {
      const store = new RedisStore({ url: server.url, prefix: `${format}:`, format })
      const app = createApp({ store }, me)
      assert.deepEqual(await ask(t, app, await sessionCookie(app, { user: 'ann' })), { user: 'ann', isNew: false })
      await store.close()
      await assert.rejects(sessionCookie(app, { user: 'ann' }), { code: 'ERR_SESSION_STORE', reason: 'closed' })
    })
  }
})

test('a large session is in several cookies', async () => {
  const cookie = await sessionCookie(createApp({ keys: [KEY], seal: true, chunks: 4 }), { text: 'x'.repeat(9000) })
  assert.ok(cookie.split('; ').length >= 3)
})

describe('the session is begun as at a login', () => {
  const routes = {
    '/times' (ctx) {
      const { createdAt, authenticatedAt } = of(ctx)
      return { createdAt, authenticatedAt, isFresh: of(ctx).isFresh(MINUTE) }
    },
    '/list' (ctx) { return of(ctx).list() },
    '/out' (ctx) { ctx.session = null }
  }

  for (const [mode, make] of Object.entries({ cookie: revocations, store: () => ({ store: new MemoryStore(), absoluteTimeout: MINUTE }) })) {
    test(`its times: ${mode}`, async (t) => {
      const server = await start(t, make(), routes)
      t.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 })
      const cookie = await sessionCookie(server.app, { user: 'ann' })
      const time = 1_800_000_000_000
      assert.deepEqual((await server.get('/times', { cookie })).json, { createdAt: time, authenticatedAt: time, isFresh: true })
      t.mock.timers.tick(MINUTE + 1)
      assert.equal((await server.get('/times', { cookie })).json.isFresh, false)
    })
  }

  test('its subject lists it, with its label', async (t) => {
    const label = (ctx) => ctx.get('User-Agent')
    const server = await start(t, { store: new MemoryStore(), subject: 'user', label }, routes)
    const cookie = await sessionCookie(server.app, { user: 'ann' }, { headers: { 'User-Agent': 'a phone' } })
    await sessionCookie(server.app, { user: 'ann' })
    await sessionCookie(server.app, { user: 'bob' })
    const listed = (await server.get('/list', { cookie })).json
    assert.deepEqual(listed.map(({ label, current }) => [label, current]).sort(), [['', false], ['a phone', true]].sort())
  })

  test('a logout ends it', async (t) => {
    const server = await start(t, revocations(), { ...me, ...routes })
    const cookie = await sessionCookie(server.app, { user: 'ann' })
    assert.equal((await server.get('/out', { cookie })).status, 200)
    assert.deepEqual((await server.get('/me', { cookie })).json, { isNew: true })
  })

  test('events are emitted, in the order of a login, and no other middleware runs', async (t) => {
    let runs = 0
    const server = await start(t, { store: new MemoryStore() }, me, { before: (app) => app.use((ctx, next) => { runs++; return next() }) })
    await sessionCookie(server.app, { user: 'ann' })
    await server.settled()
    assert.deepEqual([server.events.map(({ name }) => name), server.errors, runs], [['session:created', 'session:saved'], [], 0])
  })

  test('genid is called once, with a ctx of a secure request', async () => {
    const seen = []
    const genid = (ctx) => seen.push([ctx.secure, ctx.ip, ctx.url, ctx.host]) && `id-${seen.length}`
    const store = new CountingStore()
    await sessionCookie(createApp({ store, genid, absoluteTimeout: MINUTE }), { user: 'ann' }, { url: '/login?now' })
    assert.deepEqual([seen, store.ids(), store.calls.map(({ operation }) => operation)],
      [[[true, '127.0.0.1', '/login?now', 'localhost']], ['id-1'], ['set']])
  })

  test('hooks have app.currentContext', async () => {
    const app = new Koa({ asyncLocalStorage: new AsyncLocalStorage() })
    app.keys = ['a key']
    app.use(session({ store: new CountingStore(), genid: (ctx) => `id-${app.currentContext === ctx}` }, app))
    assert.match(await sessionCookie(app, { user: 'ann' }), /^koa\.sess=id-true;/)
  })
})

test('each call begins a session of its own', async () => {
  const store = new MemoryStore()
  const app = createApp({ store, subject: 'user', maxSessions: { max: 2, overflow: 'refuse' } })
  const headers = [await sessionCookie(app, { user: 'ann' }), await sessionCookie(app, { user: 'ann' })]
  assert.equal(new Set(headers).size, 2)
  await assert.rejects(sessionCookie(app, { user: 'ann' }), { code: 'ERR_SESSION_LIMIT', status: 409 })
})

test('the option as names the session', async (t) => {
  const before = (app) => {
    app.use(session({}, app))
    app.use(session({ as: 'admin', key: 'admin.sess', store: new MemoryStore() }, app))
  }
  const app = createApp(null, { '/both': (ctx) => ({ session: ctx.session, admin: ctx.admin }) }, { before })
  const headers = [await sessionCookie(app, { a: 1 }), await sessionCookie(app, { b: 2 }, { as: 'admin' })]
  assert.deepEqual(headers.map((header) => header.slice(0, header.indexOf('='))), ['koa.sess', 'admin.sess'])
  const server = await serve(t, app)
  assert.deepEqual((await server.get('/both', { cookie: headers.join('; ') })).json, { session: { a: 1 }, admin: { b: 2 } })
})

test('the data of the caller stay as they are', async () => {
  const data = Object.freeze({ user: 'ann', cart: Object.freeze([1]) })
  await sessionCookie(createApp({}), data)
  assert.deepEqual(data, { user: 'ann', cart: [1] })
})

test('nothing is left open', async () => {
  const before = process.getActiveResourcesInfo().sort()
  await sessionCookie(createApp({}), { user: 'ann' })
  await sessionCookie(createApp({ store: new MemoryStore() }), { user: 'ann' })
  assert.deepEqual(process.getActiveResourcesInfo().sort(), before)
})

test('a copy of the module that was loaded anew works with the app of another one', async (t) => {
  const app = createApp({ store: new MemoryStore(), absoluteTimeout: MINUTE, idleTimeout: MINUTE, subject: 'user' }, me)
  const own = Object.keys(require.cache).filter((path) => /[\\/](?:lib|testing)[\\/]|[\\/](?:index|testing)\.js$/.test(path) && !path.includes('node_modules'))
  const saved = own.map((path) => [path, require.cache[path]])
  for (const path of own) delete require.cache[path]
  const again = require('../../testing')
  for (const [path, module] of saved) require.cache[path] = module
  assert.notEqual(again.sessionCookie, sessionCookie)
  assert.deepEqual(await ask(t, app, await again.sessionCookie(app, { user: 'ann' })), { user: 'ann', isNew: false })
})

describe('it rejects', () => {
  for (const [name, app, options] of [
    ['without session()', () => new Koa()],
    ['for an unknown name', () => createApp({}), { as: 'admin' }]
  ]) {
    test(name, () => assert.rejects(sessionCookie(app(), { user: 'ann' }, options), { code: 'ERR_SESSION_UNKNOWN' }))
  }

  for (const app of [undefined, null, {}, 'app', () => {}]) {
    test(`for an app that is ${app}`, () => assert.rejects(sessionCookie(app, { user: 'ann' }), { code: 'ERR_SESSION_OPTION', option: 'app' }))
  }

  for (const data of [undefined, null, 'ann', 1, ['ann']]) {
    test(`for data that are ${JSON.stringify(data)}`, () =>
      assert.rejects(sessionCookie(createApp({}), data), { code: 'ERR_SESSION_OPTION', option: 'data' }))
  }

  test('for data without a key', () =>
    assert.rejects(sessionCookie(createApp({}), {}), { code: 'ERR_SESSION_COOKIE', reason: 'not-saved' }))

  test('if externalKey sends the id in no cookie, which the store then has', async () => {
    const store = new CountingStore()
    const externalKey = { get: (ctx) => ctx.get('x-session-id'), set: (ctx, id) => ctx.set('x-session-id', id) }
    await assert.rejects(sessionCookie(createApp({ store, externalKey }), { user: 'ann' }), { code: 'ERR_SESSION_COOKIE', reason: 'external-key' })
    assert.equal(store.ids().length, 1)
  })

  test('with the error of the store', async () => {
    const store = new CountingStore()
    store.fail('set', new Error('the store is down'))
    await assert.rejects(sessionCookie(createApp({ store }), { user: 'ann' }), (error) => error.message === 'the store is down')
    const onStoreError = () => 'ignore'
    await assert.rejects(sessionCookie(createApp({ store, onStoreError }), { user: 'ann' }), { code: 'ERR_SESSION_COOKIE', reason: 'not-saved' })
  })

  test('with the error of a hook', async () => {
    const failure = new Error('no')
    await assert.rejects(sessionCookie(createApp({ beforeSave () { throw failure } }), { user: 'ann' }), (error) => error === failure)
  })

  test('without keys', () => assert.rejects(sessionCookie(createApp({}, {}, { keys: undefined }), { user: 'ann' })))

  test('where ignore leaves no session', async () => {
    const app = createApp({ ignore: (ctx) => ctx.path === '/health' })
    await assert.rejects(sessionCookie(app, { user: 'ann' }, { url: '/health' }), { code: 'ERR_SESSION_IGNORED' })
    assert.match(await sessionCookie(app, { user: 'ann' }), HEADER)
  })

  test('for data that need more cookies than chunks allows', () =>
    assert.rejects(sessionCookie(createApp({ chunks: 2 }), { text: 'x'.repeat(9000) }), { code: 'ERR_SESSION_OVERSIZE' }))
})
