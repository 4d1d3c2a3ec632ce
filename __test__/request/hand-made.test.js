'use strict'

/** Sessions of a ctx without a server: made of a request without a response, or by an app's own tests. koa-session supports these. */

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const upstream = require('koa-session').default
const session = require('../..')
const { KEYS, KOAS } = require('../harness/app')
const { encode } = require('../harness/forge')
const { CountingStore } = require('../harness/store')

const { sign } = require('keygrip')(KEYS)

const DATA = { user: 'ann', _expire: 4102444800000, _maxAge: 1e12 }

/** The Cookie header of a session. */
function cookieOf (value = encode(DATA)) {
  return `koa.sess=${value}; koa.sess.sig=${sign(`koa.sess=${value}`)}`
}

function createApp (create, Koa, options = {}) {
  const app = new Koa()
  app.keys = KEYS
  app.use(create(options, app))
  return app
}

function storeOf (records) {
  const store = new CountingStore()
  for (const [id, record] of Object.entries(records)) store.records.set(id, JSON.stringify(record))
  return store
}

/** A `ctx.cookies` as an app's test makes it. */
function cookiesOf (values) {
  const set = []
  return { set: (...args) => { set.push(args) }, get: (name) => values[name], lines: set }
}

for (const [name, create] of Object.entries({ 'koa-session 7': upstream, ours: session })) {
  for (const [koa, Koa] of Object.entries(KOAS)) {
    describe(`${name}, ${koa}: a ctx`, () => {
      test('of a request without a response: the cookie is read', () => {
        const app = createApp(create, Koa)
        // From the first one, the package learns how this Koa makes ctx.cookies.
        for (let i = 0; i < 2; i++) {
          const ctx = app.createContext({ headers: { cookie: cookieOf() }, url: '/', socket: {} })
          assert.equal(ctx.session.user, 'ann')
          assert.equal(ctx.session.isNew, false)
        }
        assert.equal(app.createContext({ headers: {}, url: '/', socket: {} }).session.isNew, true)
      })

      test('of a request without a response, with a store: an empty session', () => {
        const app = createApp(create, Koa, { store: storeOf({ 'an-id': DATA }) })
        const ctx = app.createContext({ headers: { cookie: cookieOf('an-id') }, url: '/', socket: {} })
        assert.equal(ctx.session.isNew, true)
        assert.equal(ctx.session.user, undefined)
      })

      test('with cookies of its own, and neither request nor response', async () => {
        const app = createApp(create, Koa)
        const cookies = cookiesOf({ 'koa.sess': encode(DATA) })
        const ctx = Object.assign(Object.create(app.context), { app, cookies: undefined })
        Object.defineProperty(ctx, 'cookies', { value: cookies })
        assert.equal(ctx.session.user, 'ann')
        ctx.session.user = 'bob'
        assert.deepEqual({ ...ctx.session.toJSON() }, { user: 'bob' })
      })

      test('with cookies of its own and a store, through the middleware', async () => {
        const store = storeOf({ 'an-id': DATA })
        const app = new Koa()
        const middleware = create({ store }, app)
        const ctx = Object.create(app.context)
        Object.defineProperty(ctx, 'cookies', { value: cookiesOf({ 'koa.sess': 'an-id' }) })
        ctx.app = app
        let user
        await middleware(ctx, async () => { user = ctx.session.user })
        assert.equal(user, 'ann')
      })
    })
  }
}

describe('ours: a ctx of a request without a response', () => {
  test('is loaded by session.of(ctx).load(), from any store', async () => {
    const store = storeOf({ 'an-id': DATA })
    const app = createApp(session, KOAS.koa3, { store })
    const ctx = app.createContext({ headers: { cookie: cookieOf('an-id') }, url: '/', socket: {} })
    assert.equal((await session.of(ctx).load()).user, 'ann')
    assert.equal(ctx.session.user, 'ann')
  })

  test('has a new session if the signature is forged, or by a removed key', () => {
    const app = createApp(session, KOAS.koa3)
    for (const looksFirst of [false, true]) {
      const ctx = app.createContext({ headers: { cookie: cookieOf().replace(/sig=.*/, 'sig=forged') }, url: '/', socket: {} })
      if (looksFirst) assert.equal(ctx.cookies.get('other'), undefined)
      assert.equal(ctx.session.isNew, true)
    }
  })

  test('works with early', () => {
    const app = createApp(session, KOAS.koa3, { early: true })
    assert.equal(app.createContext({ headers: { cookie: cookieOf() }, url: '/', socket: {} }).session.user, 'ann')
  })

  test('a commit in cookie mode emits session:uncommitted', async () => {
    const app = createApp(session, KOAS.koa3, { cacheControl: true })
    const reasons = []
    app.on('session:uncommitted', ({ reason }) => reasons.push(reason))
    const ctx = app.createContext({ headers: { cookie: cookieOf() }, url: '/', socket: {} })
    ctx.session.user = 'bob'
    await ctx.session.save()
    ctx.session = null
    await ctx.commitSession()
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(reasons, ['no-response', 'no-response'])
  })

  test('no record stays in flight if the middleware never runs', async () => {
    const store = storeOf({ 'an-id': DATA })
    const app = createApp(session, KOAS.koa3, { store })
    const make = () => app.createContext({ headers: { cookie: cookieOf('an-id') }, url: '/', socket: {} })
    const [first, second] = [make(), make()]
    await session.of(first).load()
    await session.of(second).load()
    await session.of(second).destroy()
    // As recreated by a deterministic genid or another process. No request in flight knows of the destruction.
    store.records.set('an-id', JSON.stringify(DATA))
    first.session.n = 1
    await first.session.save()
    assert.equal(JSON.parse(store.records.get('an-id')).n, 1)
  })
})
