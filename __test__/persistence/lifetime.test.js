'use strict'

// The cookie gets the maxAge of the record that was written, whichever request assigned it.

const assert = require('node:assert/strict')
const { after, before, describe, test } = require('node:test')
const { MemoryStore } = require('../../stores/memory')
const { RedisStore } = require('../../stores/redis')
const { of } = require('../harness/app')
const { freeze } = require('../harness/clock')
const { ROUTES } = require('../harness/merging')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')
const { gate } = require('../harness/waiting')
const servers = require('../servers/redis')
const { SqliteFolder } = require('../stores/sqlite-folder')

const KEY = 'koa.sess'
const HOUR_MS = 3600_000
const DAY_MS = 24 * HOUR_MS
/** Differs from each maxAge of the tests, and from the default. */
const STORE_MS = 20 * HOUR_MS

/** Stores, their resources, and the lifetime of their records. */
const KINDS = [
  { name: 'MemoryStore', make: () => new MemoryStore(), lifeOf: loaded },
  {
    name: 'SqliteStore',
    begin: () => new SqliteFolder(),
    make: (folder) => folder.open(),
    end: (folder) => folder.remove(),
    lifeOf: loaded
  },
  {
    name: 'RedisStore',
    skip: servers.skip,
    begin: () => servers.start(),
    make: (server) => new RedisStore({ url: server.url }),
    end: (server) => server.stop(),
    lifeOf: loaded
  },
  { name: 'a plain store with merge: true', make: () => new CountingStore(), lifeOf: kept }
]

async function loaded (store, id) {
  const { expire, maxAge } = await store.load(id)
  return { expire, maxAge }
}

function kept (store, id) {
  const { _maxAge, _session } = store.data(id)
  return { expire: Date.now() + store.last('set').ttl - 10_000, maxAge: _session ? 'session' : _maxAge }
}

/** What another request does meanwhile, with the maxAge before and afterwards. */
const OTHERS = [['assigned an hour', DAY_MS, HOUR_MS], ["assigned 'session'", DAY_MS, 'session'], ["assigned an hour after 'session'", 'session', HOUR_MS]]

/** The reasons for which a request writes: what it does, and the options. */
const WAYS = {
  'a change': { act (ctx) { ctx.session.n = 1 } },
  'a change, by commit()': {
    act (ctx) {
      ctx.session.n = 1
      return of(ctx).commit()
    }
  },
  rolling: { options: { rolling: true } },
  renew: { options: { renew: true }, isTimed: true },
  'save()': { act: (ctx) => ctx.session.save() },
  'touch()': { act: (ctx) => of(ctx).touch() },
  'regenerate()': { act: (ctx) => ctx.session.regenerate() }
}

/**
 * Starts an app in which /slow loads the session, waits, and then calls `act`, while /give assigns another maxAge.
 *
 * @returns {Promise<object>} `during(age)` runs both, and returns the response of /slow; `had.session` is the session of /slow
 */
async function startApp (t, { make, lifeOf }, resource, options, { act = () => {}, begin = () => {}, how }) {
  const clock = freeze(t)
  const store = make(resource)
  if (store.close) t.after(() => store.close())
  const slow = gate()
  const had = {}
  const server = await start(t, { store, merge: store instanceof CountingStore, storeMaxAge: STORE_MS, ...options }, {
    ...ROUTES,
    '/give' (ctx) { ctx.session.maxAge = ctx.query.age === 'session' ? 'session' : Number(ctx.query.age) },
    async '/slow' (ctx) {
      had.session = ctx.session
      had.a = ctx.session.a
      begin(ctx)
      await slow.pass()
      await act(ctx)
    }
  }, how)
  const ann = server.visitor()
  await ann.get('/set?a=1')
  clock.now += 0.75 * DAY_MS
  const during = async (age) => {
    const late = ann.get('/slow')
    await slow.reached
    if (age !== undefined) assert.equal((await ann.get(`/give?age=${age}`)).status, 200)
    clock.now += 5000
    slow.open()
    const answer = await late
    assert.deepEqual([answer.status, had.a, server.errors], [200, 1, []])
    return answer
  }
  return { clock, ann, had, during, life: () => lifeOf(store, ann.jar.get(KEY)) }
}

/** Returns the expiry of the response's cookie; 'session' without one. */
function expiresOf ({ cookies }) {
  const [, expires] = /; expires=([^;]+)/.exec(cookies.get(KEY)) ?? []
  return expires === undefined ? 'session' : Date.parse(expires)
}

