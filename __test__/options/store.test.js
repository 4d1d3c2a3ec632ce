'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { KOAS } = require('../harness/app')
const { START_MS, freeze } = require('../harness/clock')
const { cookieHeader } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { refusesMethods } = require('../harness/refusal')
const { visit } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const HOUR_MS = 3600000

const respond = async (ctx) => {
  if (ctx.path === '/login') ctx.session.user = 'zoe'
  if (ctx.path === '/logout') ctx.session = null
  if (ctx.path === '/rename') ctx.session.user = 'zoë'
  if (ctx.path === '/regenerate') await ctx.session.regenerate()
  return { user: ctx.session?.user }
}

/** Makes a genid that numbers the ids, so that calls are predictable. */
function numbered () {
  let number = 0
  return () => `id${++number}`
}

for (const mode of ['store', 'ContextStore', 'externalKey']) {
  for (const [version, Koa] of Object.entries(KOAS)) {
    test(`calls: ${mode} on ${version}`, async (t) => {
      const clock = freeze(t)
      const { options, store } = MODES[mode]()
      const seen = []
      const client = await visit(t, { ...options, maxAge: HOUR_MS, rolling: false, genid: numbered() }, (ctx) => {
        seen.push(ctx)
        return respond(ctx)
      }, { Koa })
      const json = (now) => `{"user":"zoe","_expire":${now + HOUR_MS},"_maxAge":${HOUR_MS}}`
      const take = () => store.calls.splice(0).map((call) => {
        const { options: more, ...rest } = call
        assert.equal(more.ctx, seen.at(-1))
        return [...Object.values(rest), Object.fromEntries(Object.entries(more).filter(([name]) => name !== 'ctx'))]
      })

      await client.get('/')
      assert.deepEqual(take(), [])
      await client.get('/login')
      assert.deepEqual(take(), [['set', 'id2', json(START_MS), HOUR_MS + 10000, { changed: true, rolling: false }]])
      clock.now += 1000
      await client.get('/')
      assert.deepEqual(take(), [['get', 'id2', HOUR_MS, { rolling: false }]])
      await client.get('/logout')
      assert.deepEqual(take(), [['get', 'id2', HOUR_MS, { rolling: false }], ['destroy', 'id2', {}]])
      assert.equal(store.records.size, 0)
      assert.ok(mode === 'externalKey' || client.jar.size === 0)
    })
  }

  test(`regenerate() calls destroy for the old id and set for the new one: ${mode}`, async (t) => {
    const { options, store } = MODES[mode]()
    const client = await visit(t, { ...options, genid: numbered() }, respond)
    await client.get('/login')
    store.reset()
    assert.deepEqual((await client.get('/regenerate')).json, { user: 'zoe' })
    assert.deepEqual(store.calls.slice(0, 3).map(({ operation, id }) => [operation, id]), [['get', 'id1'], ['destroy', 'id1'], ['set', 'id2']])
    assert.deepEqual([...store.records.keys()], ['id2'])
    assert.deepEqual((await client.get()).json, { user: 'zoe' })
  })
}

