'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')

const { eachKoa, session } = require('../harness/app')
const { decodeCookie } = require('../harness/forge')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const KEY = 'koa.sess'
const soon = (value) => new Promise((resolve) => setImmediate(resolve, value))

/** An async function, and a plain one that returns a promise. */
const kinds = {
  async: (act) => async (...args) => act(...args),
  'a plain function that gives a promise': (act) => (...args) => soon().then(() => act(...args)),
  'a plain function that gives a thenable': (act) => (...args) => ({ then: (resolve, reject) => soon().then(() => act(...args)).then(resolve, reject) })
}

const routes = {
  '/in' (ctx) { ctx.session.user = ctx.query.user },
  '/look' (ctx) { return { user: ctx.session.user ?? null } },
  '/key' (ctx) {
    ctx.session.user = ctx.query.user
    return { key: ctx.session.externalKey }
  },
  '/anew' (ctx) { return ctx.session.regenerate() },
  '/again' (ctx) {
    ctx.session = null
    ctx.session = { user: ctx.query.user }
  },
  '/plain' () {}
}

for (const [kind, make] of Object.entries(kinds)) {
  eachKoa(`fault 10: genid, ${kind}: each visitor has an id of their own`, async (t, Koa) => {
    const store = new CountingStore()
    let made = 0
    const genid = make((ctx) => `id-${ctx.query.user}-${++made}`)
    const server = await start(t, { store, genid }, routes, { Koa })
    const [ann, bob] = [server.visitor(), server.visitor()]
    assert.deepEqual((await ann.get('/key?user=ann')).json, { key: 'id-ann-1' })
    await bob.get('/in?user=bob')
    assert.deepEqual(store.ids(), ['id-ann-1', 'id-bob-2'])
    assert.equal(ann.jar.get(KEY), 'id-ann-1')
    assert.deepEqual((await ann.get('/look')).json, { user: 'ann' })
    assert.deepEqual((await bob.get('/look')).json, { user: 'bob' })
    await ann.get('/anew?user=ann')
    assert.deepEqual(store.ids(), ['id-bob-2', 'id-ann-3'])
    await ann.get('/again?user=eve')
    assert.deepEqual(store.ids(), ['id-bob-2', 'id-eve-4'])
    assert.deepEqual((await ann.get('/look')).json, { user: 'eve' })
  })

  test(`fault 10: genid, ${kind}, a failure fails the request, and nothing is written`, async (t) => {
    const store = new CountingStore()
    const own = new Error('no ids left')
    const server = await start(t, { store, genid: make(() => { throw own }) }, routes)
    assert.equal((await server.get('/in?user=ann')).status, 500)
    assert.deepEqual(server.errors, [own])
    assert.equal(store.records.size, 0)
  })

  test(`fault 10: valid, ${kind}: store mode: it decides`, async (t) => {
    const store = new CountingStore()
    const valid = make((ctx, { user }) => user !== 'bob')
    const server = await start(t, { store, valid }, routes)
    const [ann, bob] = [server.visitor(), server.visitor()]
    await ann.get('/in?user=ann')
    await bob.get('/in?user=bob')
    assert.deepEqual((await ann.get('/look')).json, { user: 'ann' })
    assert.deepEqual((await bob.get('/look')).json, { user: null })
    assert.equal((await server.event('session:invalid')).value.user, 'bob')
  })

  test(`fault 10: valid, ${kind}: cookie mode: it decides, once it is known to return promises`, async (t) => {
    const valid = make((ctx, { user }) => user !== 'bob')
    const server = await start(t, { valid }, routes)
    const [ann, bob] = [server.visitor(), server.visitor()]
    await ann.get('/in?user=ann')
    await bob.get('/in?user=bob')
    // A plain function is only known to return promises after its first call.
    const first = await ann.get('/look')
    assert.equal(first.status, kind === 'async' ? 200 : 500)
    if (first.status === 500) assert.equal(server.errors[0].code, 'ERR_SESSION_NOT_LOADED')
    assert.deepEqual((await ann.get('/look')).json, { user: 'ann' })
    assert.deepEqual((await bob.get('/look')).json, { user: null })
    assert.deepEqual((await ann.get('/plain')).setCookie, [])
    assert.deepEqual((await server.get('/plain')).setCookie, [])
  })

  for (const mode of ['cookie', 'store']) {
    eachKoa(`fault 10: beforeSave, ${kind}: ${mode} mode: what it adds is saved`, async (t, Koa) => {
      const store = mode === 'store' ? new CountingStore() : undefined
      const beforeSave = make((ctx, session) => { session.savedAt = ctx.path })
      const server = await start(t, { store, beforeSave }, routes, { Koa })
      const { cookies } = await server.get('/in?user=ann')
      const { user, savedAt } = store ? store.data(store.ids()[0]) : decodeCookie(cookies.get(KEY))
      assert.deepEqual({ user, savedAt }, { user: 'ann', savedAt: '/in' })
    })

    test(`fault 10: beforeSave, ${kind}: ${mode} mode: a failure fails the request`, async (t) => {
      const store = mode === 'store' ? new CountingStore() : undefined
      const own = new Error('not now')
      const server = await start(t, { store, beforeSave: make(() => { throw own }) }, routes)
      const answer = await server.get('/in?user=ann')
      assert.equal(answer.status, 500)
      assert.deepEqual(answer.setCookie, [])
      assert.deepEqual(server.errors, [own])
      assert.deepEqual(store?.ids() ?? [], [])
    })
  }

  eachKoa(`fault 10: externalKey.get and set, ${kind}`, async (t, Koa) => {
    const store = new CountingStore()
    const externalKey = {
      get: make((ctx) => ctx.get('x-id')),
      set: make((ctx, id) => { ctx.set('x-id', id) })
    }
    const server = await start(t, { store, externalKey }, routes, { Koa })
    const { headers } = await server.get('/in?user=ann')
    const id = headers['x-id']
    assert.deepEqual(store.ids(), [id])
    assert.deepEqual((await server.get('/look', { 'x-id': id })).json, { user: 'ann' })
    assert.equal(store.last('get').id, id)
    assert.deepEqual((await server.get('/look')).json, { user: null })
    assert.equal(store.count('get'), 1)
  })
}

