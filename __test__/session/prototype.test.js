'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { MemoryStore } = require('../../stores/memory')
const { cookieHeader, decode, encode } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { visit } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const INJECTED = '{"__proto__":{"admin":true,"isNew":"injected"},"user":"ann"}'

/** Each mode, with a function that reads what was saved last. */
const PLACES = {
  ...Object.fromEntries(Object.entries(MODES).map(([mode, make]) => [mode, () => {
    const { options, store } = make()
    return { options, saved: (setCookie) => store ? JSON.parse([...store.records.values()].at(-1)) : decode(setCookie) }
  }])),
  merge () {
    const store = new CountingStore()
    return { options: { store, merge: true }, saved: () => JSON.parse([...store.records.values()].at(-1)) }
  },
  MemoryStore () {
    const store = new MemoryStore()
    let count = 0
    return { options: { store, genid: () => `id${++count}` }, saved: () => JSON.parse(store.load(`id${count}`).data) }
  }
}

/** Leaves the envelope out. */
const dataOf = ({ _expire, _maxAge, _session, ...data }) => data

/** Ways for an app to write data of a client to the session. */
const WRITES = {
  'Object.assign': (ctx, data) => Object.assign(ctx.session, data),
  'a loop over keys' (ctx, data) {
    for (const key of Object.keys(data)) ctx.session[key] = data[key]
  },
  'Reflect.set': (ctx, data) => Reflect.ownKeys(data).every((key) => Reflect.set(ctx.session, key, data[key])),
  'ctx.session =' (ctx, data) { ctx.session = data },
  'Object.defineProperties': (ctx, data) => Object.defineProperties(ctx.session, Object.getOwnPropertyDescriptors(data)),
  'a merge of all levels': (ctx, data) => merge(ctx.session, data)
}

/** A deep merge that does not guard against `__proto__`. */
function merge (target, source) {
  for (const key of Object.keys(source)) {
    if (typeof target[key] === 'object' && typeof source[key] === 'object') merge(target[key], source[key])
    else target[key] = source[key]
  }
}

const look = ({ session }) => ({ admin: session.admin, isNew: session.isNew, save: typeof session.save, user: session.user, data: session })

for (const [place, make] of Object.entries(PLACES)) {
  describe(`__proto__ in data that the app writes: ${place}`, () => {
    for (const [way, write] of Object.entries(WRITES)) {
      test(`is no prototype, and is not saved: ${way}`, async (t) => {
        const { options, saved } = make()
        const client = await visit(t, options, (ctx) => {
          if (ctx.path === '/put') write(ctx, JSON.parse(INJECTED))
          return look(ctx)
        })
        const { json, setCookie } = await client.get('/put')
        assert.deepEqual({ ...json, isNew: undefined }, { isNew: undefined, save: 'function', user: 'ann', data: { user: 'ann' } })
        assert.equal(typeof json.isNew, 'boolean')
        assert.deepEqual(dataOf(saved(setCookie)), { user: 'ann' })
        assert.deepEqual((await client.get()).json, { isNew: false, save: 'function', user: 'ann', data: { user: 'ann' } })
        // The sessions of other visitors do not inherit it either.
        assert.deepEqual((await client.get('/', { cookie: '' })).json, { isNew: true, save: 'function', data: {} })
      })
    }

    test('data of a prototype that the app sets by Object.setPrototypeOf are not saved', async (t) => {
      const { options, saved } = make()
      const client = await visit(t, options, (ctx) => {
        const { session } = ctx
        if (ctx.path === '/put') session.list = ['flat is not all']
        if (ctx.path !== '/') Object.setPrototypeOf(session, ctx.path === '/null' ? null : { admin: true, toJSON: () => ({ admin: true }) })
        session.user = 'ann'
        return { user: session.user }
      })
      let { setCookie } = await client.get('/put')
      assert.deepEqual(dataOf(saved(setCookie)), { list: ['flat is not all'], user: 'ann' })
      for (const path of ['/flat', '/null']) {
        ({ setCookie } = await client.get(path, { cookie: '' }))
        assert.deepEqual(dataOf(saved(setCookie)), { user: 'ann' })
      }
    })

    test('properties of Object.prototype are not saved', async (t) => {
      const { options, saved } = make()
      const client = await visit(t, options, (ctx) => {
        if (ctx.path === '/replace') ctx.session = { user: 'ann', list: [1] }
        ctx.session.user = 'bob'
      })
      Object.defineProperty(Object.prototype, 'polluted', { value: true, enumerable: true, configurable: true }) // eslint-disable-line no-extend-native
      try {
        for (const path of ['/', '/replace']) {
          const { setCookie } = await client.get(path, { cookie: '' })
          assert.ok(!Object.hasOwn(saved(setCookie), 'polluted'))
        }
      } finally {
        delete Object.prototype.polluted
      }
    })

    test('a function is no data, even with a toJSON', async (t) => {
      const { options, saved } = make()
      const client = await visit(t, options, ({ session }) => {
        session.user = ['ann']
        session.call = Object.assign(() => {}, { toJSON: () => 'called' })
        session.Type = class { static toJSON () { return 'a class' } }
        return session
      })
      const { json, setCookie } = await client.get()
      assert.deepEqual([json, dataOf(saved(setCookie))], [{ user: ['ann'] }, { user: ['ann'] }])
    })

    test('isNew is never saved, whatever defines it', async (t) => {
      const { options, saved } = make()
      const client = await visit(t, options, ({ session, path }) => {
        if (path === '/list') session.user = ['ann']
        else session.user = 'ann'
        Object.defineProperty(session, 'isNew', { value: 'mine', enumerable: true })
      })
      for (const [path, user] of [['/', 'ann'], ['/list', ['ann']]]) {
        const { setCookie } = await client.get(path)
        assert.deepEqual(dataOf(saved(setCookie)), { user })
      }
    })

    test('a frozen session is saved', async (t) => {
      const { options, saved } = make()
      const client = await visit(t, options, ({ session }) => {
        session.user = 'ann'
        Object.freeze(session)
        session.maxAge = 5000
        session._requireSave = true
      })
      const { status, setCookie } = await client.get()
      assert.deepEqual([status, dataOf(saved(setCookie))], [200, { user: 'ann' }])
    })
  })
}

