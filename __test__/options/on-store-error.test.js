'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')

const { eachKoa } = require('../harness/app')
const { refuses } = require('../harness/refusal')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const KEY = 'koa.sess'
const down = Object.assign(new Error('the store is down'), { code: 'ECONNREFUSED' })

const routes = {
  '/in' (ctx) { ctx.session.user = 'ann' },
  '/fail' (ctx) {
    ctx.session.user = 'bob'
    ctx.throw(418)
  },
  '/change' (ctx) { ctx.session.user = 'eve' },
  '/plain' () { return 'plain' },
  '/look' (ctx) { return { user: ctx.session.user ?? null, isNew: ctx.session.isNew } },
  '/out' (ctx) { ctx.session = null },
  '/anew' (ctx) { return ctx.session.regenerate() },
  async '/twice' (ctx) {
    ctx.session.user = 'eve'
    await ctx.session.save()
    ctx.session.more = 1
  }
}

/** Starts an app, logs a visitor in, and then makes an operation of the store fail. */
async function outage (t, operation, onStoreError, how) {
  const store = new CountingStore()
  const server = await start(t, { store, onStoreError }, routes, how)
  const visitor = server.visitor()
  await visitor.get('/in')
  store.reset()
  store.fail(operation, down)
  return { store, server, visitor }
}

eachKoa("fault 6: the route's error stays; the store's goes to the app's 'error'", async (t, Koa) => {
  const { server, visitor } = await outage(t, 'set', undefined, { Koa })
  const answer = await visitor.get('/fail')
  assert.equal(answer.status, 418)
  assert.deepEqual(answer.setCookie, [])
  assert.equal(server.errors.length, 2)
  assert.ok(server.errors.includes(down))
  assert.ok(server.errors.some(({ status }) => status === 418))
})

for (const [operation, path] of [['get', '/plain'], ['set', '/change'], ['destroy', '/out'], ['destroy', '/anew']]) {
  eachKoa(`fault 6: by default a failing ${operation} is the request's error (${path})`, async (t, Koa) => {
    const { server, visitor } = await outage(t, operation, undefined, { Koa })
    assert.equal((await visitor.get(path)).status, 500)
    assert.deepEqual(server.errors, [down])
  })

  for (const policy of ['throw', undefined, 'another']) {
    test(`fault 6: onStoreError returns ${policy} for ${operation} (${path}): the request fails`, async (t) => {
      const asked = []
      const onStoreError = (err, operation, ctx) => {
        asked.push({ err, operation, path: ctx.path })
        return policy
      }
      const { server, visitor } = await outage(t, operation, onStoreError)
      assert.equal((await visitor.get(path)).status, 500)
      assert.deepEqual(server.errors, [down])
      assert.equal(asked[0].err, down)
      assert.deepEqual(asked[0], { err: down, operation, path })
    })
  }
}

test('fault 6: an error that onStoreError throws fails the request', async (t) => {
  const own = new Error('unavailable')
  const { server, visitor } = await outage(t, 'get', async () => { throw own })
  assert.equal((await visitor.get('/plain')).status, 500)
  assert.deepEqual(server.errors, [own])
})

for (const kind of ['a policy', 'a promise of one']) {
  const policyOf = (policy) => kind === 'a policy' ? () => policy : async () => policy

  for (const policy of ['ignore', 'anonymous']) {
    test(`fault 6: get fails, ${kind}: '${policy}': routes work, with a new session`, async (t) => {
      const { server, store, visitor } = await outage(t, 'get', policyOf(policy))
      const { cookie } = visitor
      assert.equal((await visitor.get('/plain')).body, 'plain')
      assert.deepEqual((await visitor.get('/look')).json, { user: null, isNew: true })
      assert.equal(store.count(), store.count('get'))
      assert.deepEqual(server.errors, [])
      store.mend()
      assert.deepEqual((await server.get('/look', { cookie })).json, { user: 'ann', isNew: false })
    })

    test(`fault 6: set fails, ${kind}: '${policy}': the response is sent without a cookie`, async (t) => {
      const { server, store, visitor } = await outage(t, 'set', policyOf(policy))
      const answer = await visitor.get('/twice')
      assert.equal(answer.status, 200)
      assert.deepEqual(answer.setCookie, [])
      assert.deepEqual(server.errors, [])
      assert.deepEqual(store.ids().map((id) => store.data(id).user), ['ann'])
      await server.settled()
      assert.deepEqual(server.events.named('session:saved').map(({ ctx }) => ctx.path), ['/in'])
    })

    test(`fault 6: destroy fails, ${kind}: '${policy}': a logout clears the cookie nevertheless`, async (t) => {
      const { server, visitor } = await outage(t, 'destroy', policyOf(policy))
      assert.equal((await visitor.get('/out')).status, 200)
      assert.equal(visitor.jar.size, 0)
      assert.deepEqual(server.errors, [])
    })
  }

  test(`fault 6: get fails, ${kind}: 'ignore': what the route writes is a new session`, async (t) => {
    const { store, visitor } = await outage(t, 'get', policyOf('ignore'))
    const [old] = store.ids()
    const { setCookie } = await visitor.get('/in')
    assert.equal(setCookie.length, 2)
    assert.equal(store.records.size, 2)
    assert.notEqual(visitor.jar.get(KEY), old)
    assert.ok(store.records.has(visitor.jar.get(KEY)))
  })

  for (const path of ['/in', '/twice', '/out', '/anew', '/fail']) {
    test(`fault 6: get fails, ${kind}: 'anonymous': nothing is written and no cookie sent (${path})`, async (t) => {
      const { store, visitor } = await outage(t, 'get', policyOf('anonymous'))
      const before = [...store.records]
      const answer = await visitor.get(path)
      assert.equal(answer.status, path === '/fail' ? 418 : 200)
      assert.deepEqual(answer.setCookie, [])
      assert.deepEqual(store.calls.map(({ operation }) => operation), ['get'])
      assert.deepEqual([...store.records], before)
    })
  }
}

for (const [policy, sets] of [['ignore', 2], ['anonymous', 1]]) {
  test(`fault 6: after a failed save, '${policy}' ${sets === 2 ? 'allows' : 'prevents'} further saves`, async (t) => {
    const { store, visitor } = await outage(t, 'set', () => policy)
    await visitor.get('/twice')
    assert.equal(store.count('set'), sets)
  })
}

test('fault 6: onStoreError is not called if the store works', async (t) => {
  let asked = 0
  const store = new CountingStore()
  const server = await start(t, { store, onStoreError () { asked++ } }, routes)
  const visitor = server.visitor()
  await visitor.get('/in')
  await visitor.get('/out')
  assert.equal(asked, 0)
})

refuses('onStoreError', [['ignore', 'string'], [true, 'boolean']])
