'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const mount = require('koa-mount')

const { KOAS, of, session } = require('../harness/app')
const { decodeCookie } = require('../harness/forge')
const { refuses } = require('../harness/refusal')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')
const { warned, warnings } = require('../harness/warnings')

const { koa3: Koa } = KOAS

const count = (ctx) => {
  ctx.session.views = (ctx.session.views ?? 0) + 1
  return { views: ctx.session.views }
}

const both = {
  '/user' (ctx) { ctx.session.name = 'ann' },
  '/admin' (ctx) { ctx.admin.name = 'root' },
  '/out' (ctx) { ctx.admin = null },
  '/read' (ctx) { return { session: ctx.session.name ?? null, admin: ctx.admin.name ?? null } },
  '/options' (ctx) { return { key: ctx.sessionOptions.key, ids: [of(ctx).id, of(ctx, 'admin').id] } }
}

describe('fault 19: a sub-app with a session, under an app without one', () => {
  for (const kind of ['cookie', 'store']) {
    for (const [name, Koa] of Object.entries(KOAS)) {
      test(`${kind} mode on ${name}`, async (t) => {
        const store = kind === 'store' ? new CountingStore() : undefined
        const child = new Koa()
        child.use(session({ store }, child))
        child.use((ctx) => { ctx.body = count(ctx) })
        const server = await start(t, null, { '/free' () { return 'free' } }, { Koa, before: (app) => app.use(mount('/child', child)) })
        const ann = server.visitor()
        for (const views of [1, 2, 3]) {
          const answer = await ann.get('/child')
          assert.equal(answer.status, 200)
          assert.deepEqual(answer.json, { views })
        }
        assert.deepEqual((await ann.get('/free')).setCookie, [])
        assert.equal(store?.count('set') ?? 3, 3)
        assert.deepEqual(server.errors, [])
      })
    }
  }

  test('the parent has no session', async (t) => {
    const child = new Koa()
    child.use(session({}, child))
    const server = await start(t, null, (ctx) => ({ has: 'session' in ctx }), { before: (app) => app.use(mount('/child', child)) })
    assert.deepEqual((await server.get('/')).json, { has: false })
  })
})

describe('fault 19: two sessions of one app', () => {
  const startBoth = (t, first, second) => start(t, first, both, { before: (app) => app.use(session(second, app)) })

  test('each has its own property, key and store', async (t) => {
    const users = new CountingStore()
    const admins = new CountingStore()
    const server = await startBoth(t, { store: users }, { as: 'admin', key: 'admin.sess', store: admins })
    const ann = server.visitor()
    const user = await ann.get('/user')
    assert.deepEqual([...user.cookies.keys()], ['koa.sess', 'koa.sess.sig'])
    assert.deepEqual([users.count('set'), admins.count('set')], [1, 0])
    const admin = await ann.get('/admin')
    assert.deepEqual([...admin.cookies.keys()], ['admin.sess', 'admin.sess.sig'])
    assert.deepEqual([users.count('set'), admins.count('set')], [1, 1])
    assert.deepEqual((await ann.get('/read')).json, { session: 'ann', admin: 'root' })
    await ann.get('/out')
    assert.deepEqual([users.count('destroy'), admins.count('destroy')], [0, 1])
    assert.deepEqual((await ann.get('/read')).json, { session: 'ann', admin: null })
  })

  test('one in a cookie, one in a store; events carry the name', async (t) => {
    const admins = new CountingStore()
    const server = await startBoth(t, {}, { as: 'admin', key: 'admin.sess', store: admins })
    const ann = server.visitor()
    const user = await ann.get('/user')
    assert.equal(decodeCookie(user.cookies.get('koa.sess')).name, 'ann')
    await ann.get('/admin')
    assert.equal(admins.data(admins.ids()[0]).name, 'root')
    await server.settled()
    assert.deepEqual(server.events.named('session:saved').map(({ name }) => name), ['session', 'admin'])
    admins.records.clear()
    await ann.get('/read')
    assert.equal((await server.event('session:missed')).name, 'admin')
  })

  test('sessionOptions belongs to the first of the app', async (t) => {
    const server = await startBoth(t, { key: 'b' }, { as: 'admin', key: 'a', store: new CountingStore() })
    const { json } = await server.get('/options')
    assert.equal(json.key, 'a')
    assert.equal(json.ids[0], null)
    assert.equal(typeof json.ids[1], 'string')
  })

  test('the same key is an error at the start', () => {
    const app = new Koa()
    session({}, app)
    assert.throws(() => session({ as: 'admin' }, app), { code: 'ERR_SESSION_OPTION', option: 'key' })
    session({ as: 'admin', key: 'a' }, app)
  })

  const taken = { code: 'ERR_SESSION_OPTION', option: 'key' }
  const PAIRS = [['a', 'a'], ['a', 'a.sig'], ['a.sig', 'a'], ['a.sig', 'a.sig.sig'], ['koa.sess', undefined], [undefined, 'koa.sess.sig'], ['koa.sess.sig', undefined]]
  const externalKey = { get () {}, set () {} }

  for (const keys of PAIRS) {
    for (const more of [{}, { store: new CountingStore() }, { store: new CountingStore(), externalKey }, { signed: false }]) {
      for (const names of [[undefined, 'admin'], ['admin', undefined], ['admin', 'other']]) {
        test(`cookies of one name are an error at the start: ${keys}, ${names}, ${Object.keys(more)}`, () => {
          const app = new Koa()
          session({ ...more, key: keys[0], as: names[0] }, app)
          assert.throws(() => session({ ...more, key: keys[1], as: names[1] }, app), taken)
          assert.ok(!((names[1] ?? 'session') in app.context))
        })
      }
    }
  }

  test('different keys are accepted, even similar ones', () => {
    const app = new Koa()
    for (const key of ['a', 'A', 'a.sigs', 'a.sig.sig', 'a.', '.sig', 'sig', 'b']) session({ as: `the ${key}`, key }, app)
  })

  test('the same `as` is an error at the start', () => {
    const app = new Koa()
    session({ as: 'admin', key: 'a' }, app)
    assert.throws(() => session({ as: 'admin', key: 'b' }, app), { code: 'ERR_SESSION_OPTION', option: 'as' })
    // Other apps may have the same `as`.
    session({ as: 'admin', key: 'a' }, new Koa())
  })

  test('an `as` that is a property of ctx is an error at the start', () => {
    for (const as of ['body', 'cookies', 'toJSON']) {
      assert.throws(() => session({ as, key: 'a' }, new Koa()), { code: 'ERR_SESSION_OPTION', option: 'as' })
    }
  })

  test('without `as` they share one, with one warning', async (t) => {
    const store = new CountingStore()
    const server = await start(t, { store }, count, {
      before (app) {
        app.use(session({ key: 'other', store: new CountingStore() }, app))
        session({}, app)
      }
    })
    const ann = server.visitor()
    const { cookies } = await ann.get('/')
    assert.deepEqual([...cookies.keys()], ['other', 'other.sig'])
    assert.deepEqual((await ann.get('/')).json, { views: 2 })
    assert.equal(store.count(), 0)
    const { message } = await warned('KOA_SESSION_RS_SHARED')
    assert.match(message, /\bas\b/)
    assert.equal(warnings.filter(({ code }) => code === 'KOA_SESSION_RS_SHARED').length, 1)
  })
})

refuses('as', [[1, 'number'], [Symbol('admin'), 'symbol']])
