'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')

const { eachKoa } = require('../harness/app')
const { decodeCookie } = require('../harness/forge')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const KEY = 'koa.sess'

const routes = {
  '/in' (ctx) { ctx.session.user = 'ann' },
  '/swap' (ctx) {
    ctx.session = null
    ctx.session = { user: 'bob' }
    return { key: ctx.session.externalKey ?? null }
  },
  '/swap-twice' (ctx) {
    ctx.session = null
    ctx.session = { user: 'eve' }
    ctx.session = null
    ctx.session = { user: 'bob' }
  },
  '/swap-empty' (ctx) {
    ctx.session = null
    ctx.session = {}
  },
  '/replace' (ctx) { ctx.session = { user: 'bob' } },
  '/look' (ctx) { return { user: ctx.session.user ?? null } }
}

async function app (t, how) {
  const store = new CountingStore()
  const server = await start(t, { store }, routes, how)
  const visitor = server.visitor()
  await visitor.get('/in')
  const [old] = store.ids()
  store.reset()
  return { store, server, visitor, old }
}

for (const path of ['/swap', '/swap-twice']) {
  eachKoa(`fault 12: null, then an object (${path}): the old record is destroyed, and the id is new`, async (t, Koa) => {
    const { store, server, visitor, old } = await app(t, { Koa })
    const answer = await visitor.get(path)
    const [id] = store.ids()
    assert.equal(store.records.size, 1)
    assert.notEqual(id, old)
    assert.equal(visitor.jar.get(KEY), id)
    assert.equal(answer.setCookie.length, 2)
    assert.deepEqual(store.calls.filter(({ operation }) => operation === 'destroy').map(({ id }) => id), [old])
    assert.equal(store.count('set'), 1)
    assert.equal(store.data(id).user, 'bob')
    if (path === '/swap') assert.deepEqual(answer.json, { key: id })
    assert.deepEqual((await visitor.get('/look')).json, { user: 'bob' })
    assert.deepEqual((await server.get('/look', { cookie: `${KEY}=${old}` })).json, { user: null })
  })
}

test('fault 12: null, then an empty object: the old record is destroyed, and the cookie cleared', async (t) => {
  const { store, visitor } = await app(t)
  await visitor.get('/swap-empty')
  assert.equal(store.records.size, 0)
  assert.equal(store.count('set'), 0)
  assert.equal(visitor.jar.size, 0)
})

test('fault 12: an object without null before it keeps the id, as in koa-session', async (t) => {
  const { store, visitor, old } = await app(t)
  await visitor.get('/replace')
  assert.deepEqual(store.ids(), [old])
  assert.equal(store.data(old).user, 'bob')
  assert.equal(store.count('destroy'), 0)
})

test('fault 12: for a visitor without a session nothing is destroyed', async (t) => {
  const { store, server } = await app(t)
  await server.get('/swap')
  assert.deepEqual(store.calls.filter(({ operation, id }) => operation === 'destroy' && id), [])
  assert.equal(store.records.size, 2)
})

test('fault 12: cookie mode: the new data replace the old', async (t) => {
  const server = await start(t, {}, routes)
  const visitor = server.visitor()
  await visitor.get('/in')
  const { cookies, setCookie } = await visitor.get('/swap')
  assert.equal(setCookie.length, 2)
  assert.equal(decodeCookie(cookies.get(KEY)).user, 'bob')
})
