'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { decodeCookie } = require('../harness/forge')
const { refuses } = require('../harness/refusal')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')
const { warned, warnings } = require('../harness/warnings')

const RESERVED = ['_expire', '_maxAge', '_session', '_requireSave']

const routes = {
  '/in' (ctx) {
    ctx.session.user = 'ann'
    ctx.session._id = 'first'
    ctx.session.list = { _nested: 1 }
  },
  '/change' (ctx) { ctx.session._id = 'second' },
  '/drop' (ctx) { delete ctx.session._id },
  '/reserved' (ctx) {
    ctx.session.user = 'ann'
    for (const name of RESERVED) Object.defineProperty(ctx.session, name, { value: 'mine', enumerable: true, configurable: true, writable: true })
  },
  '/circle' (ctx) {
    ctx.session.user = 'ann'
    ctx.session._request = ctx.session
    ctx.session._big = 1n
  },
  '/me' (ctx) { return { ...ctx.session } }
}

/** Returns what the store or the cookie has after a request. */
function dataOf (store, { cookies }) {
  return store ? store.data(store.ids()[0]) : decodeCookie(cookies.get('koa.sess'))
}

describe('fault 23: keys that begin with an underscore', () => {
  for (const kind of ['cookie', 'store']) {
    const make = () => kind === 'store' ? new CountingStore() : undefined

    test(`${kind} mode: underscoreKeys keeps them`, async (t) => {
      const store = make()
      const server = await start(t, { store, underscoreKeys: true }, routes)
      const ann = server.visitor()
      const data = dataOf(store, await ann.get('/in'))
      assert.deepEqual(Object.keys(data), ['user', '_id', 'list', '_expire', '_maxAge'])
      assert.deepEqual((await ann.get('/me')).json, { user: 'ann', _id: 'first', list: { _nested: 1 } })
      await ann.get('/change')
      assert.equal((await ann.get('/me')).json._id, 'second')
      await ann.get('/drop')
      assert.deepEqual((await ann.get('/me')).json, { user: 'ann', list: { _nested: 1 } })
    })

    test(`${kind} mode: reserved names are still internal`, async (t) => {
      const store = make()
      const server = await start(t, { store, underscoreKeys: true, maxAge: 5000 }, routes)
      const ann = server.visitor()
      const data = dataOf(store, await ann.get('/reserved'))
      assert.equal(data._maxAge, 5000)
      assert.ok(data._expire > Date.now())
      assert.deepEqual(Object.keys(data), ['user', '_expire', '_maxAge'])
    })

    test(`${kind} mode: without the option they are dropped, nested ones are not`, async (t) => {
      const store = make()
      const server = await start(t, { store }, routes)
      const ann = server.visitor()
      const data = dataOf(store, await ann.get('/in'))
      assert.deepEqual(Object.keys(data), ['user', 'list', '_expire', '_maxAge'])
      assert.deepEqual((await ann.get('/me')).json, { user: 'ann', list: { _nested: 1 } })
    })

    test(`${kind} mode: dropped values need not be valid in JSON`, async (t) => {
      const server = await start(t, { store: make() }, routes)
      const ann = server.visitor()
      assert.equal((await ann.get('/circle')).status, 200)
      assert.deepEqual((await ann.get('/me')).json, { user: 'ann' })
    })
  }

  test('there is one warning, which names the key and the option', async (t) => {
    const server = await start(t, {}, routes)
    await server.get('/in')
    await server.get('/in')
    const { message } = await warned('KOA_SESSION_RS_UNDERSCORE')
    assert.match(message, /_(id|request|big)\b/)
    assert.match(message, /underscoreKeys/)
    assert.equal(warnings.filter(({ code }) => code === 'KOA_SESSION_RS_UNDERSCORE').length, 1)
  })
})

refuses('underscoreKeys', [[1, 'number'], ['_id', 'string'], [['_id'], 'array']])
