'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { Revocations } = require('../../revocations')
const { MemoryStore } = require('../../stores/memory')
const { of } = require('../harness/app')
const { freeze } = require('../harness/clock')
const { errorOf, refuses } = require('../harness/refusal')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')
const { gate } = require('../harness/waiting')

const HOUR = 3600000

const ROUTES = {
  '/in' (ctx) { ctx.session.user = ctx.query.user },
  '/me': (ctx) => ({ user: ctx.session.user ?? null, count: ctx.session.count ?? 0 }),
  '/count' (ctx) { ctx.session.count = (ctx.session.count ?? 0) + 1 },
  '/none': () => 'ok',
  '/out' (ctx) { ctx.session = null },
  '/destroy': (ctx) => of(ctx).destroy(),
  async '/sent-and-out' (ctx) {
    ctx.session.user = 'ann'
    ctx.respond = false
    ctx.res.writeHead(200)
    await of(ctx).destroy()
    ctx.res.end('{}')
  },
  '/again' (ctx) {
    ctx.session = null
    ctx.session = { user: 'again' }
  },
  '/regenerate': (ctx) => of(ctx).regenerate(),
  '/authenticate': (ctx) => of(ctx).authenticate(),
  '/others' (ctx) { return of(ctx).revokeOthers() },
  '/all' (ctx) { return of(ctx).revokeAll() }
}

const user = async (visitor) => (await visitor.get('/me')).json.user

/** Returns a visitor with a copy of another one's cookies. */
function copyOf (visitor) {
  const copy = visitor.another()
  copy.jar = new Map(visitor.jar)
  return copy
}

const STORES = { 'a record store': () => new CountingStore(), MemoryStore: () => new MemoryStore(), Revocations: () => new Revocations({ store: new CountingStore() }) }
const PROTECTIONS = { signed: {}, sealed: { seal: true, keys: ['k'.repeat(32)] } }

