'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')

const { eachKoa } = require('../harness/app')
const { encode } = require('../harness/forge')
const { refuses } = require('../harness/refusal')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const KEY = 'koa.sess'
const HOUR_MS = 3600000

const look = (ctx) => ({ user: ctx.session.user ?? null, maxAge: ctx.session.maxAge })

/** Starts an app, and a session that was written at `written` under another maxAge. */
async function app (t, mode, opts, data, how) {
  if (mode === 'cookie') {
    const server = await start(t, { signed: false, ...opts }, look, how)
    return { server, get: () => server.get('/', { cookie: `${KEY}=${encode({ user: 'ann', ...data })}` }) }
  }
  const store = new CountingStore()
  store.records.set('known', JSON.stringify({ user: 'ann', ...data }))
  const server = await start(t, { store, signed: false, ...opts }, look, how)
  return { server, store, get: () => server.get('/', { cookie: `${KEY}=known` }) }
}

const writtenAt = (ms, maxAge) => ({ _expire: ms + maxAge, _maxAge: maxAge })

for (const mode of ['cookie', 'store']) {
  eachKoa(`fault 15: ${mode} mode: configMaxAge: a stored maxAge counts only up to the configured one`, async (t, Koa) => {
    const now = Date.now()
    t.mock.method(Date, 'now', () => now)
    const opts = { maxAge: 60000, configMaxAge: true }
    for (const [age, user] of [[59999, 'ann'], [60000, 'ann'], [60001, null]]) {
      const { server, get } = await app(t, mode, opts, writtenAt(now - age, HOUR_MS), { Koa })
      assert.deepEqual((await get()).json, { user, maxAge: 60000 }, `age ${age}`)
      await server.settled()
      assert.equal(server.events.named('session:expired').length, user ? 0 : 1)
    }
  })

  test(`fault 15: ${mode} mode: without it the stored maxAge applies, as in koa-session`, async (t) => {
    const { get } = await app(t, mode, { maxAge: 60000 }, writtenAt(Date.now() - 120000, HOUR_MS))
    assert.deepEqual((await get()).json, { user: 'ann', maxAge: HOUR_MS })
  })

  test(`fault 15: ${mode} mode: configMaxAge: a shorter stored maxAge stays`, async (t) => {
    const { get } = await app(t, mode, { maxAge: HOUR_MS, configMaxAge: true }, writtenAt(Date.now() - 10, 60000))
    assert.deepEqual((await get()).json, { user: 'ann', maxAge: 60000 })
    const late = await app(t, mode, { maxAge: HOUR_MS, configMaxAge: true }, writtenAt(Date.now() - 60010, 60000))
    assert.equal((await late.get()).json.user, null)
  })

  test(`fault 15: ${mode} mode: configMaxAge: a browser session gets the configured maxAge`, async (t) => {
    const { get } = await app(t, mode, { maxAge: 60000, configMaxAge: true }, { _session: true })
    assert.deepEqual((await get()).json, { user: 'ann', maxAge: 60000 })
  })

  test(`fault 15: ${mode} mode: configMaxAge: if the configured maxAge is not in milliseconds, the stored one applies`, async (t) => {
    for (const maxAge of [undefined, 'session']) {
      const { get } = await app(t, mode, { maxAge, configMaxAge: true }, writtenAt(Date.now() - 10, 60000))
      assert.deepEqual((await get()).json, { user: 'ann', maxAge: 60000 })
    }
  })
}

test('fault 15: what is written afterwards has the configured maxAge', async (t) => {
  const store = new CountingStore()
  store.records.set('known', JSON.stringify({ user: 'ann', ...writtenAt(Date.now(), HOUR_MS) }))
  const server = await start(t, { store, signed: false, maxAge: 60000, configMaxAge: true }, (ctx) => { ctx.session.n = 1 })
  await server.get('/', { cookie: `${KEY}=known` })
  assert.equal(store.data('known')._maxAge, 60000)
  assert.equal(store.last('set').ttl, 70000)
})

refuses('configMaxAge', [[1, 'number'], [60000, 'number']])
