'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { session } = require('../harness/app')
const { START_MS, freeze } = require('../harness/clock')
const { decode } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { refuses } = require('../harness/refusal')
const { visit } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const ONE_DAY_MS = 86400000

const put = (ctx) => {
  ctx.session.a = 1
  return { session: ctx.session.maxAge, options: ctx.sessionOptions.maxAge }
}

describe('maxAge', () => {
  test('is one day by default, in the envelope only', async (t) => {
    freeze(t)
    const store = new CountingStore()
    for (const options of [{}, { maxAge: undefined }, { store }, { store, maxAge: undefined }]) {
      const client = await visit(t, options, put)
      const { setCookie, json } = await client.get()
      assert.deepEqual(json, {})
      assert.ok(setCookie.every((line) => line.endsWith('; path=/; httponly')))
      if (!options.store) assert.deepEqual(decode(setCookie), { a: 1, _expire: START_MS + ONE_DAY_MS, _maxAge: ONE_DAY_MS })
    }
    for (const { value, ttl } of store.calls) {
      assert.deepEqual([value, ttl], [`{"a":1,"_expire":${START_MS + ONE_DAY_MS},"_maxAge":${ONE_DAY_MS}}`, ONE_DAY_MS + 10000])
    }
    assert.equal(store.calls.length, 2)
  })

  test('given in milliseconds is in the envelope and the attributes', async (t) => {
    freeze(t)
    const client = await visit(t, { maxAge: 3600000 }, put)
    const { setCookie, json } = await client.get()
    assert.deepEqual(json, { session: 3600000, options: 3600000 })
    assert.ok(setCookie.every((line) => line.endsWith('; path=/; expires=Mon, 01 Jan 2024 01:00:00 GMT; httponly')))
    assert.deepEqual(decode(setCookie), { a: 1, _expire: START_MS + 3600000, _maxAge: 3600000 })
  })

  test("'session' lives as long as the browser", async (t) => {
    const clock = freeze(t)
    const client = await visit(t, { maxAge: 'session' }, put)
    const { setCookie, json } = await client.get()
    assert.deepEqual(json, { session: 'session', options: 'session' })
    assert.ok(setCookie.every((line) => line.endsWith('; path=/; httponly')))
    assert.deepEqual(decode(setCookie), { a: 1, _session: true })
    clock.now += 1000 * ONE_DAY_MS
    assert.deepEqual((await client.get()).setCookie, [])
  })

  test("'session' is in the record of a store", async (t) => {
    const { options, store } = MODES.store()
    const client = await visit(t, { ...options, maxAge: 'session' }, put)
    const { setCookie } = await client.get()
    assert.ok(setCookie.every((line) => line.endsWith('; path=/; httponly')))
    assert.deepEqual([...store.records.values()], ['{"a":1,"_session":true}'])
  })

  for (const maxAge of [0, -1000, 8640000000000]) {
    test(`of ${maxAge} has the same effect as in koa-session`, async (t) => {
      freeze(t)
      const setCookie = []
      for (const module of [session, require('koa-session').default]) {
        const client = await visit(t, { maxAge }, put, { session: module })
        setCookie.push((await client.get()).setCookie)
      }
      assert.equal(setCookie[0].length, 2)
      assert.deepEqual(setCookie[0], setCookie[1])
    })
  }
})

refuses('maxAge', [
  ['1000', 'string'], ['Session', 'string'], [NaN, 'nan'], [true, 'boolean'], [new Date(), 'object'], [1n, 'bigint']
])
