'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const { default: koaSession } = require('koa-session')

const { of } = require('../harness/app')
const { START_MS, freeze } = require('../harness/clock')
const { decode } = require('../harness/forge')
const { PLACES } = require('../harness/places')
const { refuses } = require('../harness/refusal')
const { start, visit } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const HOUR = 3600000

const ROUTES = {
  '/in' (ctx) { ctx.session.user = 'ann' },
  '/count' (ctx) { ctx.session.count = (ctx.session.count ?? 0) + 1 },
  '/me': (ctx) => ({ user: ctx.session.user ?? null, count: ctx.session.count ?? 0, keys: Object.keys(ctx.session) }),
  '/save': (ctx) => ctx.session.save(),
  '/regenerate': (ctx) => of(ctx).regenerate(),
  '/reload': async (ctx) => ({ user: (await of(ctx).reload()).user ?? null }),
  '/authenticate': (ctx) => of(ctx).authenticate(),
  '/times' (ctx) {
    const { createdAt = null, expiresAt = null, authenticatedAt = null } = of(ctx)
    return { createdAt, expiresAt, authenticatedAt, isFresh: of(ctx).isFresh(1000), keys: Object.keys(ctx.session ?? {}) }
  },
  '/out' (ctx) { ctx.session = null },
  '/replace' (ctx) {
    const { user } = ctx.session
    ctx.session = { user }
  },
  '/again' (ctx) {
    ctx.session = null
    ctx.session = { user: 'bob' }
  }
}

const user = async (client) => (await client.get('/me')).json.user

