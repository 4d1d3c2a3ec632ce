'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')

const { eachKoa, isUpstream, of } = require('../harness/app')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const KEY = 'koa.sess'

eachKoa('fault 11: after regenerate, externalKey is the new id', async (t, Koa) => {
  const store = new CountingStore()
  const server = await start(t, { store }, {
    '/in' (ctx) { ctx.session.n = 1 },
    async '/anew' (ctx) {
      const { session } = ctx
      const before = session.externalKey
      await session.regenerate()
      return { before, after: ctx.session.externalKey, held: session.externalKey }
    }
  }, { Koa })
  const visitor = server.visitor()
  await visitor.get('/in')
  const [old] = store.ids()
  const { json } = await visitor.get('/anew')
  const [id] = store.ids()
  assert.notEqual(id, old)
  assert.equal(store.records.size, 1)
  assert.equal(visitor.jar.get(KEY), id)
  assert.deepEqual(json, { before: old, after: id, held: id })
})

test('fault 11: session.of(ctx).id is the new id, too', { skip: isUpstream }, async (t) => {
  const store = new CountingStore()
  const server = await start(t, { store }, {
    async '/anew' (ctx) {
      ctx.session.n = 1
      await of(ctx).regenerate()
      return { id: of(ctx).id, key: ctx.session.externalKey }
    }
  })
  const [{ json }, [id]] = [await server.get('/anew'), store.ids()]
  assert.deepEqual(json, { id, key: id })
})

test('fault 11: regenerate with a callback, and twice', async (t) => {
  const store = new CountingStore()
  const server = await start(t, { store }, async (ctx) => {
    ctx.session.n = 1
    const keys = []
    for (let i = 0; i < 2; i++) {
      await new Promise((resolve, reject) => ctx.session.regenerate((err) => err ? reject(err) : resolve()))
      keys.push(ctx.session.externalKey)
    }
    return keys
  })
  const { json, cookies } = await server.get('/')
  assert.equal(new Set(json).size, 2)
  assert.deepEqual(store.ids(), [json[1]])
  assert.ok(cookies.get(KEY).startsWith(`${KEY}=${json[1]};`))
})

test('fault 11: externalKey.set gets the new id', async (t) => {
  const store = new CountingStore()
  const externalKey = { get: (ctx) => ctx.get('x-id'), set: (ctx, id) => ctx.set('x-id', id) }
  const server = await start(t, { store, externalKey }, async (ctx) => {
    ctx.session.n = 1
    await ctx.session.regenerate()
    return { key: ctx.session.externalKey }
  })
  const { json, headers } = await server.get('/')
  assert.deepEqual(json, { key: headers['x-id'] })
  assert.deepEqual(store.ids(), [headers['x-id']])
})
