'use strict'

// Without merge, concurrent requests of a session lose each other's writes. (__test__/persistence tests merging.)

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { refuses } = require('../harness/refusal')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')
const { gate } = require('../harness/waiting')

/** Lets a slow and a fast request set a key each, and returns the session afterwards. */
async function setTwo (t, options) {
  const slow = gate()
  const server = await start(t, options, {
    '/first' (ctx) { ctx.session.first = 1 },
    async '/slow' (ctx) {
      ctx.session.slow = 1
      await slow.pass()
    },
    '/fast' (ctx) { ctx.session.fast = 1 },
    '/me': (ctx) => ctx.session.toJSON()
  })
  const ann = server.visitor()
  await ann.get('/first')
  const late = ann.get('/slow')
  await slow.reached
  await ann.get('/fast')
  slow.open()
  await late
  return (await ann.get('/me')).json
}

test('fault 3: two requests of one session each set a key, with merge: true', async (t) => {
  assert.deepEqual(await setTwo(t, { store: new CountingStore(), merge: true }), { first: 1, fast: 1, slow: 1 })
})

for (const merge of [undefined, false]) {
  test(`the last of two requests of one session wins, with merge: ${merge}`, async (t) => {
    assert.deepEqual(await setTwo(t, { store: new CountingStore(), merge }), { first: 1, slow: 1 })
  })
}

test('fault 3: only the store\'s three methods are called, as koa-session calls them', async (t) => {
  const store = new CountingStore()
  // Methods of a session store's contract, whose names have other meanings in other stores.
  for (const name of ['create', 'load', 'merge', 'touch', 'list', 'clear', 'close']) {
    store[name] = () => assert.fail(`${name} was called`)
  }
  const server = await start(t, { store, merge: true, maxAge: 5000 }, {
    '/set' (ctx) { ctx.session.user = 'ann' },
    '/out' (ctx) { ctx.session = null }
  })
  const ann = server.visitor()
  const before = Date.now()
  await ann.get('/set')
  await ann.get('/set')
  const { id, ttl, options: { changed, rolling, ctx } } = store.last('set')
  assert.deepEqual([ttl, changed, rolling, ctx.path], [15_000, true, false, '/set'])
  const { _expire, ...record } = store.data(id)
  assert.deepEqual(record, { user: 'ann', _maxAge: 5000 })
  assert.ok(_expire >= before + 5000 && _expire <= Date.now() + 5000)
  const get = store.last('get')
  assert.deepEqual([get.id, get.ttl, get.options.rolling], [id, 5000, false])
  await ann.get('/out')
  assert.deepEqual([store.last('destroy').id, store.ids()], [id, []])
})

refuses('merge', [[1, 'number'], ['true', 'string']])
