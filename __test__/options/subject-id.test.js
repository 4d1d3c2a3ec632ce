'use strict'

// A session gets a new id when it gets a subject, or another one: OWASP ASVS 5.0, 7.2.4.

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { MemoryStore } = require('../../stores/memory')
const { of } = require('../harness/app')
const { freeze } = require('../harness/clock')
const { start } = require('../harness/server')

const ROUTES = {
  '/visit' (ctx) { ctx.session.cart = 1 },
  '/in' (ctx) { ctx.session.user = ctx.query.user },
  '/leave' (ctx) { delete ctx.session.user },
  '/count' (ctx) { ctx.session.count = (ctx.session.count ?? 0) + 1 },
  '/me': (ctx) => ({ ...ctx.session, id: of(ctx).id }),
  async '/regenerate-first' (ctx) {
    await of(ctx).regenerate()
    ctx.session.user = ctx.query.user
  },
  // As koa-passport logs in: it regenerates, and then keeps the user.
  async '/passport-in' (ctx) {
    await ctx.session.regenerate()
    ctx.session.user = ctx.query.user
    await ctx.session.save()
  },
  // As koa-passport logs out: it removes the user, saves and regenerates.
  async '/passport-out' (ctx) {
    delete ctx.session.user
    await ctx.session.save()
    await ctx.session.regenerate()
  },
  '/stream' (ctx) {
    ctx.session.user = ctx.query.user
    ctx.respond = false
    ctx.res.writeHead(200)
    ctx.res.end('{}')
  },
  '/times': (ctx) => ({ createdAt: of(ctx).createdAt, authenticatedAt: of(ctx).authenticatedAt ?? null })
}

const startWith = (t, options, how) => start(t, { store: new MemoryStore(), subject: 'user', ...options }, ROUTES, how)
const idOf = async (visitor) => (await visitor.get('/me')).json.id

describe('a new id with a new subject', () => {
  test('is given at login and when the user changes, and the old id is dead', async (t) => {
    const server = await startWith(t)
    const visitor = server.visitor()
    await visitor.get('/visit')
    const ids = [await idOf(visitor)]
    for (const user of ['ann', 'bob']) {
      const before = server.visitor()
      before.jar = new Map(visitor.jar)
      await visitor.get(`/in?user=${user}`)
      const { id, cart, user: seen } = (await visitor.get('/me')).json
      assert.ok(!ids.includes(id))
      assert.deepEqual([cart, seen], [1, user])
      ids.push(id)
      assert.deepEqual(Object.keys((await before.get('/me')).json), ['id'])
    }
    await server.settled()
    assert.equal(server.events.named('session:regenerated').length, 2)
  })

  test('is not given for the same user, at logout, or to a session that begins with its user', async (t) => {
    const server = await startWith(t)
    const visitor = server.visitor()
    await visitor.get('/in?user=ann')
    const id = await idOf(visitor)
    for (const path of ['/in?user=ann', '/count', '/leave', '/count']) {
      await visitor.get(path)
      assert.equal(await idOf(visitor), id, path)
    }
    await server.settled()
    assert.deepEqual(server.events.named('session:regenerated'), [])
  })

  test('is given once if the app regenerates itself, as koa-passport does', async (t) => {
    const server = await startWith(t)
    for (const path of ['/regenerate-first?user=ann', '/passport-in?user=ann']) {
      const visitor = server.visitor()
      await visitor.get('/visit')
      const before = server.events.named('session:regenerated').length
      await visitor.get(path)
      assert.equal((await visitor.get('/me')).json.user, 'ann')
      await server.settled()
      assert.equal(server.events.named('session:regenerated').length, before + 1)
      await visitor.get('/passport-out')
      assert.deepEqual(Object.keys((await visitor.get('/me')).json), ['cart', 'id'])
      await server.settled()
      assert.equal(server.events.named('session:regenerated').length, before + 2)
    }
  })

  test('is not given to a session from before the option', async (t) => {
    const store = new MemoryStore()
    const server = await startWith(t, { store, subject: undefined })
    const visitor = server.visitor()
    await visitor.get('/in?user=ann')
    const id = await idOf(visitor)
    const later = await startWith(t, { store })
    visitor.port = later.port
    await visitor.get('/count')
    assert.equal(await idOf(visitor), id)
    assert.equal((await store.list('ann')).length, 1)
  })

  test('is not given after the headers were sent: the session keeps its id, and the app is told', async (t) => {
    for (const early of [true, false]) {
      const server = await startWith(t, { early })
      const visitor = server.visitor()
      await visitor.get('/visit')
      const id = await idOf(visitor)
      await visitor.get('/stream?user=ann')
      const { id: after, user } = (await visitor.get('/me')).json
      assert.deepEqual([after, user], [id, 'ann'])
      await server.settled()
      assert.deepEqual(server.events.named('session:uncommitted').map(({ reason }) => reason).slice(0, 1), ['headers-sent'])
    }
  })

  test('begins the absolute timeout again, and is the time of authentication', async (t) => {
    const clock = freeze(t)
    const server = await startWith(t, { maxAge: 100_000, absoluteTimeout: 10_000 })
    const visitor = server.visitor()
    await visitor.get('/visit')
    const begin = clock.now
    assert.deepEqual((await visitor.get('/times')).json, { createdAt: begin, authenticatedAt: null })
    clock.now += 9_000
    await visitor.get('/in?user=ann')
    assert.deepEqual((await visitor.get('/times')).json, { createdAt: begin + 9_000, authenticatedAt: begin + 9_000 })
    clock.now += 10_000
    assert.equal((await visitor.get('/me')).json.user, 'ann')
    clock.now += 1
    assert.equal((await visitor.get('/me')).json.user, undefined)
    // A session that begins with its user has authenticated then.
    await visitor.get('/in?user=bob')
    assert.deepEqual((await visitor.get('/times')).json, { createdAt: clock.now, authenticatedAt: clock.now })
  })
})