describe('absoluteTimeout', () => {
  for (const [place, options] of Object.entries(PLACES)) {
    for (const ms of [-1, 0, 1]) {
      test(`ends a session so long after its creation, however it is used: ${place}, ${ms} ms`, async (t) => {
        const clock = freeze(t)
        const longer = ms === 0 ? { renew: true } : { rolling: true }
        const server = await start(t, { ...options(), maxAge: HOUR, absoluteTimeout: 2.5 * HOUR, ...longer }, ROUTES)
        const client = server.visitor()
        await client.get('/in')
        for (const path of ['/count', '/save', '/regenerate', '/reload']) {
          clock.now += HOUR / 2
          await client.get(path)
        }
        clock.now = START_MS + 2.5 * HOUR + ms
        const expected = ms > 0 ? { user: null, count: 0, keys: [] } : { user: 'ann', count: 1, keys: ['user', 'count'] }
        assert.deepEqual((await client.get('/me')).json, expected)
        await server.settled()
        assert.equal(server.events.named('session:expired').length, ms > 0 ? 1 : 0)
      })
    }

    test(`begins again with authenticate() and with a new session: ${place}`, async (t) => {
      const clock = freeze(t)
      const client = await visit(t, { ...options(), maxAge: 10 * HOUR, absoluteTimeout: HOUR }, ROUTES)
      for (const path of ['/in', '/authenticate', '/again', '/authenticate']) {
        await client.get(path)
        clock.now += HOUR
        assert.notEqual(await user(client), null, path)
      }
      await client.get('/replace')
      clock.now += 1
      assert.equal(await user(client), null)
      await client.get('/in')
      clock.now += HOUR
      assert.equal(await user(client), 'ann')
    })

    test(`the handle has the times, and the session's data have not: ${place}`, async (t) => {
      const clock = freeze(t)
      const client = await visit(t, { ...options(), maxAge: 2 * HOUR, absoluteTimeout: 3 * HOUR }, ROUTES)
      const none = { createdAt: null, authenticatedAt: null, isFresh: false, keys: [] }
      assert.deepEqual((await client.get('/times')).json, { ...none, expiresAt: START_MS + 2 * HOUR })
      await client.get('/in')
      clock.now += HOUR
      const known = { createdAt: START_MS, expiresAt: START_MS + 2 * HOUR, authenticatedAt: null, isFresh: false, keys: ['user'] }
      assert.deepEqual((await client.get('/times')).json, known)
      await client.get('/count')
      clock.now += HOUR / 2
      assert.equal((await client.get('/times')).json.expiresAt, START_MS + 3 * HOUR)
      await client.get('/authenticate')
      const authenticated = { ...known, createdAt: clock.now, expiresAt: clock.now + 2 * HOUR, authenticatedAt: clock.now, isFresh: true, keys: ['user', 'count'] }
      assert.deepEqual((await client.get('/times')).json, authenticated)
      clock.now += 1000
      assert.equal((await client.get('/times')).json.isFresh, true)
      clock.now += 1
      assert.equal((await client.get('/times')).json.isFresh, false)
    })

    test(`a session from before the option counts from its last save, and one without is saved: ${place}`, async (t) => {
      const clock = freeze(t)
      for (const maxAge of [10 * HOUR, 'session']) {
        const given = { ...options(), maxAge }
        const client = await visit(t, given, ROUTES)
        await client.get('/in')
        clock.now += HOUR / 2
        given.absoluteTimeout = HOUR
        assert.equal(await user(client), 'ann')
        // Without _maxAge, nothing shows when the session was saved: then it counts from this request.
        clock.now += maxAge === 'session' ? HOUR : HOUR / 2
        assert.equal(await user(client), 'ann')
        clock.now += 1
        assert.equal(await user(client), null)
      }
    })
  }

  test('without it, not a byte changes, and authenticate() is an error', async (t) => {
    freeze(t)
    const server = await start(t, { maxAge: HOUR }, ROUTES)
    assert.deepEqual(decode((await server.get('/in')).setCookie), { user: 'ann', _expire: START_MS + HOUR, _maxAge: HOUR })
    assert.equal((await server.get('/authenticate')).status, 500)
    assert.equal(server.errors[0].code, 'ERR_SESSION_TIMES')
  })

  test('the envelope has the times; koa-session drops them, and they begin again from its save', async (t) => {
    const clock = freeze(t)
    const ours = await visit(t, { maxAge: 10 * HOUR, absoluteTimeout: 2 * HOUR }, ROUTES)
    const theirs = await visit(t, { maxAge: 10 * HOUR }, ROUTES, { session: koaSession })
    const { setCookie } = await ours.get('/in')
    assert.deepEqual(decode(setCookie), { user: 'ann', _created: START_MS, _expire: START_MS + 10 * HOUR, _maxAge: 10 * HOUR })
    clock.now += HOUR
    theirs.jar = ours.jar
    assert.ok(!('_created' in decode((await theirs.get('/count')).setCookie)))
    clock.now += 2 * HOUR
    assert.equal(await user(ours), 'ann')
    clock.now += 1
    assert.equal(await user(ours), null)
  })

  test('two requests at once keep the creation, and report no conflict', async (t) => {
    const clock = freeze(t)
    const store = new CountingStore()
    const server = await start(t, { store, merge: true, maxAge: 10 * HOUR, absoluteTimeout: HOUR }, {
      ...ROUTES, '/a' (ctx) { ctx.session.a = 1 }, '/b' (ctx) { ctx.session.b = 1 }
    })
    const client = server.visitor()
    await client.get('/in')
    clock.now += HOUR / 2
    const held = store.hold('set')
    const first = client.get('/a')
    await held.reached
    const second = client.get('/b')
    held.open()
    await Promise.all([first, second])
    const [id] = store.ids()
    const { _created, a, b } = store.data(id)
    assert.deepEqual([_created, a, b], [START_MS, 1, 1])
    await server.settled()
    assert.deepEqual(server.events.named('session:conflict'), [])
  })

  for (const [place, options] of Object.entries(PLACES)) {
    test(`underscoreKeys does not make data of the times: ${place}`, async (t) => {
      const clock = freeze(t)
      const client = await visit(t, { ...options(), maxAge: 9 * HOUR, absoluteTimeout: HOUR, underscoreKeys: true }, {
        ...ROUTES, '/own' (ctx) { Object.assign(ctx.session, { _mine: 1, _created: START_MS + 5 * HOUR }) }
      })
      await client.get('/in')
      await client.get('/own')
      assert.equal((await client.get('/times')).json.createdAt, START_MS)
      clock.now += HOUR
      assert.equal(await user(client), 'ann')
      clock.now += 1
      assert.equal(await user(client), null)
    })

    test(`after a reload that finds no session, the times begin anew: ${place}`, async (t) => {
      const clock = freeze(t)
      const given = options()
      const client = await visit(t, { ...given, maxAge: 9 * HOUR, absoluteTimeout: HOUR }, {
        ...ROUTES,
        async '/lost' (ctx) {
          clock.now += HOUR
          if (given.store) await given.store.destroy(of(ctx).id)
          await of(ctx).reload()
          ctx.session.user = 'bob'
          await ctx.session.save()
          return { createdAt: of(ctx).createdAt }
        }
      })
      await client.get('/in')
      const { createdAt } = (await client.get('/lost')).json
      assert.equal(createdAt, given.store ? START_MS + HOUR : START_MS)
    })
  }
})

refuses('absoluteTimeout', [['1', 'string'], [0, 'number'], [-1, 'number'], [NaN, 'nan'], [Infinity, 'infinity']])
