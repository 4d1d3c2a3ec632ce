'use strict'

// Mistakes of apps, ids of clients, damaged records and races, with stores that merge.

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const { MemoryStore } = require('../../stores/memory')
const { SessionStore } = require('../../lib/stores/session-store')
const { KEYS, of, session } = require('../harness/app')
const { ROUTES, eachKind } = require('../harness/merging')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')
const { gate } = require('../harness/waiting')

/** A session store whose `load` returns `record`. */
class DamagedStore extends SessionStore {
  record
  load () { return this.record }
}
for (const name of ['create', 'merge', 'touch', 'regenerate', 'destroy', 'list', 'destroyAll']) {
  DamagedStore.prototype[name] = () => assert.fail(`${name} was called`)
}

test('a browser session expires in the store', async (t) => {
  const server = await start(t, { store: new MemoryStore(), maxAge: 'session', storeMaxAge: 1000 }, ROUTES)
  const ann = server.visitor()
  await ann.get('/set?a=1')
  const now = Date.now()
  t.mock.timers.enable({ apis: ['Date'], now: now + 2000 })
  assert.deepEqual((await ann.get('/me')).json, {})
  await server.settled()
  assert.equal(server.events.named('session:expired').length, 1)
})

eachKind('a session that replaces another', ({ options }) => {
  test('after null was assigned during regenerate(): the old session is destroyed', async (t) => {
    const server = await start(t, options(), {
      ...ROUTES,
      async '/again' (ctx) {
        const regenerating = of(ctx).regenerate()
        ctx.session = null
        ctx.session = { guest: 1 }
        await regenerating
      }
    })
    const ann = server.visitor()
    await ann.get('/set?user=1')
    const old = ann.cookie
    assert.equal((await ann.get('/again')).status, 200)
    assert.deepEqual((await ann.get('/me')).json, { guest: 1 })
    assert.deepEqual((await server.get('/me', { cookie: old })).json, {})
  })

  test('is written if the old one no longer exists', async (t) => {
    const slow = gate()
    const server = await start(t, options(), {
      ...ROUTES,
      async '/slow' (ctx) {
        ctx.session.a = 2
        await slow.pass()
        await ctx.session.save()
        ctx.session = null
        ctx.session = { user: 1 }
      }
    })
    const ann = server.visitor()
    await ann.get('/set?a=1')
    const late = ann.get('/slow')
    await slow.reached
    await ann.get('/logout')
    slow.open()
    await late
    assert.deepEqual((await ann.get('/me')).json, { user: 1 })
  })

  test('keeps its data if genid returns the same id again', async (t) => {
    const server = await start(t, { ...options(), genid: () => 'the-id' }, { ...ROUTES, '/regenerate': (ctx) => of(ctx).regenerate() })
    const ann = server.visitor()
    await ann.get('/set?a=1')
    assert.equal((await ann.get('/regenerate')).status, 200)
    assert.deepEqual((await ann.get('/me')).json, { a: 1 })
  })
})