for (const prototype of ['async', 'bound async']) {
  test(`fault 10: valid, ${prototype}: ctx.session throws only until the middleware has run`, async (t) => {
    const valid = async () => true
    const codes = []
    const before = (app) => app.use((ctx, next) => {
      if (ctx.query.early) {
        try {
          codes.push(ctx.session.user)
        } catch ({ code }) {
          codes.push(code)
        }
      }
      return next()
    })
    const opts = { valid: prototype === 'async' ? valid : valid.bind(null) }
    const server = await start(t, null, routes, {
      before (app) {
        const middleware = session(opts, app)
        before(app)
        app.use(middleware)
      }
    })
    const visitor = server.visitor()
    await visitor.get('/in?user=ann')
    assert.deepEqual((await visitor.get('/look')).json, { user: 'ann' })
    assert.equal((await visitor.get('/look?early=1')).status, 200)
    assert.deepEqual(codes, ['ERR_SESSION_NOT_LOADED'])
  })
}

const refused = {
  "''": '',
  'no value': undefined,
  null: null,
  'an object': { id: 1 },
  'an array': ['id'],
  true: true,
  'a symbol': Symbol('id'),
  NUL: 'a\u0000b',
  CRLF: 'a\r\nSet-Cookie: b=1',
  DEL: 'a\u007fb'
}

for (const [what, id] of Object.entries(refused)) {
  for (const [kind, genid] of [['plain', () => id], ['async', async () => id]]) {
    test(`fault 10: ${what} from a genid that is ${kind}: a TypeError, and nothing is written or sent`, async (t) => {
      const store = new CountingStore()
      const server = await start(t, { store, genid }, routes)
      const answer = await server.get('/in?user=ann')
      assert.equal(answer.status, 500)
      assert.deepEqual(answer.setCookie, [])
      assert.equal(server.errors.length, 1)
      assert.ok(server.errors[0] instanceof TypeError)
      assert.equal(server.errors[0].code, 'ERR_SESSION_ID')
      assert.equal(store.count('set'), 0)
    })
  }
}

test('fault 10: a number from genid is an id', async (t) => {
  const store = new CountingStore()
  const server = await start(t, { store, genid: async () => 42 }, routes)
  const visitor = server.visitor()
  await visitor.get('/in?user=ann')
  assert.deepEqual(store.ids(), ['42'])
  assert.deepEqual((await visitor.get('/look')).json, { user: 'ann' })
})
