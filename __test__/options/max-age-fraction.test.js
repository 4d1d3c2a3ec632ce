'use strict'

// maxAge in fractions of a millisecond, and beyond the range of dates: the same bytes as by koa-session.

const assert = require('node:assert/strict')
const { test } = require('node:test')

const { session } = require('../harness/app')
const { START_MS, freeze } = require('../harness/clock')
const { cookieHeader, encode } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { visit } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const upstream = require('koa-session').default

const VALUES = [0.4, 0.5, 1.5, 999.9, -0.4, -0.5, -1500.5, 1e-7, -1e-7, 86400000.75, 31536000000.1, 1e15 + 0.5, 253402300799999.5 - START_MS,
  2 ** 53, 1e21, 1e300, -1e300]

/** The ways to set a maxAge. */
const PLACES = {
  option: { options: (maxAge) => ({ maxAge }), run: (ctx) => { ctx.session.a = 1 } },
  'live option': { live: (options, maxAge) => { options.maxAge = maxAge }, run: (ctx) => { ctx.session.a = 1 } },
  assigned: {
    run (ctx, maxAge) {
      ctx.session.a = 1
      ctx.session.maxAge = maxAge
    }
  },
  'in assigned data': { run: (ctx, maxAge) => { ctx.session = { a: 1, maxAge } } },
  sessionOptions: {
    run (ctx, maxAge) {
      ctx.session.a = 1
      ctx.sessionOptions.maxAge = maxAge
    }
  }
}

/** Sends three requests of a visitor: one creates the session, one rolls it, and one is after its expiry. */
async function play (t, module, mode, place, maxAge) {
  const clock = freeze(t)
  const { options: { store, ...options }, store: kept } = MODES[mode]()
  let id = 0
  const given = { ...options, ...(store && { store }), rolling: true, genid: () => `id-${++id}`, ...place.options?.(maxAge) }
  const client = await visit(t, given, (ctx) => {
    if (ctx.path === '/begin') place.run(ctx, maxAge)
    return { maxAge: String(ctx.session.maxAge), expire: String(ctx.session._expire), data: ctx.session }
  }, { session: module })
  place.live?.(given, maxAge)
  const answers = []
  for (const [path, after] of [['/begin', 0], ['/', 0], ['/', 1]]) {
    clock.now += after
    const { status, body, setCookie } = await client.get(path)
    answers.push({ status, body, setCookie })
  }
  const writes = kept?.calls.filter(({ operation }) => operation === 'set').map(({ id, value, ttl }) => [id, value, ttl])
  return { answers, writes }
}

for (const mode of Object.keys(MODES)) {
  for (const [name, place] of Object.entries(PLACES)) {
    test(`a fraction as in koa-session: ${name}, ${mode}`, async (t) => {
      for (const maxAge of VALUES) {
        assert.deepEqual(await play(t, session, mode, place, maxAge), await play(t, upstream, mode, place, maxAge), String(maxAge))
      }
    })
  }
}

for (const _maxAge of VALUES) {
  test(`${_maxAge} in an envelope is as in koa-session`, async (t) => {
    freeze(t)
    const record = { a: 1, _expire: START_MS + 0.5, _maxAge }
    const seen = []
    for (const module of [session, upstream]) {
      const store = new CountingStore()
      store.records.set('an-id', JSON.stringify(record))
      const respond = (ctx) => {
        ctx.session.b = 2
        return { maxAge: String(ctx.session.maxAge), expire: String(ctx.session._expire) }
      }
      for (const [options, cookie] of [[{}, cookieHeader(encode(JSON.stringify(record)))], [{ store }, cookieHeader('an-id')]]) {
        const client = await visit(t, options, respond, { session: module })
        const { body, setCookie } = await client.get('/', { cookie })
        seen.push({ body, setCookie, writes: options.store?.calls.filter(({ operation }) => operation === 'set').map(({ id, value, ttl }) => [id, value, ttl]) })
      }
    }
    assert.deepEqual(seen.slice(0, 2), seen.slice(2))
  })
}

test('koa-session and this package can read each other\'s cookies', async (t) => {
  freeze(t)
  const respond = (ctx) => {
    ctx.session.n = (ctx.session.n ?? 0) + 1
    return { n: ctx.session.n, maxAge: ctx.session.maxAge }
  }
  const options = { maxAge: 1500.5 }
  const clients = [await visit(t, options, respond), await visit(t, options, respond, { session: upstream })]
  for (let n = 1; n <= 4; n++) {
    const [client, other] = n % 2 ? clients : clients.toReversed()
    assert.deepEqual((await client.get()).json, { n, maxAge: 1500.5 })
    other.cookie = client.cookie
  }
})
