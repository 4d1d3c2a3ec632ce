'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')

const { refuses } = require('../harness/refusal')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const routes = { '/in' (ctx) { ctx.session.n = 1 } }

test('storeMaxAge is one day by default', async (t) => {
  const store = new CountingStore()
  const server = await start(t, { store, maxAge: 'session' }, routes)
  await server.get('/in')
  assert.equal(store.last('set').ttl, 86410000)
})

test('fault 13: storeMaxAge sets another TTL', async (t) => {
  const store = new CountingStore()
  const server = await start(t, { store, maxAge: 'session', storeMaxAge: 5000 }, routes)
  await server.get('/in')
  assert.equal(store.last('set').ttl, 15000)
})

test('fault 13: storeMaxAge does not affect a maxAge in milliseconds', async (t) => {
  const store = new CountingStore()
  const server = await start(t, { store, maxAge: 1000, storeMaxAge: 5000 }, routes)
  await server.get('/in')
  assert.equal(store.last('set').ttl, 11000)
})

refuses('storeMaxAge', [['1000', 'string'], [NaN, 'nan'], [Infinity, 'infinity'], [1n, 'bigint']])
