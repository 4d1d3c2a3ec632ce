'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')

const { eachKoa, of } = require('../harness/app')
const { refuses } = require('../harness/refusal')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const KEY = 'koa.sess'

const caught = (act) => {
  try {
    act()
  } catch ({ code }) {
    return code
  }
}

async function lazyApp (t, opts, how) {
  const store = new CountingStore()
  const server = await start(t, { store, lazy: true, ...opts }, {
    async '/in' (ctx) {
      await of(ctx).load()
      ctx.session.user = 'ann'
    },
    async '/look' (ctx) {
      const session = await of(ctx).load()
      return { user: session.user ?? null, isSame: session === ctx.session }
    },
    async '/twice' (ctx) {
      const [first, second] = await Promise.all([of(ctx).load(), of(ctx).load()])
      return { isSame: first === second && first === await of(ctx).load() }
    },
    '/early' (ctx) {
      return { read: caught(() => ctx.session), assigned: caught(() => { ctx.session = { user: 'eve' } }) }
    },
    '/plain' () {},
    '/out' (ctx) { ctx.session = null },
    async '/out-read' (ctx) {
      await of(ctx).load()
      ctx.session = null
    },
    async '/destroy' (ctx) { await of(ctx).destroy() },
    async '/in-anew' (ctx) {
      ctx.session = null
      ctx.session = { user: 'bob' }
    }
  }, how)
  const visitor = server.visitor()
  await visitor.get('/in')
  store.reset()
  return { store, server, visitor, operations: () => store.calls.map(({ operation }) => operation) }
}

eachKoa('fault 7: lazy: a request that asks for no session does not read the store', async (t, Koa) => {
  const { visitor, store } = await lazyApp(t, { rolling: true }, { Koa })
  const answer = await visitor.get('/plain')
  assert.deepEqual(answer.setCookie, [])
  assert.deepEqual(store.calls, [])
})

test('fault 7: lazy: genid is not called for a visitor without a session', async (t) => {
  let calls = 0
  const { server } = await lazyApp(t, { genid: () => `id-${++calls}` })
  calls = 0
  await server.get('/plain')
  assert.equal(calls, 0)
})

eachKoa('fault 7: lazy: load() reads the store once, and gives ctx.session', async (t, Koa) => {
  const { visitor, operations } = await lazyApp(t, {}, { Koa })
  assert.deepEqual((await visitor.get('/look')).json, { user: 'ann', isSame: true })
  assert.deepEqual(operations(), ['get'])
})

test('fault 7: lazy: load() twice, also at once, reads the store once', async (t) => {
  const { visitor, operations } = await lazyApp(t)
  assert.deepEqual((await visitor.get('/twice')).json, { isSame: true })
  assert.deepEqual(operations(), ['get'])
})

test('fault 7: lazy: a loaded session is saved if it changed', async (t) => {
  const { store, operations, server } = await lazyApp(t)
  await server.visitor().get('/in')
  assert.deepEqual(operations(), ['set'])
  assert.equal(store.records.size, 2)
})

test('fault 7: lazy: ctx.session before load() throws ERR_SESSION_NOT_LOADED', async (t) => {
  const { visitor, store } = await lazyApp(t)
  const { json } = await visitor.get('/early')
  assert.deepEqual(json, { read: 'ERR_SESSION_NOT_LOADED', assigned: 'ERR_SESSION_NOT_LOADED' })
  assert.deepEqual(store.calls, [])
})

for (const path of ['/out', '/destroy']) {
  eachKoa(`fault 7: lazy: ${path === '/out' ? 'null may be assigned' : 'destroy() works'} before load(): the record is destroyed`, async (t, Koa) => {
    const { visitor, store, operations } = await lazyApp(t, {}, { Koa })
    await visitor.get(path)
    assert.deepEqual(operations(), ['destroy'])
    assert.equal(store.records.size, 0)
    assert.equal(visitor.jar.size, 0)
  })
}

test('fault 7: lazy: null after load() removes the session as usual', async (t) => {
  const { visitor, operations } = await lazyApp(t)
  await visitor.get('/out-read')
  assert.deepEqual(operations(), ['get', 'destroy'])
  assert.equal(visitor.jar.size, 0)
})

test('fault 7: lazy: null for a cookie that is not ours destroys nothing', async (t) => {
  const { server, visitor, store } = await lazyApp(t)
  await server.get('/out', { cookie: `${KEY}=${visitor.jar.get(KEY)}; ${KEY}.sig=forged` })
  assert.deepEqual(store.calls, [])
  assert.equal(store.records.size, 1)
})

test('fault 7: lazy: null, then an object, without a load: the old record is destroyed, the new session has a new id', async (t) => {
  const { visitor, store } = await lazyApp(t)
  const [old] = store.ids()
  await visitor.get('/in-anew')
  assert.equal(store.records.size, 1)
  assert.ok(!store.records.has(old))
  assert.deepEqual((await visitor.get('/look')).json, { user: 'bob', isSame: true })
})

test('fault 7: without lazy the store is read on every request, as in koa-session', async (t) => {
  const { visitor, operations } = await lazyApp(t, { lazy: false })
  await visitor.get('/plain')
  assert.deepEqual(operations(), ['get'])
})

refuses('lazy', [['true', 'string'], [1, 'number']])
