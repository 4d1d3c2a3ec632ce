'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const theirSession = require('koa-session').default

const { MODES } = require('../harness/modes')
const { refuses } = require('../harness/refusal')
const { visit } = require('../harness/server')

const respond = (ctx) => {
  if (ctx.path === '/login') ctx.session.user = 'zoe'
  if (ctx.path === '/save') ctx.session.save()
  return { user: ctx.session.user, saved: ctx.session.saved }
}

describe('beforeSave', () => {
  for (const [mode, make] of Object.entries(MODES)) {
    test(`is called with ctx and the session, and only before a save: ${mode}`, async (t) => {
      const calls = []
      const client = await visit(t, {
        ...make().options,
        autoCommit: true,
        beforeSave (...args) { calls.push([args.length, args[0].path, args[1] === args[0].session]) }
      }, respond)
      await client.get('/idle')
      assert.deepEqual(calls, [])
      await client.get('/login')
      assert.deepEqual(calls, [[2, '/login', true]])
      await client.get('/read')
      assert.deepEqual(calls.length, 1)
    })

    test(`may change the session that is saved: ${mode}`, async (t) => {
      const client = await visit(t, { ...make().options, beforeSave: (ctx, session) => { session.saved = (session.saved ?? 0) + 1 } }, respond)
      await client.get('/login')
      assert.deepEqual((await client.get()).json, { user: 'zoe', saved: 1 })
    })

    test(`may set maxAge for this save: ${mode}`, async (t) => {
      const { options, store } = make()
      const client = await visit(t, { ...options, maxAge: 1000, beforeSave: (ctx, session) => { session.maxAge = 5000 } }, respond)
      const { setCookie } = await client.get('/login')
      const json = store ? [...store.records.values()][0] : Buffer.from(setCookie[0].split(/[=;]/)[1], 'base64').toString()
      assert.equal(JSON.parse(json)._maxAge, 5000)
    })

    test(`is not called for a removal: ${mode}`, async (t) => {
      let calls = 0
      const client = await visit(t, { ...make().options, beforeSave: () => calls++ }, (ctx) => { ctx.session = null })
      await client.get()
      assert.equal(calls, 0)
    })
  }

  for (const [name, session] of [['koa-session', theirSession], ['this package', undefined]]) {
    for (const mode of ['cookie', 'store']) {
      test(`is not called for a change that cannot be serialised: ${name}, ${mode}`, async (t) => {
        const calls = []
        const client = await visit(t, { ...MODES[mode]().options, beforeSave: (ctx) => { calls.push(ctx.path) } }, (ctx) => {
          if (ctx.path === '/cart') ctx.session.cart = { items: [{ qty: 1 }] }
          if (ctx.path === '/broken') ctx.session.cart.items = [{ qty: 2, price: { toJSON () { throw new Error('no JSON') } } }]
        }, session && { session })
        await client.get('/cart')
        assert.equal((await client.get('/broken')).status, 500)
        assert.deepEqual(calls, ['/cart'])
      })
    }
  }

  test('may throw: its error fails the request', async (t) => {
    const { options, store } = MODES.store()
    const client = await visit(t, { ...options, beforeSave () { throw Object.assign(new Error('no'), { status: 503 }) } }, respond)
    const { status, setCookie } = await client.get('/login')
    assert.deepEqual([status, setCookie], [503, []])
    assert.deepEqual(store.take(), [])
  })
})

refuses('beforeSave', [[[], 'array']])
