'use strict'

// Options are checked at the start, and read for each request, so later values may be invalid. They have the same effect as in
// koa-session, and no request fails that would not fail there.

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { session } = require('../harness/app')
const { freeze } = require('../harness/clock')
const { MODES, externalKey } = require('../harness/modes')
const { visit } = require('../harness/server')
const { CountingStore } = require('../harness/store')
const { MemoryStore } = require('../../stores/memory')

const upstream = require('koa-session').default

const ONE_DAY_MS = 86400000

/** Starts an app, changes its options, and sends two requests of a visitor. */
async function play (t, module, options, change, respond = (ctx) => { ctx.session.a = (ctx.session.a ?? 0) + 1 }) {
  freeze(t)
  const client = await visit(t, options, async (ctx) => {
    await respond(ctx)
    return { a: ctx.session.a }
  }, { session: module })
  change?.(options)
  const answers = []
  for (let i = 0; i < 2; i++) {
    const { status, body, setCookie } = await client.get()
    answers.push({ status, body, setCookie })
  }
  const writes = options.store?.calls?.filter(({ operation }) => operation === 'set').map(({ id, value, ttl }) => [id, value, ttl])
  return { answers, writes }
}

const counter = () => {
  let id = 0
  return () => `id-${++id}`
}

describe('sessionOptions.maxAge', () => {
  const values = { NaN: () => NaN, Infinity: () => Infinity, "'5d'": () => '5d', "'1000'": () => '1000', true: () => true, object: () => ({}), list: () => [5], Date: () => new Date(5), BigInt: () => 5n, Symbol: () => Symbol('x') }

  for (const [name, make] of Object.entries(values)) {
    for (const mode of Object.keys(MODES)) {
      test(`may be ${name}, as in koa-session: ${mode}`, async (t) => {
        const respond = (ctx) => {
          ctx.session.a = (ctx.session.a ?? 0) + 1
          ctx.sessionOptions.maxAge = make()
        }
        const seen = []
        for (const module of [session, upstream]) {
          const { options } = MODES[mode]()
          seen.push(await play(t, module, { ...options, genid: counter() }, undefined, respond))
        }
        assert.deepEqual(seen[0], seen[1])
      })
    }

    test(`may be ${name} with our own stores: the request gets a response, and the process goes on`, async (t) => {
      for (const options of [{ store: new MemoryStore() }, { store: new MemoryStore(), externalKey }, { store: new CountingStore(), merge: true }]) {
        const { answers } = await play(t, session, options, undefined, (ctx) => {
          ctx.session.a = 1
          ctx.sessionOptions.maxAge = make()
        })
        for (const { status } of answers) assert.ok([200, 500].includes(status))
      }
    })
  }
})

describe('an option changed after the start', () => {
  for (const prefix of [5, 0, true, ['a'], null]) {
    test(`prefix ${JSON.stringify(prefix)} begins ids as in koa-session`, async (t) => {
      for (const module of [session, upstream]) {
        const store = new CountingStore()
        await play(t, module, { store, prefix: 'web:' }, (options) => { options.prefix = prefix })
        const [id] = store.records.keys()
        const uuid = id.slice(-36)
        // koa-session decides at the start whether there is a prefix.
        const expected = module === upstream ? String(prefix) : String(prefix || '')
        assert.equal(id, expected + uuid)
      }
    })
  }

  for (const key of [5, 0, true]) {
    for (const mode of ['cookie', 'store']) {
      test(`key ${key} is as in koa-session: ${mode}`, async (t) => {
        const seen = []
        for (const module of [session, upstream]) {
          const { options } = MODES[mode]()
          seen.push(await play(t, module, { ...options, genid: counter() }, (given) => { given.key = key }))
        }
        assert.deepEqual(seen[0], seen[1])
      })
    }
  }

  test('key 5 does not emit session:oversize', async (t) => {
    const events = []
    const options = {}
    const client = await visit(t, options, (ctx) => { ctx.session.a = 1 }, {
      before: (app) => app.on('session:oversize', (event) => events.push(event))
    })
    options.key = 5
    await client.get()
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(events, [])
  })

  for (const storeMaxAge of ['5d', NaN, Infinity, {}, 5n, true]) {
    test(`storeMaxAge ${String(storeMaxAge)} means the default`, async (t) => {
      const store = new CountingStore()
      const change = (options) => { options.storeMaxAge = storeMaxAge }
      const { answers, writes } = await play(t, session, { store, maxAge: 'session', storeMaxAge: 1000 }, change)
      assert.deepEqual(writes.map(([,, ttl]) => ttl), [ONE_DAY_MS + 10000, ONE_DAY_MS + 10000])
      for (const own of [{ store: new MemoryStore() }, { store: new CountingStore(), merge: true }]) {
        assert.deepEqual((await play(t, session, { ...own, maxAge: 'session', storeMaxAge: 1000 }, change)).answers.map(({ body }) => body), answers.map(({ body }) => body))
      }
    })
  }
})