for (const [kind, rest] of Object.entries({ small: '"user":"ann"', large: `"user":"ann","text":"${'x'.repeat(1000)}"` })) {
  test(`an own __proto__ of a cookie does not become the session's: ${kind}`, async (t) => {
    const client = await visit(t, {}, ({ session, path }) => {
      const before = { keys: Object.keys(session), admin: session.admin }
      if (path === '/put') session.__proto__ = { admin: true } // eslint-disable-line no-proto
      return { ...before, after: session.admin, prototype: session.__proto__ } // eslint-disable-line no-proto
    })
    const cookie = cookieHeader(encode(`{"__proto__":{"admin":true},${rest},"_expire":9999999999999,"_maxAge":86400000}`))
    const keys = Object.keys(JSON.parse(`{${rest}}`))
    assert.deepEqual((await client.get('/', { cookie })).json, { keys })
    const { json, setCookie } = await client.get('/put', { cookie })
    assert.deepEqual([json, setCookie], [{ keys }, []])
  })
}

test('inherited keys of a record are data, as in koa-session, also with merge and configMaxAge', async (t) => {
  for (const more of [{}, { merge: true }, { configMaxAge: true, maxAge: 60000 }]) {
    const store = new CountingStore()
    const { get } = store
    store.get = async (...args) => {
      const record = await get.apply(store, args)
      return record && Object.create(record)
    }
    const client = await visit(t, { store, ...more, genid: () => 'id' }, ({ session, query }) => Object.assign(session, query))
    await client.get('/?a=1')
    store.records.set('id', JSON.stringify({ ...JSON.parse(store.records.get('id')), _maxAge: 100000 }))
    assert.deepEqual((await client.get('/?b=2')).json, { a: '1', b: '2' }, JSON.stringify(more))
    assert.deepEqual(dataOf(JSON.parse(store.records.get('id'))), { a: '1', b: '2' })
  }
})

test('a session whose record has a maxAge among its data can be changed and saved', async (t) => {
  const store = new MemoryStore()
  store.create('id', { data: '{"a":1,"maxAge":5000}', maxAge: 60000 }, 60000)
  const client = await visit(t, { store, signed: false }, ({ session }) => {
    session._requireSave = false
    delete session.a
  })
  const { status } = await client.get('/', { cookie: 'koa.sess=id' })
  assert.deepEqual([status, store.load('id').data], [200, '{}'])
})