describe('a subject', () => {
  test('that is NaN is no subject', async (t) => {
    const server = await start(t, { store: new MemoryStore(), subject: (data) => Number(data.user) }, {
      ...ROUTES, '/list': (ctx) => of(ctx).list()
    })
    const [ann, bob] = [server.visitor(), server.visitor()]
    await ann.get('/set?a=1')
    await bob.get('/set?a=1')
    assert.deepEqual((await ann.get('/list')).json, [])
  })

  test('computed from two keys is correct after two requests have changed one each', async (t) => {
    const slow = gate()
    const server = await start(t, { store: new MemoryStore(), subject: ({ tenant, user }) => user && `${tenant}:${user}` }, {
      ...ROUTES,
      async '/slow' (ctx) {
        ctx.session.user = 2
        await slow.pass()
      },
      '/list': (ctx) => of(ctx).list()
    })
    const ann = server.visitor()
    await ann.get('/set?tenant="A"&user=1')
    const late = ann.get('/slow')
    await slow.reached
    await ann.get('/set?tenant="B"')
    slow.open()
    await late
    await ann.get('/set?a=1')
    assert.equal((await ann.get('/list')).json.length, 1)
  })

  test('whose login is refused, and keeps some data: no data are lost', async (t) => {
    const server = await start(t, { store: new MemoryStore(), subject: 'user', maxSessions: { max: 1, overflow: 'refuse' } }, {
      ...ROUTES,
      async '/login' (ctx) {
        ctx.session.user = 1
        await of(ctx).regenerate({ keep: ['user', 'basket'] })
      }
    })
    const [ann, bob] = [server.visitor(), server.visitor()]
    await ann.get('/login')
    await bob.get('/set?basket=1')
    assert.equal((await bob.get('/login')).status, 409)
    assert.deepEqual((await bob.get('/me')).json, { basket: 1 })
    assert.equal((await ann.get('/login')).status, 200)
  })

  test('that had more sessions before the option maxSessions keeps them', async (t) => {
    const store = new MemoryStore()
    const before = await start(t, { store }, ROUTES)
    const visitors = [before.visitor(), before.visitor(), before.visitor()]
    for (const visitor of visitors) await visitor.get('/set?user=1')
    const server = await start(t, { store, subject: 'user', maxSessions: { max: 1, overflow: 'refuse' } }, ROUTES)
    for (const { cookie } of visitors) assert.equal((await server.get('/me', { cookie })).status, 200)
    assert.equal(store.list('1').length, 3)
  })
})

describe('a mistake of the app', () => {
  const mistakes = {
    'a BigInt': [{}, (ctx) => { ctx.session.big = 1n }],
    'a subject that is a promise': [{ subject: async () => { throw new Error('rejected') } }, (ctx) => { ctx.session.a = 1 }],
    'a label that is a promise': [{ subject: 'a', label: async () => { throw new Error('rejected') } }, (ctx) => { ctx.session.a = 1 }]
  }
  for (const [title, [options, change]] of Object.entries(mistakes)) {
    test(`${title} is an error, without a call of onStoreError`, async (t) => {
      const asked = []
      const onStoreError = (err) => { asked.push(err); return 'ignore' }
      const server = await start(t, { store: new MemoryStore(), onStoreError, ...options }, { '/': change })
      const { status, setCookie } = await server.visitor().get('/')
      assert.deepEqual([status, setCookie, asked], [500, [], []])
      assert.deepEqual(server.errors.map(({ code }) => code), ['ERR_SESSION_VALUE'])
    })
  }
})

describe('an id from externalKey.get', () => {
  for (const [title, id] of Object.entries({ 'an array': ['a', 'b'], 'an object': { a: 1 }, 'a boolean': true })) {
    test(`that is ${title} is ignored`, async (t) => {
      const externalKey = { get: () => id, set () {} }
      const server = await start(t, { store: new MemoryStore(), externalKey }, ROUTES)
      for (const path of ['/me', '/set?a=1', '/logout']) assert.equal((await server.visitor().get(path)).status, 200)
    })
  }

  test('that is a number becomes a string', async (t) => {
    const store = new MemoryStore()
    store.create('7', { data: '{"a":1}', maxAge: 60_000 }, 60_000)
    const server = await start(t, { store, externalKey: { get: () => 7, set () {} } }, ROUTES)
    assert.deepEqual((await server.visitor().get('/me')).json, { a: 1 })
  })
})

describe('a record that is no JSON', () => {
  for (const [policy, status] of [['throw', 500], ['ignore', 200]]) {
    test(`is a failure of the store: ${policy}`, async (t) => {
      const store = new DamagedStore()
      store.record = { data: '{"secret":oops}', rev: 1, expire: Date.now() + 60_000, maxAge: 60_000, hasSubject: false }
      const asked = []
      const server = await start(t, { store, onStoreError (err, operation) { asked.push([operation, err.code, err.reason, err.message.includes('secret')]); return policy } }, ROUTES)
      const visitor = server.visitor()
      visitor.jar.set('koa.sess', 'id').set('koa.sess.sig', new (require('keygrip'))(KEYS).sign('koa.sess=id'))
      assert.equal((await visitor.get('/me')).status, status)
      assert.deepEqual(asked, [['get', 'ERR_SESSION_STORE', 'unreadable', false]])
    })
  }
})

