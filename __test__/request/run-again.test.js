'use strict'

/** A ctx on which the middleware runs again after an earlier run has ended, like one that is kept for a socket. */

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const upstream = require('koa-session').default
const session = require('../..')
const { KOAS } = require('../harness/app')
const { contextStoreOf } = require('../harness/modes')
const { CountingStore } = require('../harness/store')
const { MemoryStore } = require('../../stores/memory')

const Koa = KOAS.koa3
const FAR = 4102444800000

function make (create, options, headers = { cookie: 'koa.sess=an-id' }) {
  const app = new Koa()
  const middleware = create({ signed: false, ...options }, app)
  const setCookie = []
  const res = { getHeader: () => setCookie, setHeader: (name, value) => setCookie.splice(0, setCookie.length, ...[value].flat()), hasHeader: () => false }
  const ctx = app.createContext({ headers, url: '/', socket: {} }, res)
  return { app, ctx, setCookie, run: (act = () => {}) => middleware(ctx, async () => act(ctx)) }
}

/** Makes a store of three methods that has a record. */
function stored (data) {
  const store = new CountingStore()
  store.records.set('an-id', JSON.stringify({ ...data, _expire: FAR, _maxAge: 1000 }))
  return store
}

const write = (store, data) => store.records.set('an-id', JSON.stringify({ ...data, _expire: FAR, _maxAge: 1000 }))

for (const [name, create] of Object.entries({ 'koa-session 7': upstream, ours: session })) {
  describe(`${name}: with a store`, () => {
    for (const kind of ['store', 'ContextStore']) {
      test(`${kind}: each run loads the session again`, async () => {
        const store = stored({ n: 1 })
        const { ctx, run } = make(create, kind === 'store' ? { store } : { ContextStore: contextStoreOf(store) })
        const seen = []
        await run(() => seen.push(ctx.session.n))
        write(store, { n: 2 })
        await run(() => seen.push(ctx.session.n))
        store.records.delete('an-id')
        await run(() => seen.push(ctx.session.n))
        assert.deepEqual(seen, [1, 2, undefined])
      })
    }

    test('a run loads and changes what an earlier run saved', async () => {
      const store = stored({ n: 1 })
      const { ctx, run } = make(create, { store })
      for (let i = 0; i < 3; i++) await run(() => { ctx.session.n++ })
      assert.equal(JSON.parse(store.records.get('an-id')).n, 4)
    })

    test('null in one run does not affect the next', async () => {
      const store = stored({ n: 1 })
      const { ctx, run } = make(create, { store })
      await run(() => { ctx.session = null })
      write(store, { n: 5 })
      let seen
      await run(() => { seen = ctx.session.n })
      assert.equal(seen, 5)
    })

    test('a failed run does not affect the next', async () => {
      const store = stored({ n: 1 })
      const { ctx, run } = make(create, { store })
      await assert.rejects(run(() => {
        ctx.session.n = 7
        throw new Error('the app')
      }))
      write(store, { n: 5 })
      let seen
      await run(() => { seen = ctx.session.n })
      assert.equal(seen, 5)
    })
  })

  test(`${name}: in cookie mode, the cookie is read once, and changes of several runs are kept`, async () => {
    const { ctx, run } = make(create, {}, {})
    for (let i = 0; i < 3; i++) await run(() => { ctx.session.n = (ctx.session.n ?? 0) + 1 })
    assert.equal(ctx.session.n, 3)
  })
}

describe('ours', () => {
  test('a run within another one does not load the session again', async () => {
    const store = stored({ n: 1 })
    const { ctx, run } = make(session, { store })
    await run(async () => {
      write(store, { n: 2 })
      await run(() => assert.equal(ctx.session.n, 1))
    })
    assert.deepEqual(store.take(), ['get'])
  })

  test('a store of three methods: a session that was destroyed meanwhile is not revived', async () => {
    const store = stored({ n: 1 })
    const { ctx, run } = make(session, { store })
    await run()
    store.records.delete('an-id')
    await run(() => { ctx.session.n = 2 })
    assert.ok(!store.records.has('an-id'))
  })

  test('MemoryStore', async () => {
    const store = new MemoryStore()
    await store.create('an-id', { data: '{"n":1}', maxAge: 60000 }, 60000)
    const { ctx, run } = make(session, { store })
    const seen = []
    await run(() => { seen.push(ctx.session.n++) })
    await run(() => { seen.push(ctx.session.n++) })
    await store.destroy('an-id')
    await run(() => { seen.push(ctx.session.n) })
    assert.deepEqual(seen, [1, 2, undefined])
  })

  test('a visitor without a session, whose next run has a cookie', async () => {
    const store = stored({ n: 1 })
    const headers = {}
    const { ctx, run } = make(session, { store }, headers)
    const seen = []
    await run(() => seen.push(ctx.session.n))
    headers.cookie = 'koa.sess=an-id'
    await run(() => seen.push(ctx.session.n))
    assert.deepEqual(seen, [undefined, 1])
  })

  test('a session that is anonymous in one run, after a failure of the store, is loaded in the next', async () => {
    const store = stored({ n: 1 })
    let fails = true
    const get = store.get
    store.get = (...args) => fails ? Promise.reject(new Error('away')) : get.apply(store, args)
    const { ctx, run } = make(session, { store, onStoreError: () => 'anonymous' })
    await run(() => { ctx.session.n = 9 })
    fails = false
    await run(() => { ctx.session.n++ })
    assert.equal(JSON.parse(store.records.get('an-id')).n, 2)
  })

  test('runs within one that had nothing to load share its session', async () => {
    const store = new CountingStore()
    const { ctx, run } = make(session, { store }, {})
    // From the first run, the package learns how this Koa makes ctx.cookies; later runs without a cookie have nothing to load.
    await run()
    await run(async () => {
      ctx.session.a = 1
      await run()
      ctx.session.b = 2
      await run()
      ctx.session.c = 3
    })
    const records = [...store.records.values()].map((text) => JSON.parse(text)).map(({ a, b, c }) => ({ a, b, c }))
    assert.deepEqual(records, [{ a: 1, b: 2, c: 3 }])
  })
})