for (const [protection, protecting] of Object.entries(PROTECTIONS)) {
  const startWith = (t, options, how) => start(t, { revocations: new CountingStore(), absoluteTimeout: HOUR, maxAge: HOUR, ...protecting, ...options }, ROUTES, how)

  describe(`revocations, ${protection}`, () => {
    for (const [name, make] of Object.entries(STORES)) {
      for (const path of ['/out', '/destroy', '/again', '/regenerate', '/authenticate']) {
        test(`a copy of the cookie opens nothing after ${path}, in any process: ${name}`, async (t) => {
          const revocations = make()
          // Two apps with one store, as in two processes.
          const [server, other] = [await startWith(t, { revocations }), await startWith(t, { revocations })]
          const visitor = server.visitor()
          await visitor.get('/in?user=ann')
          const copy = copyOf(visitor)
          assert.equal(await user(copy), 'ann')
          await visitor.get(path)
          for (const { port } of [server, other]) {
            copy.port = port
            assert.equal(await user(copy), null)
          }
          assert.equal(await user(visitor), { '/out': null, '/destroy': null, '/again': 'again' }[path] === undefined ? 'ann' : path === '/again' ? 'again' : null)
          await server.settled()
          assert.equal(server.events.named('session:missed').length, 1)
        })
      }
    }

    for (const path of ['/others', '/all']) {
      test(`revoke${path === '/all' ? 'All' : 'Others'} ends the sessions of the subject alone, also by copies`, async (t) => {
        freeze(t)
        const server = await startWith(t, { subject: 'user' })
        const [one, two, bob] = [server.visitor(), server.visitor(), server.visitor()]
        await one.get('/in?user=ann')
        await two.get('/in?user=ann')
        await bob.get('/in?user=bob')
        const copies = [copyOf(one), copyOf(two)]
        assert.equal((await one.get(path)).status, 200)
        assert.deepEqual(await Promise.all([one, two, bob, ...copies].map(user)), [path === '/all' ? null : 'ann', null, 'bob', null, null])
        // In the same millisecond.
        await two.get('/in?user=ann')
        assert.equal(await user(two), 'ann')
      })
    }

    test('an administrator ends the sessions of a subject', async (t) => {
      const store = new CountingStore()
      const server = await startWith(t, { revocations: new Revocations({ store }), subject: 'user' })
      const visitor = server.visitor()
      await visitor.get('/in?user=7')
      // Another process, which has no session().
      await new Revocations({ store, absoluteTimeout: HOUR }).revokeSubject(7)
      assert.equal(await user(visitor), null)
      await assert.rejects(new Revocations({ store }).revokeSubject(7), { code: 'ERR_SESSION_OPTION', option: 'absoluteTimeout' })
    })

    test('an answer that was on its way during a logout brings no session back', async (t) => {
      const held = gate()
      const server = await startWith(t, {}, {
        before: (app) => app.use(async (ctx, next) => {
          await next()
          if (ctx.path === '/count') await held.pass()
        })
      })
      const visitor = server.visitor()
      await visitor.get('/in?user=ann')
      const slow = copyOf(visitor)
      const answering = slow.get('/count')
      await held.reached
      await visitor.get('/out')
      held.open()
      await answering
      assert.deepEqual((await slow.get('/me')).json, { user: null, count: 0 })
    })

    test('asks for the session and its subject at once, if a session came, and else not', async (t) => {
      const store = new CountingStore()
      const server = await startWith(t, { revocations: store, subject: 'user' })
      const visitor = server.visitor()
      for (const path of ['/none', '/me', '/in?user=ann']) await visitor.get(path)
      assert.equal(store.count(), 0)
      const held = store.hold('get')
      const answering = visitor.get('/me')
      await held.reached
      assert.equal(store.count('get'), 2)
      held.open()
      await answering
      await server.get('/me', { cookie: 'koa.sess=forged; koa.sess.sig=forged' })
      assert.deepEqual(store.take(), ['get', 'get'])
    })

    test('the store has hashes, each for as long as a copy may come', async (t) => {
      const store = new CountingStore()
      const server = await startWith(t, { revocations: store, subject: 'user' })
      const visitor = server.visitor()
      await visitor.get('/in?user=ann')
      await visitor.get('/others')
      const keys = store.ids()
      assert.equal(keys.length, 2)
      assert.ok(keys.every((key) => /^revoked:(subject:)?[\w-]{43}$/.test(key) && !key.includes('ann')))
      assert.ok(store.calls.filter(({ operation }) => operation === 'set').every(({ ttl }) => ttl >= HOUR))
    })

    for (const policy of ['throw', 'anonymous', 'ignore']) {
      test(`where the store fails, no session is accepted unchecked: ${policy}`, async (t) => {
        const store = new CountingStore()
        const server = await startWith(t, { revocations: store, ...(policy !== 'throw' && { onStoreError: () => policy }) })
        const visitor = server.visitor()
        await visitor.get('/in?user=ann')
        const { jar } = copyOf(visitor)
        store.fail('get', new Error('down'))
        assert.deepEqual((await visitor.get('/count')).setCookie, [])
        const { status, body, setCookie } = await visitor.get('/me')
        if (policy === 'throw') assert.equal(status, 500)
        else assert.deepEqual([status, JSON.parse(body), setCookie], [200, { user: null, count: 0 }, []])
        store.mend()
        assert.deepEqual(visitor.jar, jar)
        assert.equal(await user(visitor), 'ann')
      })
    }

    test('of two revocations, the later time stays', async (t) => {
      const clock = freeze(t)
      const store = new CountingStore()
      const [one, two] = [0, 1].map(() => new Revocations({ store, absoluteTimeout: HOUR }))
      clock.now += 1000
      await one.revokeSubject('ann')
      const [key] = store.ids()
      const { before } = store.data(key)
      // The clock of another process is behind.
      clock.now -= 1000
      await two.revokeSubject('ann')
      assert.equal(store.data(key).before, before)
    })

    test('a session that ends after its cookie was sent is revoked too', async (t) => {
      const server = await startWith(t, { early: true })
      const visitor = server.visitor()
      await visitor.get('/sent-and-out')
      assert.ok(visitor.jar.has('koa.sess'))
      assert.equal(await user(visitor), null)
    })

    test('a logout that cannot be written is an error, and the session stays', async (t) => {
      const store = new CountingStore()
      const server = await startWith(t, { revocations: store })
      const visitor = server.visitor()
      await visitor.get('/in?user=ann')
      store.fail('set', new Error('down'))
      assert.equal((await visitor.get('/out')).status, 500)
      store.mend()
      assert.equal(await user(visitor), 'ann')
    })

    test('a session from before the option gets an id with its next request', async (t) => {
      const server = await startWith(t, { revocations: undefined })
      const visitor = server.visitor()
      await visitor.get('/in?user=ann')
      visitor.port = (await startWith(t)).port
      assert.equal(await user(visitor), 'ann')
      const copy = copyOf(visitor)
      await visitor.get('/out')
      assert.equal(await user(copy), null)
    })
  })
}

describe('revocations', () => {
  test('need absoluteTimeout, and no store', () => {
    const store = new CountingStore()
    for (const [options, named] of [[{ revocations: store }, 'absoluteTimeout'], [{ revocations: store, absoluteTimeout: HOUR, store }, 'revocations']]) {
      const { code, option } = errorOf(options)
      assert.deepEqual([code, option], ['ERR_SESSION_OPTION', named])
    }
  })

  test('Revocations refuses wrong options', () => {
    const store = new CountingStore()
    for (const [options, option] of [[{}, 'store.get'], [{ store, prefix: 1 }, 'prefix'], [{ store, absoluteTimeout: 0 }, 'absoluteTimeout']]) {
      assert.throws(() => new Revocations(options), { code: 'ERR_SESSION_OPTION', option })
    }
  })

  test('lists are for stores', async (t) => {
    const server = await start(t, { revocations: new CountingStore(), absoluteTimeout: HOUR, subject: 'user' }, { '/list': (ctx) => of(ctx).list() })
    await server.get('/list')
    assert.equal(server.errors[0].code, 'ERR_SESSION_SUBJECT')
  })
})

refuses('revocations', [['redis', 'string'], [1, 'number'], [{ get () {} }, 'object']], { absoluteTimeout: HOUR })

test('outside of the middleware, the session is loaded first', async (t) => {
  const server = await start(t, { revocations: new CountingStore(), absoluteTimeout: HOUR }, ROUTES)
  const visitor = server.visitor()
  await visitor.get('/in?user=ann')
  const context = () => server.app.createContext({ headers: { cookie: visitor.cookie }, socket: {}, url: '/' }, { getHeader () {}, setHeader () {} })
  assert.throws(() => context().session, { code: 'ERR_SESSION_NOT_LOADED' })
  assert.equal((await of(context()).load()).user, 'ann')
})
