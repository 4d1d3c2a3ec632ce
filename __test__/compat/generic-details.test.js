'use strict'

// What compat/generic does in rare cases: ids that no store may get, late saves, and sessions that are no objects.

const { IncomingMessage, ServerResponse } = require('node:http')
const { Socket } = require('node:net')
const { test } = require('node:test')
const assert = require('node:assert/strict')

const Koa = require('koa')

const generic = require('../../compat/generic')
const { KnownData } = require('../../lib/compat/known-data')
const { inFlightRecordsOf } = require('../../lib/persistence/in-flight-records')

const ID = 'x'.repeat(32)

/** A store that notes the keys that it gets. */
function makeStore (records = {}) {
  const keys = []
  const note = (act) => async (key, data) => {
    keys.push(key)
    return act(key, data)
  }
  return {
    keys,
    records,
    get: note((key) => records[key] && JSON.parse(records[key])),
    set: note((key, data) => { records[key] = JSON.stringify(data) }),
    destroy: note((key) => { delete records[key] })
  }
}

async function send (options, play, { url = '/', id = ID } = {}) {
  const app = new Koa()
  const use = generic({ key: 'sid', prefix: '', cookie: { signed: false }, ...options })
  const req = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url, headers: { cookie: `sid=${id}` } })
  const ctx = app.createContext(req, new ServerResponse(req))
  await use(ctx, () => play(ctx))
  return ctx
}

for (const value of [{ a: 1 }, null]) {
  test(`with defer, an id with a path of files does not reach the store when the app assigns ${JSON.stringify(value)}`, async () => {
    const store = makeStore()
    await send({ store, defer: true }, (ctx) => { ctx.session = value }, { id: `../../${ID}` })
    assert.ok(store.keys.every((key) => !key.includes('..')))
  })
}

test('loads and saves after the end of a request end their visits', async () => {
  for (const defer of [false, true]) {
    const store = makeStore({ [ID]: '{"a":1}' })
    const records = inFlightRecordsOf(store)
    let open = 0
    for (const [name, change] of [['enter', 1], ['leave', -1]]) {
      const original = records[name]
      records[name] = function (...args) {
        open += change
        return original.apply(this, args)
      }
    }
    let late
    const ctx = await send({ store, defer }, async (ctx) => { late = ctx.saveSession() })
    await late
    await ctx.saveSession()
    await ctx.session
    assert.equal(open, 0)
    const unread = await send({ store, defer }, () => {})
    await unread.session
    assert.equal(open, 0)
  }
})

test('a request for the path * has a session', async () => {
  await send({ store: makeStore() }, (ctx) => { assert.equal(typeof ctx.session, 'object') }, { url: '*' })
})

test('a primitive that replaces another one is a change', () => {
  assert.equal(new KnownData(5).isSame(6), false)
  assert.equal(new KnownData('abc').isSame({ 0: 'a', 1: 'b', 2: 'c' }), false)
  assert.equal(new KnownData(5).isSame(5), true)
})

test('arrays are replaced as a whole', () => {
  const merged = new KnownData([1, 2, 3]).merge([1], new KnownData([1, 2, 3, 4]))
  assert.deepEqual(merged, [1])
  assert.deepEqual(new KnownData({ a: 1 }).merge({ a: 2 }, new KnownData([1])), { a: 2 })
})
