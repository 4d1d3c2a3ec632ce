'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const { MemoryStore } = require('../../stores/memory')
const { of } = require('../harness/app')
const { ROUTES } = require('../harness/merging')
const { start } = require('../harness/server')

/** Returns a function that returns the ids in turn, then always the last one. */
const inTurn = (...ids) => () => ids.length > 1 ? ids.shift() : ids[0]

const KINDS = {
  'a genid': (genid) => genid,
  'a genid that returns promises': (genid) => async () => genid()
}

for (const [title, make] of Object.entries(KINDS)) {
  describe(`${title} that returns the id of another session`, () => {
    /** Starts an app whose store has a session with the id 'taken'. */
    async function startTaken (t, options, routes) {
      const store = new MemoryStore()
      store.create('taken', { data: '{"user":"bob"}', maxAge: 60_000 }, 60_000)
      const server = await start(t, { store, ...options }, { ...ROUTES, ...routes })
      return { store, server, visitor: server.visitor() }
    }

    test('is called once more', async (t) => {
      const { visitor, store } = await startTaken(t, { genid: make(inTurn('taken', 'free')) })
      await visitor.get('/set?a=1')
      assert.equal(visitor.jar.get('koa.sess'), 'free')
      assert.deepEqual([store.load('free').data, store.load('taken').data], ['{"a":1}', '{"user":"bob"}'])
    })

    test('fails the commit if the second id is taken, too', async (t) => {
      const { visitor, server, store } = await startTaken(t, { genid: make(inTurn('taken')) })
      const { status, setCookie } = await visitor.get('/set?a=1')
      assert.deepEqual([status, setCookie], [500, []])
      assert.deepEqual(server.errors.map(({ code }) => code), ['ERR_SESSION_ID_TAKEN'])
      assert.equal(store.load('taken').data, '{"user":"bob"}')
    })

    test('makes regenerate() fail, and the session keeps its id', async (t) => {
      const { visitor, server, store } = await startTaken(t, { genid: make(inTurn('mine', 'taken')) },
        { '/regenerate': (ctx) => of(ctx).regenerate() })
      await visitor.get('/set?a=1')
      assert.equal((await visitor.get('/regenerate')).status, 500)
      assert.deepEqual(server.errors.map(({ code }) => code), ['ERR_SESSION_ID_TAKEN'])
      assert.deepEqual([store.load('mine').data, store.load('taken').data], ['{"a":1}', '{"user":"bob"}'])
    })

    test('may return the id of an expired session', async (t) => {
      const { visitor, store } = await startTaken(t, { genid: make(inTurn('taken')) })
      t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 60_001 })
      await visitor.get('/set?a=1')
      assert.equal(store.load('taken').data, '{"a":1}')
    })
  })
}

test('with early, genid is not called again after the cookie has been sent', async (t) => {
  const store = new MemoryStore()
  store.create('taken', { data: '{"user":"bob"}', maxAge: 60_000 }, 60_000)
  const server = await start(t, { store, early: true, genid: inTurn('taken', 'free') }, {
    '/early' (ctx) {
      ctx.session.a = 1
      ctx.respond = false
      ctx.res.end('sent')
    }
  })
  await server.visitor().get('/early')
  await server.settled()
  assert.deepEqual(server.errors.map(({ code }) => code), ['ERR_SESSION_ID_TAKEN'])
  assert.equal(store.load('taken').data, '{"user":"bob"}')
})
