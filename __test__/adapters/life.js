'use strict'

/**
 * Tests of an app's sessions with any store: over HTTP, and by reading the store's own server.
 *
 *   lifeOfSessions(() => ({ adapt, peek, plant }), { keepsData: true, grain: 1000 })
 *
 * adapt   () => a new adapted store
 * peek    (id) => { data, ttl } the server's record of an id: the user's keys and those that the store adds, and the remaining
 *         milliseconds; undefined without a record
 * plant   (id, data, ttl) => {} writes such a record directly
 */

const assert = require('node:assert/strict')
const { before, describe, test } = require('node:test')

const { storeContract } = require('../../testing')
const { visit } = require('../harness/server')

const MAX_AGE_MS = 60000

/** The time by which session() extends the TTL, so that the record outlives the cookie. */
const GRACE_MS = 10000

/** The longest time of a request. */
const SLACK_MS = 5000

const RICH = {
  text: 'ä "quoted" \\ \u2028 \u{1f600}',
  numbers: [0, -1.5, 1e21],
  nested: { list: [{ deep: { deeper: null } }], empty: {}, none: [] },
  yes: true,
  no: false,
  nothing: null,
  '': 'an empty key',
  'a.b $c': 1
}

const ROUTES = {
  async '/login' (ctx) {
    if (ctx.session.user) await ctx.regenerateSession()
    ctx.session.user = ctx.query.user
    ctx.session.items = []
  },
  '/me': ({ session: { user, items } }) => ({ user, items }),
  '/add' (ctx) { ctx.session.items.push(ctx.query.item) },
  '/drop' (ctx) { delete ctx.session.items },
  '/logout' (ctx) { ctx.session = null },
  '/rich' (ctx) { Object.assign(ctx.session, RICH) },
  '/all': (ctx) => ctx.session.toJSON(),
  '/cookie' (ctx) { ctx.session.cookie = { originalMaxAge: 1, expires: '2000-01-01T00:00:00.000Z', mine: true } },
  async '/regenerate' (ctx) { await ctx.regenerateSession() },
  '/set' (ctx) { ctx.session[ctx.query.key] = 'here' },
  '/max-age' (ctx) { ctx.session.maxAge = Number(ctx.query.ms) },
  '/browser' (ctx) {
    ctx.session.user = 'eve'
    ctx.session.maxAge = 'session'
  }
}

function respond (ctx) {
  ctx.body = ''
  return ROUTES[ctx.path](ctx)
}

/** Freezes the clock of this process, but not that of the stores' servers; `ahead` moves it. */
function skewClock (t) {
  const begin = Date.now()
  t.mock.timers.enable({ apis: ['Date'], now: begin })
  let ahead = 0
  return {
    get ahead () { return ahead },
    set ahead (ms) {
      ahead = ms
      t.mock.timers.setTime(begin + ms)
    }
  }
}

/**
 * Registers the tests.
 *
 * @param {() => { adapt: () => object, peek: Function, plant: Function }} given called in the tests
 * @param {object} [how]
 * @param {boolean} [how.keepsData] whether a write that only moves the expiry keeps the data that are stored by then
 * @param {number} [how.grain] the unit to which the store rounds up a TTL, in milliseconds
 * @param {boolean} [how.renews] whether the store executes a save of unchanged data
 * @param {number} [how.size] how large a session may be, if there is a limit
 * @param {boolean} [how.copies] whether the store keeps copies, not the objects it is given
 * @param {boolean} [how.hasTtl] whether the store gets a TTL for each session
 */
