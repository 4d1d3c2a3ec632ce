'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { KOAS } = require('../harness/app')
const { MODES } = require('../harness/modes')
const { visit } = require('../harness/server')

/** Makes a genid that numbers the ids, so that they are predictable. */
function numbered () {
  let number = 0
  return () => `id${++number}`
}

/** Calls a method with a callback. Resolves to the callback's arguments. */
const called = (session, method, ...args) => new Promise((resolve) => session[method](...args, (...given) => resolve(given)))

for (const [mode, make] of Object.entries(MODES)) {
  describe(`save(): ${mode}`, () => {
    for (const [version, Koa] of Object.entries(KOAS)) {
      test(`saves at once, changed or not: ${version}`, async (t) => {
        const { options, store } = make()
        const seen = []
        const client = await visit(t, { ...options, autoCommit: false }, async (ctx) => {
          if (ctx.path === '/put') ctx.session.a = 1
          const promise = ctx.session.save()
          assert.ok(promise instanceof Promise)
          seen.push(await promise)
          seen.push([ctx.response.get('set-cookie')].flat().length > 0)
        }, { Koa })
        await client.get('/put')
        await client.get('/')
        assert.deepEqual(seen, [undefined, true, undefined, true])
        if (store) assert.deepEqual(store.take(), ['set', 'get', 'set'])
      })
    }

    test('saves a new and empty session', async (t) => {
      const client = await visit(t, make().options, async (ctx) => {
        const { isNew } = ctx.session
        await ctx.session.save()
        return { isNew }
      })
      assert.deepEqual((await client.get()).json, { isNew: true })
      assert.deepEqual((await client.get()).json, { isNew: false })
    })

    test('with a callback, calls it without arguments, and returns undefined', async (t) => {
      const client = await visit(t, make().options, async (ctx) => {
        ctx.session.a = 1
        const args = await called(ctx.session, 'save')
        return { count: args.length, given: typeof ctx.session.save(() => {}) }
      })
      assert.deepEqual((await client.get()).json, { count: 0, given: 'undefined' })
    })

    test('need not be awaited', async (t) => {
      const client = await visit(t, make().options, (ctx) => {
        if (ctx.path === '/put') {
          ctx.session.a = 1
          ctx.session.save()
          ctx.session.b = 2
        }
        return ctx.session
      })
      await client.get('/put')
      assert.deepEqual((await client.get()).json, { a: 1, b: 2 })
    })
  })

  describe(`manuallyCommit() and commit(): ${mode}`, () => {
    test('save only if there is a reason', async (t) => {
      const { options, store } = make()
      const client = await visit(t, { ...options, autoCommit: false }, async (ctx) => {
        if (ctx.path === '/put') ctx.session.a = 1
        const count = () => [ctx.response.get('set-cookie')].flat().filter(Boolean).length
        await ctx.session[ctx.query.method]()
        return count()
      })
      for (const method of ['manuallyCommit', 'commit']) {
        client.jar.clear()
        assert.equal((await client.get(`/?method=${method}`)).json, 0)
        assert.ok((await client.get(`/put?method=${method}`)).json > 0)
        assert.equal((await client.get(`/?method=${method}`)).json, 0)
        if (store) assert.deepEqual(store.take(), ['set', 'get'])
      }
    })

    test('commit({ save: true }) and commit({ regenerate: true }) are save() and regenerate()', async (t) => {
      const { options, store } = make()
      const client = await visit(t, { ...options, autoCommit: false, genid: numbered() }, async (ctx) => {
        if (ctx.query.save) await ctx.session.commit({ save: true })
        if (ctx.query.regenerate) await ctx.session.commit({ regenerate: true })
      })
      assert.ok((await client.get('/?save=1')).setCookie.length > 0)
      assert.ok((await client.get('/?regenerate=1')).setCookie.length > 0)
      if (store) assert.deepEqual(store.take(), ['set', 'get', 'destroy', 'set'])
    })

    test('commit takes a callback in either place', async (t) => {
      const client = await visit(t, make().options, async (ctx) => {
        ctx.session.a = 1
        const first = await called(ctx.session, 'commit')
        const second = await called(ctx.session, 'commit', { save: true })
        return [first.length, second.length]
      })
      const { json, setCookie } = await client.get()
      assert.deepEqual(json, [0, 0])
      assert.ok(setCookie.length > 0)
    })

    test('remove the session after ctx.session = null', async (t) => {
      const client = await visit(t, { ...make().options, autoCommit: false }, async (ctx) => {
        if (ctx.path === '/put') ctx.session.a = 1
        const { session } = ctx
        if (ctx.path === '/logout') ctx.session = null
        await session.manuallyCommit()
        return ctx.session
      })
      await client.get('/put')
      assert.deepEqual((await client.get()).json, { a: 1 })
      const { setCookie } = await client.get('/logout')
      assert.ok(setCookie.every((line) => line.includes('; expires=Thu, 01 Jan 1970 00:00:00 GMT;')) && setCookie.length === 2)
    })
  })
}

describe('a failure of the store', () => {
  for (const method of ['save', 'regenerate', 'manuallyCommit', 'commit']) {
    test(`is what ${method}() rejects with, or calls back with`, async (t) => {
      const { options, store } = MODES.store()
      store.set = async () => { throw new Error('down') }
      const client = await visit(t, { ...options, autoCommit: false }, async (ctx) => {
        ctx.session.a = 1
        const rejected = await ctx.session[method]().catch((error) => error.message)
        // The one method that takes no callback.
        if (method === 'manuallyCommit') return [rejected]
        const [error] = await called(ctx.session, method)
        return [rejected, error.message]
      })
      const { json } = await client.get()
      assert.ok(json.length > 0 && json.every((message) => message === 'down'))
    })
  }
})
