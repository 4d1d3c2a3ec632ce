'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { of } = require('../harness/app')
const { START_MS, freeze } = require('../harness/clock')
const { PLACES } = require('../harness/places')
const { errorOf, refuses } = require('../harness/refusal')
const { start, visit } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const MINUTE = 60000
const IDLE = 20 * MINUTE

const ROUTES = {
  '/in' (ctx) { ctx.session.user = 'ann' },
  '/me': (ctx) => ({ user: ctx.session.user ?? null }),
  '/untouched': () => 'ok',
  '/times': (ctx) => ({ expiresAt: of(ctx).expiresAt, keys: Object.keys(ctx.session) })
}

const user = async (client) => (await client.get('/me')).json.user

describe('idleTimeout', () => {
  for (const [place, options] of Object.entries(PLACES).filter(([name]) => name !== 'record store')) {
    for (const ms of [-1, 0, 1]) {
      test(`ends a session so long after its last use: ${place}, ${ms} ms`, async (t) => {
        const clock = freeze(t)
        for (const maxAge of [600 * MINUTE, 'session']) {
          const server = await start(t, { ...options(), maxAge, idleTimeout: IDLE }, ROUTES)
          const client = server.visitor()
          await client.get('/in')
          for (const path of ['/me', '/untouched', '/me']) {
            clock.now += IDLE
            await client.get(path)
          }
          clock.now += IDLE + ms
          assert.equal(await user(client), ms > 0 ? null : 'ann')
          await server.settled()
          assert.equal(server.events.named('session:expired').length, ms > 0 ? 1 : 0)
        }
      })
    }

    test(`use is written at most once in a twentieth of it: ${place}`, async (t) => {
      const clock = freeze(t)
      const server = await start(t, { ...options(), maxAge: 600 * MINUTE, idleTimeout: IDLE }, ROUTES)
      const client = server.visitor()
      await client.get('/in')
      const saved = []
      for (let minute = 0; minute < 5; minute += 0.25) {
        clock.now = START_MS + minute * MINUTE
        const before = server.events.named('session:saved').length
        await client.get(minute % 0.5 === 0 ? '/me' : '/untouched')
        await server.settled()
        if (server.events.named('session:saved').length > before) saved.push(minute)
      }
      assert.deepEqual(saved, [1, 2, 3, 4])
      assert.ok(server.events.named('session:saved').slice(1).every(({ reason }) => reason === 'timeout'))
      assert.deepEqual((await client.get('/times')).json, { expiresAt: START_MS + 4 * MINUTE + IDLE, keys: ['user'] })
    })

    test(`a session from before the option counts from its next request: ${place}`, async (t) => {
      const clock = freeze(t)
      const given = { ...options(), maxAge: 600 * MINUTE }
      // Another server, since a session() opens untouched cookies only if it has the option from the start.
      const before = await visit(t, given, ROUTES)
      await before.get('/in')
      clock.now += 2 * IDLE
      const after = await visit(t, { ...given, idleTimeout: IDLE }, ROUTES)
      after.jar = before.jar
      assert.equal(await user(after), 'ann')
      clock.now += IDLE
      assert.equal(await user(after), 'ann')
      clock.now += IDLE + 1
      assert.equal(await user(after), null)
    })
  }

  for (const place of ['merged record store', 'MemoryStore']) {
    test(`two requests that note their use at once report no conflict: ${place}`, async (t) => {
      const clock = freeze(t)
      const server = await start(t, { ...PLACES[place](), maxAge: 600 * MINUTE, idleTimeout: IDLE }, {
        ...ROUTES,
        async '/slow' (ctx) {
          const { user } = ctx.session
          await Promise.all([server.get('/me', { cookie: ctx.get('cookie') })])
          return { user }
        }
      })
      const client = server.visitor()
      await client.get('/in')
      clock.now += 5 * MINUTE
      await client.get('/slow')
      await server.settled()
      assert.deepEqual(server.events.named('session:conflict'), [])
      assert.equal(server.events.named('session:saved').length, 3)
    })
  }

  test('of idle, absolute and maxAge, the nearest counts', async (t) => {
    const clock = freeze(t)
    for (const [options, minutes] of [
      [{ idleTimeout: IDLE, absoluteTimeout: 50 * MINUTE, maxAge: 500 * MINUTE }, 50],
      [{ idleTimeout: IDLE, absoluteTimeout: 500 * MINUTE, maxAge: 15 * MINUTE, rolling: true }, 500],
      [{ idleTimeout: 500 * MINUTE, absoluteTimeout: 900 * MINUTE, maxAge: 30 * MINUTE }, 30]
    ]) {
      const begin = clock.now
      const client = await visit(t, options, ROUTES)
      await client.get('/in')
      let ended
      for (let minute = 10; minute <= 700 && ended === undefined; minute += 10) {
        clock.now = begin + minute * MINUTE + 1
        if (await user(client) === null) ended = minute
      }
      assert.equal(ended ?? 700, minutes)
    }
  })

  test('needs a store that merges, or the option merge', () => {
    const { code, option } = errorOf({ idleTimeout: IDLE, store: new CountingStore() })
    assert.deepEqual([code, option], ['ERR_SESSION_OPTION', 'merge'])
  })
})

refuses('idleTimeout', [['1', 'string'], [0, 'number'], [-1, 'number'], [NaN, 'nan']])