/** Asserts that the record, the cookie and the session have a maxAge, counted from now. */
async function assertLife ({ clock, had, life }, answer, maxAge) {
  const isBrowser = maxAge === 'session'
  assert.deepEqual(await life(), { expire: clock.now + (isBrowser ? STORE_MS : maxAge), maxAge })
  assert.equal(expiresOf(answer), isBrowser ? 'session' : clock.now + maxAge)
  assert.equal(had.session.maxAge, maxAge)
}

for (const kind of KINDS) {
  const { name, skip = false, begin = () => {}, end = () => {} } = kind
  describe(`the maxAge that another request assigned: ${name}`, { skip }, () => {
    let resource
    before(async () => { resource = await begin() })
    after(() => end(resource))
    const startKind = (t, options, routes) => startApp(t, kind, resource, options, routes)

    for (const [way, { act, options, isTimed }] of Object.entries(WAYS)) {
      for (const [other, given, maxAge] of OTHERS) {
        // A browser session is never renewed.
        if (isTimed && given === 'session') continue
        test(`applies to the cookie and the session: ${way}, the other ${other}`, async (t) => {
          const app = await startKind(t, { maxAge: given, ...options }, { act })
          await assertLife(app, await app.during(maxAge), maxAge)
        })
      }
    }

    test('applies to ctx.sessionOptions', async (t) => {
      let options
      const app = await startKind(t, { maxAge: DAY_MS }, {
        begin (ctx) { options = ctx.sessionOptions },
        act (ctx) { ctx.session.n = 1 }
      })
      await assertLife(app, await app.during(HOUR_MS), HOUR_MS)
      assert.equal(options.maxAge, HOUR_MS)
    })

    test('applies to the app\'s own ctx.cookies', async (t) => {
      for (const [, given, maxAge] of OTHERS) {
        const how = { before: (server) => server.use(ownCookies) }
        const app = await startKind(t, { maxAge: given }, { act (ctx) { ctx.session.n = 1 }, how })
        await assertLife(app, await app.during(maxAge), maxAge)
        t.mock.restoreAll()
      }
    })

    test('applies to further commits of a request, until that assigns its own maxAge', async (t) => {
      const read = []
      const app = await startKind(t, { maxAge: DAY_MS }, {
        async act (ctx) {
          for (const n of [1, 2]) {
            ctx.session.n = n
            await of(ctx).commit()
            read.push(ctx.session.maxAge)
          }
          ctx.session.maxAge = 2 * HOUR_MS
        }
      })
      await assertLife(app, await app.during('session'), 2 * HOUR_MS)
      assert.deepEqual(read, ['session', 'session'])
    })

    test('does not apply if the request itself assigned one, before or during its write', async (t) => {
      const own = (ctx) => { ctx.session.maxAge = 2 * HOUR_MS }
      const saving = (ctx) => {
        const saved = ctx.session.save()
        own(ctx)
        return saved
      }
      for (const routes of [{ begin: own }, { act: own }, { act: saving }]) {
        const app = await startKind(t, { maxAge: DAY_MS }, routes)
        await assertLife(app, await app.during(HOUR_MS), 2 * HOUR_MS)
        t.mock.restoreAll()
      }
    })

    test('does not apply to a new session: regenerate({ clear: true })', async (t) => {
      const app = await startKind(t, { maxAge: DAY_MS }, { act: (ctx) => of(ctx).regenerate({ clear: true }) })
      await assertLife(app, await app.during(HOUR_MS), DAY_MS)
    })

    test('is capped for the cookie by the configured one: configMaxAge', async (t) => {
      for (const maxAge of [2 * DAY_MS, 'session']) {
        const app = await startKind(t, { maxAge: DAY_MS, configMaxAge: true }, { act (ctx) { ctx.session.n = 1 } })
        const answer = await app.during(maxAge)
        assert.deepEqual([expiresOf(answer), app.had.session.maxAge], [app.clock.now + DAY_MS, DAY_MS])
        assert.equal((await app.life()).maxAge, maxAge)
        t.mock.restoreAll()
      }
    })

    test('does not apply to a cookie that was sent before the write: early', async (t) => {
      const app = await startKind(t, { maxAge: DAY_MS, early: true }, {
        act (ctx) {
          ctx.session.n = 1
          ctx.respond = false
          ctx.res.statusCode = 200
          ctx.res.end('by hand')
        }
      })
      assert.equal(expiresOf(await app.during(HOUR_MS)), app.clock.now + DAY_MS)
    })
  })
}

/** Replaces Koa's `ctx.cookies` by an object of the app. */
function ownCookies (ctx, next) {
  const { cookies } = ctx
  ctx.cookies = { get: (...args) => cookies.get(...args), set: (...args) => cookies.set(...args), secure: false }
  return next()
}
