'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')

const { refuses } = require('../harness/refusal')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

/** Starts an app that reads ids from a header. */
async function startWith (t, options) {
  const store = new CountingStore()
  const externalKey = { get: (ctx) => ctx.get('x-id') || undefined, set: (ctx, id) => ctx.set('x-id', id) }
  const server = await start(t, { store, externalKey, ...options }, (ctx) => {
    if (ctx.path === '/in') ctx.session.user = 'ann'
    return { isNew: ctx.session.isNew, user: ctx.session.user ?? null }
  })
  return { store, get: (id, path = '/') => server.get(path, { 'x-id': id }) }
}

test('without idPattern, any valid id is passed to the store', async (t) => {
  const { store, get } = await startWith(t, {})
  await get('abc')
  assert.deepEqual(store.calls.map(({ operation, id }) => [operation, id]), [['get', 'abc']])
})

for (const idPattern of [/^[0-9a-f-]{36}$/, /^[0-9a-f-]{36}$/g, /^[0-9a-f-]{36}$/y]) {
  test(`fault 29: idPattern ${idPattern} refuses ids that do not match`, async (t) => {
    const { store, get } = await startWith(t, { idPattern })
    const { headers } = await get('abc', '/in')
    assert.equal(store.count('get'), 0)
    for (let i = 1; i <= 3; i++) {
      assert.deepEqual((await get(headers['x-id'])).json, { isNew: false, user: 'ann' })
      assert.equal(store.count('get'), i)
    }
  })
}

refuses('idPattern', [['^[0-9a-f-]{36}$', 'string'], [() => true, 'function'], [{}, 'object']])