describe('a change during a save', () => {
  test('is saved by the next commit', async (t) => {
    const store = new MemoryStore()
    const server = await start(t, { store, subject: 'user', maxAge: 60_000 }, {
      ...ROUTES,
      '/leave' (ctx) {
        ctx.session.save(() => {})
        delete ctx.session.user
        ctx.session.maxAge = 5000
      },
      '/age': (ctx) => ({ maxAge: ctx.session.maxAge })
    })
    const ann = server.visitor()
    await ann.get('/set?user=1&a=1')
    await ann.get('/leave')
    assert.deepEqual(store.list('1'), [])
    assert.deepEqual((await ann.get('/age')).json, { maxAge: 5000 })
  })
})

describe('a store with the mark of a session store', () => {
  const app = { use () {}, context: {} }
  test('has to have the version of this contract', () => {
    const store = Object.assign(new CountingStore(), { [session.STORE]: 2 })
    assert.throws(() => session({ store }, app), { code: 'ERR_SESSION_OPTION' })
  })

  test('has to have the methods', () => {
    const store = Object.assign(new CountingStore(), { [session.STORE]: 1 })
    assert.throws(() => session({ store }, app), { code: 'ERR_SESSION_OPTION', option: 'store.create' })
  })
})

eachKind('data that the app adds while a taken id is replaced', ({ options }) => {
  test('are written with the next commit', async (t) => {
    let made = 0
    const ids = ['taken-before', 'taken-before', 'free']
    const server = await start(t, { ...options(), genid: () => ids[made++] ?? `more-${made}` }, {
      ...ROUTES,
      '/first' (ctx) { ctx.session.other = 1 },
      async '/in' (ctx) {
        ctx.session.a = 1
        const saving = ctx.session.save()
        ctx.session.user = 'ann'
        await saving
      }
    })
    await server.get('/first')
    const ann = server.visitor()
    assert.equal((await ann.get('/in')).status, 200)
    assert.deepEqual((await ann.get('/me')).json, { a: 1, user: 'ann' })
  })
})

eachKind('changes of the data by the option valid', ({ options }) => {
  test('are written with the changes of the request', async (t) => {
    const valid = (ctx, data) => {
      if (data.password !== undefined) data.version = 2
      delete data.password
      return true
    }
    const opts = options()
    const [server, other] = [await start(t, { ...opts, valid }, ROUTES), await start(t, opts, ROUTES)]
    const ann = server.visitor()
    await ann.get('/set?password=1')
    await ann.get('/set?n=2')
    assert.deepEqual((await other.get('/me', { cookie: ann.cookie })).json, { n: 2, version: 2 })
  })
})

for (const data of ['1', 'true', '"x"', 'null']) {
  test(`a session store that loads ${data} as data has failed`, async (t) => {
    const store = new DamagedStore()
    const failures = []
    const onStoreError = (err, operation) => {
      failures.push([err.code, operation])
      return 'anonymous'
    }
    const server = await start(t, { store, onStoreError }, ROUTES)
    store.record = { data, rev: 1, expire: Date.now() + 100000, maxAge: 100000, hasSubject: false }
    const cookie = await start(t, { store: new MemoryStore() }, ROUTES).then(async (other) => (await other.get('/set?a=1')).setCookie.map((line) => line.split(';')[0]).join('; '))
    assert.deepEqual((await server.get('/me', { cookie })).json, {})
    assert.deepEqual(failures, [['ERR_SESSION_STORE', 'get']])
  })
}