describe('store', () => {
  test('may be synchronous', async (t) => {
    const records = new Map()
    const store = {
      get: (key) => records.get(key),
      set (key, value) { records.set(key, value) },
      destroy (key) { records.delete(key) }
    }
    const client = await visit(t, { store }, respond)
    await client.get('/login')
    assert.deepEqual((await client.get()).json, { user: 'zoe' })
    await client.get('/logout')
    assert.equal(records.size, 0)
  })

  test('may return any thenable', async (t) => {
    const inner = new CountingStore()
    // Like a query of mongoose or knex, which does nothing before then() is called.
    const query = (method) => (...args) => ({ then: (resolve, reject) => inner[method](...args).then(resolve, reject) })
    const store = { get: query('get'), set: query('set'), destroy: query('destroy') }
    const client = await visit(t, { store }, respond)
    await client.get('/login')
    assert.deepEqual((await client.get()).json, { user: 'zoe' })
    await client.get('/logout')
    assert.deepEqual(inner.take(), ['set', 'get', 'get', 'destroy'])
  })

  test('is called as a method of the object', async (t) => {
    class Store {
      #records = new Map()
      get (key) { return this.#records.get(key) }
      set (key, value) { this.#records.set(key, value) }
      destroy (key) { this.#records.delete(key) }
    }
    const client = await visit(t, { store: new Store() }, respond)
    await client.get('/login')
    assert.deepEqual((await client.get()).json, { user: 'zoe' })
  })

  test('is read only for its three methods, after the check at the start', async (t) => {
    const asked = new Set()
    const store = new Proxy(new CountingStore(), {
      get (target, name) {
        if (typeof name === 'string') asked.add(name)
        const value = target[name]
        return typeof value === 'function' ? value.bind(target) : value
      }
    })
    const client = await visit(t, { store }, respond)
    asked.clear()
    for (const path of ['/login', '/rename', '/regenerate', '/logout']) await client.get(path)
    assert.deepEqual([...asked].sort(), ['destroy', 'get', 'set'])
  })

  test('may be a class with static methods, or a function', async (t) => {
    const records = new Map()
    class Store {
      static get (key) { return records.get(key) }
      static set (key, value) { records.set(key, value) }
      static destroy (key) { records.delete(key) }
    }
    const client = await visit(t, { store: Store }, respond)
    await client.get('/login')
    assert.deepEqual((await client.get()).json, { user: 'zoe' })
  })

  const shared = { user: 'zoe', list: [1], _expire: 9e15, _maxAge: 1000 }
  const RECORDS = {
    'shared by many': shared,
    frozen: Object.freeze({ ...shared }),
    'an instance of a class': new (class Record { user = 'zoe'; _expire = 9e15; _maxAge = 1000; get more () { return 1 } })(),
    'without a prototype': Object.assign(Object.create(null), shared)
  }
  for (const [name, record] of Object.entries(RECORDS)) {
    test(`may return an object that is ${name}: its keys are copied`, async (t) => {
      const before = { ...record }
      const store = { get: () => record, set () {}, destroy () {} }
      const client = await visit(t, { store }, (ctx) => {
        const { user, maxAge } = ctx.session
        ctx.session.user = 'other'
        return { user, maxAge }
      })
      for (let i = 0; i < 2; i++) {
        assert.deepEqual((await client.get('/', { cookie: cookieHeader('id') })).json, { user: 'zoe', maxAge: 1000 })
      }
      assert.deepEqual({ ...record }, before)
    })
  }

  test('gets the id as the browser sent it', async (t) => {
    const { options, store } = MODES.store()
    const client = await visit(t, { ...options, signed: false }, respond)
    for (const id of ['a', 'A%20b', '"quoted"', 'é', 'x'.repeat(4000)]) {
      await client.get('/', { cookie: `koa.sess=${id}` })
      assert.equal(store.calls.pop().id, id.replaceAll('"', ''))
    }
  })

  for (const method of ['get', 'set', 'destroy']) {
    test(`whose ${method} fails is the error of the request`, async (t) => {
      const { options, store } = MODES.store()
      const client = await visit(t, options, respond)
      await client.get('/login')
      store[method] = async () => { throw Object.assign(new Error('down'), { status: 503 }) }
      const path = { get: '/', set: '/rename', destroy: '/logout' }[method]
      assert.equal((await client.get(path)).status, 503)
    })
  }

  test('that has no record: a new id, and no cookie before there are data', async (t) => {
    const { options, store } = MODES.store()
    const client = await visit(t, { ...options, genid: numbered() }, (ctx) => {
      if (ctx.path === '/login') ctx.session.user = 'zoe'
      return { id: ctx.session.externalKey }
    })
    const cookie = cookieHeader('gone')
    const idle = await client.get('/', { cookie })
    assert.deepEqual([idle.json, idle.setCookie], [{ id: 'id1' }, []])
    const { json } = await client.get('/login', { cookie })
    assert.deepEqual([json, [...store.records.keys()]], [{ id: 'id2' }, ['id2']])
  })
})

const none = () => {}
const methods = { get: none, set: none, destroy: none }

refusesMethods('store', [
  [{ ...methods, get: undefined }, 'store.get', 'undefined'],
  [{ ...methods, set: undefined }, 'store.set', 'undefined'],
  [{ ...methods, destroy: undefined }, 'store.destroy', 'undefined'],
  [{ ...methods, get: 'a' }, 'store.get', 'string'],
  [{}, 'store.get', 'undefined']
])
