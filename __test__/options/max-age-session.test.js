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
  '/change' (ctx) {
    ctx.session.n++
    return { maxAge: ctx.session.maxAge }
  },
  async '/twice' (ctx) {
    ctx.session.n = 1
    await ctx.session.save()
    ctx.session.n = 2
    await ctx.session.save()
  },
  '/limit' (ctx) {
    ctx.session.n = 1
    ctx.session.maxAge = 'session'
  }
}

const hasExpiry = (line) => /expires=/i.test(line)

eachKoa('fault 13: the cookie stays one that lives as long as the browser, however often it is written', async (t, Koa) => {
  const server = await start(t, { maxAge: 'session' }, routes, { Koa })
  const visitor = server.visitor()
  const seen = []
  for (const path of ['/in', '/change', '/change', '/twice']) {
    const { cookies, setCookie } = await visitor.get(path)
    assert.ok(!setCookie.some(hasExpiry), path)
    seen.push(decodeCookie(cookies.get(KEY)))
  }
  assert.deepEqual(seen, [1, 2, 3, 2].map((n) => ({ n, _session: true })))
  assert.deepEqual((await visitor.get('/change')).json, { maxAge: 'session' })
})

eachKoa('fault 13: also with a store, which gets the TTL of one day', async (t, Koa) => {
  const store = new CountingStore()
  const server = await start(t, { store, maxAge: 'session' }, routes, { Koa })
  const visitor = server.visitor()
  for (const path of ['/in', '/change', '/change', '/twice']) {
    const { setCookie } = await visitor.get(path)
    assert.ok(setCookie.length > 0 && !setCookie.some(hasExpiry), path)
  }
  const sets = store.calls.filter(({ operation }) => operation === 'set')
  assert.ok(sets.length >= 4)
  for (const { value, ttl } of sets) {
    assert.equal(ttl, 86410000)
    const { n, ...envelope } = JSON.parse(value)
    assert.deepEqual(envelope, { _session: true })
  }
  assert.deepEqual((await visitor.get('/change')).json, { maxAge: 'session' })
})

test("fault 13: session.maxAge = 'session' applies to later requests", async (t) => {
  const store = new CountingStore()
  const server = await start(t, { store, maxAge: 60000 }, routes)
  const visitor = server.visitor()
  const first = await visitor.get('/limit')
  assert.ok(!first.setCookie.some(hasExpiry))
  assert.equal(store.last('set').ttl, 86410000)
  const second = await visitor.get('/change')
  assert.deepEqual(second.json, { maxAge: 'session' })
  assert.ok(!second.setCookie.some(hasExpiry))
  assert.deepEqual(store.data(store.ids()[0]), { n: 2, _session: true })
})
