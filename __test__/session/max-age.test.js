'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { START_MS, freeze } = require('../harness/clock')
const { cookieHeader, decode, encode } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { visit } = require('../harness/server')

/** Reads what was saved last. */
const saved = (store, setCookie) => store ? JSON.parse([...store.records.values()].at(-1)) : decode(setCookie)

for (const [mode, make] of Object.entries(MODES)) {
  describe(`session.maxAge: ${mode}`, () => {
    test('is undefined without the option, and else equals it', async (t) => {
      for (const maxAge of [undefined, 1000, 'session']) {
        const client = await visit(t, { ...make().options, maxAge }, (ctx) => ({ maxAge: ctx.session.maxAge ?? 'none' }))
        assert.deepEqual((await client.get()).json, { maxAge: maxAge ?? 'none' })
      }
    })

    test('assigned, applies to this session and forces a save', async (t) => {
      const clock = freeze(t)
      const { options, store } = make()
      const client = await visit(t, { ...options, maxAge: 1000 }, (ctx) => {
        if (ctx.path === '/put') ctx.session.a = 1
        if (ctx.path === '/longer') ctx.session.maxAge = 60000
        return { maxAge: ctx.session.maxAge, expire: ctx.session._expire }
      })
      await client.get('/put')
      clock.now += 500
      const { setCookie, json } = await client.get('/longer')
      assert.deepEqual(json, { maxAge: 60000, expire: START_MS + 1000 })
      assert.deepEqual(saved(store, setCookie), { a: 1, _expire: START_MS + 60500, _maxAge: 60000 })
      if (mode !== 'externalKey') assert.ok(setCookie.every((line) => line.includes('; expires=Mon, 01 Jan 2024 00:01:00 GMT;')))
      if (store) assert.deepEqual([store.last('set').ttl, store.last('set').options.changed], [70000, false])
      clock.now += 60000
      assert.deepEqual((await client.get()).json, { maxAge: 60000, expire: START_MS + 60500 })
      assert.deepEqual((await client.get('/', { cookie: '' })).json, { maxAge: 1000 })
    })

    test('assigned the same value, forces a save too', async (t) => {
      const client = await visit(t, { ...make().options, maxAge: 1000 }, (ctx) => {
        ctx.session.a = 1
        if (ctx.path === '/same') ctx.session.maxAge = 1000
      })
      await client.get()
      assert.deepEqual((await client.get()).setCookie, [])
      assert.ok((await client.get('/same')).setCookie.length > 0)
    })

    test("assigned 'session', makes the session last as long as the browser runs", async (t) => {
      freeze(t)
      const { options, store } = make()
      const client = await visit(t, { ...options, maxAge: 1000 }, (ctx) => {
        if (ctx.path === '/put') Object.assign(ctx.session, { a: 1, maxAge: 'session' })
        return { maxAge: ctx.session.maxAge }
      })
      const { setCookie } = await client.get('/put')
      assert.deepEqual(saved(store, setCookie), { a: 1, _session: true })
      assert.ok(mode === 'externalKey' || setCookie.every((line) => line.endsWith('; path=/; httponly')))
      assert.deepEqual((await client.get()).json, { maxAge: 'session' })
    })

    test('is loaded with the session', async (t) => {
      const { options } = make()
      const client = await visit(t, options, (ctx) => {
        if (ctx.path === '/put') ctx.session = { a: 1, maxAge: 7000 }
        return { maxAge: ctx.session.maxAge, keys: ctx.session }
      })
      await client.get('/put')
      assert.deepEqual((await client.get()).json, { maxAge: 7000, keys: { a: 1 } })
    })
  })
}

test('of data with both a maxAge and the mark of a browser session, the last one counts, also after an assignment', async (t) => {
  const client = await visit(t, {}, (ctx) => {
    const { session } = ctx
    ctx.session = session
    return { maxAge: ctx.session.maxAge, data: ctx.session }
  })
  for (const [payload, maxAge] of [
    ['{"a":1,"_maxAge":5000,"_session":true}', 'session'],
    ['{"a":1,"_session":true,"_expire":9999999999999,"_maxAge":5000}', 5000]
  ]) {
    const { json } = await client.get('/', { cookie: cookieHeader(encode(payload)) })
    assert.deepEqual(json, { maxAge, data: { a: 1 } })
  }
})
