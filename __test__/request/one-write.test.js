'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')

const { eachKoa } = require('../harness/app')
const { decodeCookie } = require('../harness/forge')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const KEY = 'koa.sess'

const routes = {
  '/in' (ctx) { ctx.session.n = 1 },
  '/save' (ctx) {
    ctx.session.n++
    return ctx.session.save()
  },
  async '/save-change' (ctx) {
    ctx.session.n++
    await ctx.session.save()
    ctx.session.n++
  },
  '/save-only' (ctx) { return ctx.session.save() },
  '/age' (ctx) { ctx.session.maxAge = 60000 },
  '/age-save' (ctx) {
    ctx.session.maxAge = 60000
    return ctx.session.save()
  },
  '/age-change' (ctx) {
    ctx.session.n++
    ctx.session.maxAge = 60000
  },
  '/anew' (ctx) { return ctx.session.regenerate() },
  '/commit' (ctx) {
    ctx.session.n++
    return ctx.session.manuallyCommit()
  },
  async '/back' (ctx) {
    const { n } = ctx.session
    ctx.session.n = 100
    await ctx.session.save()
    ctx.session.n = n
  },
  '/look' (ctx) { return { n: ctx.session.n ?? null } }
}

async function app (t, opts, how) {
  const store = new CountingStore()
  const server = await start(t, { store, ...opts }, routes, how)
  const visitor = server.visitor()
  await visitor.get('/in')
  store.reset()
  const sets = () => store.calls.filter(({ operation }) => operation === 'set')
    .map(({ value, options }) => ({ n: JSON.parse(value).n, changed: options.changed }))
  return { store, server, visitor, sets }
}

/** The writes of each route, to a session with n = 1. */
const expected = {
  '/save': [{ n: 2, changed: true }],
  '/save-change': [{ n: 2, changed: true }, { n: 3, changed: true }],
  '/save-only': [{ n: 1, changed: false }],
  '/age': [{ n: 1, changed: false }],
  '/age-save': [{ n: 1, changed: false }],
  '/age-change': [{ n: 2, changed: true }],
  '/anew': [{ n: 1, changed: true }],
  '/commit': [{ n: 2, changed: true }],
  '/back': [{ n: 100, changed: true }, { n: 1, changed: true }],
  '/look': []
}

for (const [path, writes] of Object.entries(expected)) {
  eachKoa(`fault 17: ${path}: ${writes.length} writes, changed: ${writes.map(({ changed }) => changed)}`, async (t, Koa) => {
    const { sets, visitor } = await app(t, {}, { Koa })
    await visitor.get(path)
    assert.deepEqual(sets(), writes)
    assert.deepEqual((await visitor.get('/look')).json, { n: writes.at(-1)?.n ?? 1 })
  })
}

test('fault 17: save() and the commit write a new session once in all, as changed', async (t) => {
  const { server, sets } = await app(t)
  await server.get('/save')
  assert.deepEqual(sets(), [{ n: null, changed: true }])
})

test('fault 17: rolling writes an untouched session as unchanged, and does not write a saved one again', async (t) => {
  const { visitor, sets } = await app(t, { rolling: true })
  await visitor.get('/look')
  await visitor.get('/save')
  assert.deepEqual(sets(), [{ n: 1, changed: false }, { n: 2, changed: true }])
})

test('fault 17: a store that skips unchanged writes loses no data', async (t) => {
  const store = new CountingStore()
  const skipping = {
    get: (...args) => store.get(...args),
    set: (id, value, ttl, options) => options.changed ? store.set(id, value, ttl, options) : undefined,
    destroy: (...args) => store.destroy(...args)
  }
  const server = await start(t, { store: skipping }, routes)
  const visitor = server.visitor()
  await visitor.get('/in')
  await visitor.get('/age-change')
  assert.deepEqual((await visitor.get('/look')).json, { n: 2 })
  await visitor.get('/anew')
  assert.deepEqual((await visitor.get('/look')).json, { n: 2 })
})

eachKoa('fault 17: cookie mode: save() and the commit send one cookie, with the last data', async (t, Koa) => {
  const server = await start(t, { overwrite: false }, routes, { Koa })
  const visitor = server.visitor()
  await visitor.get('/in')
  const once = await visitor.get('/save')
  assert.equal(once.setCookie.length, 2)
  assert.equal(decodeCookie(once.cookies.get(KEY)).n, 2)
  // Without overwrite, the lines of each write are sent.
  const twice = await visitor.get('/save-change')
  assert.equal(twice.setCookie.length, 4)
  assert.equal(decodeCookie(twice.cookies.get(KEY)).n, 4)
})

eachKoa('fault 17: the commits of a request run one after another', async (t, Koa) => {
  const store = new CountingStore()
  let running = 0
  let most = 0
  const watched = {
    get: (...args) => store.get(...args),
    async set (...args) {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, store.count('set') === 0 ? 20 : 0))
      await store.set(...args)
      running--
    },
    destroy: (...args) => store.destroy(...args)
  }
  const server = await start(t, { store: watched }, async (ctx) => {
    const saves = []
    for (let n = 1; n <= 3; n++) {
      ctx.session.n = n
      saves.push(ctx.session.save())
      await new Promise((resolve) => setImmediate(resolve))
    }
    await Promise.all(saves)
  }, { Koa })
  await server.get('/')
  assert.equal(most, 1)
  assert.equal(store.data(store.ids()[0]).n, 3)
})

test('fault 17: a save() that is not awaited ends before the response', async (t) => {
  const store = new CountingStore()
  const server = await start(t, { store }, (ctx) => {
    ctx.session.n = 1
    ctx.session.save()
    ctx.session.n = 2
    ctx.session.save()
    ctx.session.n = 3
  })
  const held = store.hold('set')
  const request = server.get('/')
  await held.reached
  let isAnswered = false
  request.then(() => { isAnswered = true })
  await server.settled()
  assert.equal(isAnswered, false)
  assert.equal(store.count('set'), 1)
  held.open()
  await request
  assert.equal(store.records.size, 1)
  assert.equal(store.data(store.ids()[0]).n, 3)
})

test('fault 17: a logout waits for a running save', async (t) => {
  const store = new CountingStore()
  const server = await start(t, { store }, (ctx) => {
    ctx.session.n = 1
    ctx.session.save()
    ctx.session = null
  })
  const held = store.hold('set')
  const request = server.get('/')
  await held.reached
  await server.settled()
  assert.equal(store.count('destroy'), 0)
  held.open()
  await request
  assert.equal(store.records.size, 0)
})

test('fault 17: a failed save does not prevent later ones', async (t) => {
  const store = new CountingStore()
  const server = await start(t, { store }, async (ctx) => {
    ctx.session.n = 1
    store.fail('set', new Error('down'))
    await ctx.session.save().catch(() => store.mend())
    ctx.session.n = 2
  })
  assert.equal((await server.get('/')).status, 200)
  assert.equal(store.data(store.ids()[0]).n, 2)
})
