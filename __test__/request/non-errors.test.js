'use strict'

/** Stores and hooks that throw other values than an Error. Koa never responds to a request that fails with undefined or null. */

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')
const { settled } = require('../harness/waiting')

const VALUES = { undefined, null: null, 'a text': 'a text', 'an object': { secret: 'x' }, 0: 0 }

/** Throws or rejects with a value. */
const WAYS = {
  throws: (value) => { throw value },
  rejects: (value) => Promise.reject(value)
}

function assertWrapped (err, value) {
  assert.ok(err instanceof Error)
  assert.equal(err.code, 'ERR_SESSION_STORE')
  assert.ok('cause' in err)
  assert.equal(err.cause, value)
}

function failingStore (method, fail) {
  const store = new CountingStore()
  store.records.set('an-id', JSON.stringify({ user: 'ann', _expire: Date.now() + 60000, _maxAge: 60000 }))
  return Object.assign(store, { [method]: fail })
}

const COOKIE = { cookie: 'koa.sess=an-id' }

for (const [how, fail] of Object.entries(WAYS)) {
  for (const [name, value] of Object.entries(VALUES)) {
    describe(`a store that ${how} ${name}`, () => {
      for (const [method, act] of Object.entries({
        get: () => {},
        set: (ctx) => { ctx.session.n = 1 },
        destroy: (ctx) => { ctx.session = null }
      })) {
        test(`${method}: the request fails with an Error that has it as its cause`, async (t) => {
          const server = await start(t, { store: failingStore(method, () => fail(value)), signed: false }, act)
          assert.equal((await server.get('/', COOKIE)).status, 500)
          assert.equal(server.errors.length, 1)
          assertWrapped(server.errors[0], value)
          assert.doesNotMatch(server.errors[0].message, /secret/)
        })
      }

      test("the app's own error stays, and the store's goes to 'error'", async (t) => {
        const failure = Object.assign(new Error('the app'), { status: 418 })
        const server = await start(t, { store: failingStore('set', () => fail(value)), signed: false }, (ctx) => {
          ctx.session.n = 1
          throw failure
        })
        server.app.silent = true
        server.app.on('error', server.app.onerror)
        assert.equal((await server.get('/', COOKIE)).status, 418)
        await settled()
        assert.equal(server.errors.length, 2)
        assertWrapped(server.errors.find((err) => err !== failure), value)
      })

      test('onStoreError gets the Error, and may let the request go on', async (t) => {
        const given = []
        const onStoreError = (err, operation) => {
          given.push([err, operation])
          return 'anonymous'
        }
        const server = await start(t, { store: failingStore('get', () => fail(value)), onStoreError, signed: false }, () => 'ok')
        assert.equal((await server.get('/', COOKIE)).status, 200)
        assert.equal(given[0][1], 'get')
        assertWrapped(given[0][0], value)
      })

      for (const [hook, makeOptions] of Object.entries({
        genid: (hook) => ({ store: new CountingStore(), genid: hook }),
        valid: (hook) => ({ store: failingStore('x'), valid: hook }),
        beforeSave: (hook) => ({ beforeSave: hook }),
        'externalKey.get': (hook) => ({ store: new CountingStore(), externalKey: { get: hook, set () {} } }),
        'externalKey.set': (hook) => ({ store: new CountingStore(), externalKey: { get () {}, set: hook } }),
        onStoreError: (hook) => ({ store: failingStore('get', () => fail(value)), onStoreError: hook })
      })) {
        test(`the hook ${hook} fails in the same way: the request fails with an Error that has the value as its cause`, async (t) => {
          const server = await start(t, { ...makeOptions(() => fail(value)), signed: false }, (ctx) => { ctx.session.n = 1 })
          assert.equal((await server.get('/', COOKIE)).status, 500)
          assertWrapped(server.errors[0], value)
        })
      }
    })
  }
}

/** Objects that have a method `then`, but do not behave like promises. */
const THENABLES = {
  'that calls back later': () => ({ then (done) { setTimeout(done, 1) } }),
  'that calls back at once': () => ({ then (done) { done() } }),
  'whose then throws undefined': () => ({ then () { throw undefined } }), // eslint-disable-line no-throw-literal
  'whose then cannot be read': () => ({ get then () { throw undefined } }) // eslint-disable-line no-throw-literal
}

for (const [name, make] of Object.entries(THENABLES)) {
  for (const [hook, makeOptions] of Object.entries({
    beforeSave: (hook) => ({ beforeSave: hook }),
    genid: (hook) => ({ store: new CountingStore(), genid: hook }),
    valid: (hook) => ({ store: failingStore('x'), valid: hook }),
    'externalKey.get': (hook) => ({ store: new CountingStore(), externalKey: { get: hook, set () {} } }),
    'externalKey.set': (hook) => ({ store: new CountingStore(), externalKey: { get () {}, set: hook } }),
    ignore: (hook) => ({ ignore: hook }),
    domain: (hook) => ({ domain: hook }),
    encode: (hook) => ({ encode: hook })
  })) {
    test(`${hook} returns an object ${name}: the request gets a response`, async (t) => {
      const server = await start(t, { ...makeOptions(make), signed: false }, (ctx) => { ctx.session.n = 1 })
      const { status } = await server.get('/', COOKIE)
      assert.ok(status === 200 || server.errors.every((err) => err instanceof Error))
      if (/throws|cannot/.test(name)) assert.deepEqual([status, server.errors.length], [500, 1])
    })
  }
}

test('beforeSave is awaited if it returns any object with a method then', async (t) => {
  const beforeSave = (ctx, session) => ({ then (done) { setTimeout(() => { session.late = 1; done() }, 1) } })
  const server = await start(t, { beforeSave }, {
    '/in' (ctx) { ctx.session.user = 'ann' },
    '/me' (ctx) { return { ...ctx.session } }
  })
  const ann = server.visitor()
  await ann.get('/in')
  assert.deepEqual((await ann.get('/me')).json, { user: 'ann', late: 1 })
})

test('save() rejects with the Error', async (t) => {
  const codes = []
  const server = await start(t, { store: failingStore('set', () => Promise.reject(undefined)), autoCommit: false }, async (ctx) => { // eslint-disable-line prefer-promise-reject-errors
    ctx.session.n = 1
    await ctx.session.save().catch((err) => codes.push(err.code))
    await new Promise((resolve) => ctx.session.save((err) => resolve(codes.push(err.code))))
  })
  await server.get('/')
  assert.deepEqual(codes, ['ERR_SESSION_STORE', 'ERR_SESSION_STORE'])
})

test('an Error is passed on as it is', async (t) => {
  const failure = new RangeError('the store')
  const server = await start(t, { store: failingStore('get', () => Promise.reject(failure)), signed: false }, () => 'ok')
  assert.equal((await server.get('/', COOKIE)).status, 500)
  assert.equal(server.errors[0], failure)
  assert.equal(failure.code, undefined)
})