function lifeOfSessions (given, { keepsData = false, grain = 1, renews = true, copies = true, hasTtl = true, size } = {}) {
  let store
  const open = (t, options = {}) => visit(t, { store, maxAge: MAX_AGE_MS, ...options }, respond)
  const idOf = (client) => client.jar.get('koa.sess')
  const me = async (client) => (await client.get('/me')).json
  const isKeptFor = (ttl, ms) => assert.ok(ttl > ms - SLACK_MS && ttl <= ms + grain, `${ttl} is not ${ms}`)

  before(() => { store = given().adapt() })

  describe('the contract', () => {
    for (const { name, run } of storeContract(() => store, size && { size })) {
      if (!renews && name === 'moves the expiry of an unchanged session') continue
      if (!copies && name === 'keeps a copy, independent of the caller\'s objects') continue
      test(name, run)
    }
  })

  describe('a session', () => {
    test('is begun, read, changed and ended', async (t) => {
      const ann = await open(t)
      assert.deepEqual(await me(ann), {})
      assert.equal(idOf(ann), undefined)
      await ann.get('/login?user=ann')
      assert.deepEqual(await me(ann), { user: 'ann', items: [] })
      await ann.get('/add?item=1')
      await ann.get('/add?item=2')
      assert.deepEqual(await me(ann), { user: 'ann', items: ['1', '2'] })
      await ann.get('/drop')
      assert.deepEqual(await me(ann), { user: 'ann' })
      const { cookie } = ann
      const id = idOf(ann)
      await ann.get('/logout')
      assert.equal(idOf(ann), undefined)
      assert.equal(await given().peek(id), undefined)
      assert.deepEqual((await ann.get('/me', { cookie })).json, {})
    })

    test('is its visitor\'s alone', async (t) => {
      const ann = await open(t)
      const bob = ann.another()
      await Promise.all([ann.get('/login?user=ann'), bob.get('/login?user=bob')])
      await Promise.all([ann.get('/add?item=a'), bob.get('/add?item=b')])
      assert.deepEqual(await Promise.all([me(ann), me(bob)]), [{ user: 'ann', items: ['a'] }, { user: 'bob', items: ['b'] }])
      await ann.get('/logout')
      assert.deepEqual(await me(bob), { user: 'bob', items: ['b'] })
    })

    test('is loaded as it was saved', async (t) => {
      const ann = await open(t)
      await ann.get('/rich')
      const { body } = await ann.get('/all')
      assert.equal(body, JSON.stringify(RICH))
    })

    test('may have a key named cookie', async (t) => {
      const ann = await open(t)
      await ann.get('/cookie')
      await ann.get('/set?key=other')
      assert.deepEqual((await ann.get('/all')).json, {
        cookie: { originalMaxAge: 1, expires: '2000-01-01T00:00:00.000Z', mine: true }, other: 'here'
      })
    })

    test('moves to a new id with all its data', async (t) => {
      const ann = await open(t)
      await ann.get('/login?user=ann')
      const { cookie } = ann
      const before = idOf(ann)
      await ann.get('/regenerate')
      assert.notEqual(idOf(ann), before)
      assert.equal(await given().peek(before), undefined)
      assert.deepEqual(await me(ann), { user: 'ann', items: [] })
      assert.deepEqual((await ann.get('/me', { cookie })).json, {})
    })

    test('keeps what requests at the same time write, with merge', async (t) => {
      const ann = await open(t, { merge: true })
      await ann.get('/login?user=ann')
      const keys = Array.from({ length: 16 }, (_, i) => `key${i}`)
      await Promise.all(keys.map((key) => ann.get(`/set?key=${key}`)))
      assert.deepEqual(Object.keys((await ann.get('/all')).json).sort(), [...keys, 'user', 'items'].sort())
    })
  })

  describe('the lifetime of a session', () => {
    test('ends at its maxAge', async (t) => {
      const clock = skewClock(t)
      const ann = await open(t)
      await ann.get('/login?user=ann')
      const { cookie } = ann
      if (hasTtl) isKeptFor((await given().peek(idOf(ann))).ttl, MAX_AGE_MS + GRACE_MS)
      clock.ahead = MAX_AGE_MS - SLACK_MS
      assert.deepEqual(await me(ann), { user: 'ann', items: [] })
      clock.ahead = MAX_AGE_MS + 1
      assert.deepEqual((await ann.get('/me', { cookie })).json, {})
    })

    test('is the one that the app assigns', async (t) => {
      const clock = skewClock(t)
      const ann = await open(t)
      await ann.get('/login?user=ann')
      await ann.get(`/max-age?ms=${MAX_AGE_MS * 2}`)
      if (hasTtl) isKeptFor((await given().peek(idOf(ann))).ttl, MAX_AGE_MS * 2 + GRACE_MS)
      clock.ahead = MAX_AGE_MS + SLACK_MS
      assert.equal((await me(ann)).user, renews ? 'ann' : undefined)
    })

    test('is that of the browser with maxAge \'session\'', async (t) => {
      const ann = await open(t, { storeMaxAge: MAX_AGE_MS * 3 })
      const { setCookie } = await ann.get('/browser')
      assert.doesNotMatch(setCookie[0], /expires/)
      if (hasTtl) isKeptFor((await given().peek(idOf(ann))).ttl, MAX_AGE_MS * 3 + GRACE_MS)
      assert.equal((await me(ann)).user, 'eve')
    })

    test('starts again with each request, with rolling', async (t) => {
      const clock = skewClock(t)
      const ann = await open(t, { rolling: true })
      await ann.get('/login?user=ann')
      for (let visit = 1; visit <= 3; visit++) {
        clock.ahead += MAX_AGE_MS * 2 / 3
        const { setCookie, json } = await ann.get('/me')
        assert.equal(json.user, 'ann')
        assert.match(setCookie[0], /; expires=/)
        if (hasTtl) isKeptFor((await given().peek(idOf(ann))).ttl, MAX_AGE_MS + GRACE_MS)
      }
    })

    test('ends without requests, with rolling, even if the store keeps it', async (t) => {
      const clock = skewClock(t)
      const ann = await open(t, { rolling: true })
      await ann.get('/login?user=ann')
      clock.ahead = MAX_AGE_MS / 2
      await me(ann)
      const { cookie } = ann
      const { data } = await given().peek(idOf(ann))
      if (hasTtl) await given().plant(idOf(ann), data, MAX_AGE_MS * 10)
      for (const ahead of [MAX_AGE_MS * 3 / 2 + 1, MAX_AGE_MS * 4]) {
        clock.ahead = ahead
        assert.deepEqual((await ann.get('/me', { cookie })).json, {})
      }
    })

    test(`starts again in its second half${renews ? '' : ', only in the cookie'}, with renew`, async (t) => {
      const clock = skewClock(t)
      const ann = await open(t, { renew: true })
      await ann.get('/login?user=ann')
      clock.ahead = MAX_AGE_MS * 2 / 3
      await me(ann)
      clock.ahead = MAX_AGE_MS * 4 / 3
      assert.equal((await me(ann)).user, renews ? 'ann' : undefined)
    })
  })

  if (!keepsData) return

  describe('rolling that keeps the stored data', () => {
    /** Creates a session, gives its record a TTL of a few seconds, and adds data that no request has loaded. */
    async function begin (t, options) {
      const ann = await open(t, { rolling: true, ...options })
      await ann.get('/login?user=ann')
      const { data } = await given().peek(idOf(ann))
      await given().plant(idOf(ann), { ...data, planted: true }, SLACK_MS)
      return ann
    }

    test('moves the expiry, and keeps the data that are stored by then', async (t) => {
      const ann = await begin(t)
      await me(ann)
      const { data, ttl } = await given().peek(idOf(ann))
      assert.equal(data.planted, true)
      isKeptFor(ttl, MAX_AGE_MS + GRACE_MS)
    })

    test('does not revive a record that no longer exists', async (t) => {
      const ann = await open(t, { rolling: true })
      await ann.get('/login?user=ann')
      const id = idOf(ann)
      // A store of its own, as another process would have.
      const other = given().adapt()
      const valid = async () => {
        await other.destroy(id)
        return true
      }
      const late = await open(t, { rolling: true, valid })
      late.cookie = ann.cookie
      assert.equal((await me(late)).user, 'ann')
      assert.equal(await given().peek(id), undefined)
    })

    test('applies a maxAge that the app assigns', async (t) => {
      const clock = skewClock(t)
      const ann = await begin(t)
      await ann.get(`/max-age?ms=${MAX_AGE_MS * 2}`)
      isKeptFor((await given().peek(idOf(ann))).ttl, MAX_AGE_MS * 2 + GRACE_MS)
      clock.ahead = MAX_AGE_MS + SLACK_MS
      await me(ann)
      isKeptFor((await given().peek(idOf(ann))).ttl, MAX_AGE_MS * 2 + GRACE_MS)
    })

    test('applies to sessions from before the option', async (t) => {
      const ann = await open(t)
      await ann.get('/login?user=ann')
      const later = await open(t, { rolling: true })
      later.cookie = ann.cookie
      assert.equal((await me(later)).user, 'ann')
      isKeptFor((await given().peek(idOf(later))).ttl, MAX_AGE_MS + GRACE_MS)
    })
  })
}

module.exports = { lifeOfSessions, skewClock, MAX_AGE_MS }
