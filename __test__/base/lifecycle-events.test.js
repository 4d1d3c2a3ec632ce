'use strict'

const assert = require('node:assert/strict')
const { createHash } = require('node:crypto')
const { describe, test } = require('node:test')

const { of } = require('../harness/app')
const { encode } = require('../harness/forge')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')
const { settled } = require('../harness/waiting')
const binding = require('../../lib/native/binding')

const hash = (id) => createHash('sha256').update(id).digest('base64url')

const routes = {
  '/in' (ctx) { ctx.session.user = 'ann' },
  '/free' () { return 'free' },
  '/read' (ctx) { return { user: ctx.session?.user ?? null } },
  '/same' (ctx) { return ctx.session.save() },
  '/age' (ctx) { ctx.session.maxAge = 70000 },
  '/out' (ctx) { ctx.session = null },
  '/new' (ctx) { return ctx.session.regenerate() },
  '/swap' (ctx) {
    ctx.session = null
    ctx.session = { user: 'bob' }
  },
  async '/twice' (ctx) {
    ctx.session.user = 'twice'
    await ctx.session.save()
  },
  '/touch' (ctx) { return of(ctx).touch() }
}

/** Starts an app, and a visitor; `tell` sends a request and returns its events. */
async function begin (t, opts, how) {
  const server = await start(t, opts, { ...routes, ...how?.routes }, how)
  const visitor = server.visitor()
  const tell = async (path, headers) => {
    server.events.length = 0
    const { status } = await visitor.get(path, headers)
    assert.ok(status < 300, `${path}: ${status}`)
    await settled()
    return server.events.map(({ name, event }) => [name.slice('session:'.length), event])
  }
  return { server, visitor, tell }
}

const short = (told) => told.map(([name, { reason }]) => reason === undefined ? name : `${name} ${reason}`)

/** Asserts the fields that every lifecycle event has. */
function assertFields (told, path, id) {
  for (const [, event] of told) {
    assert.equal(event.ctx.path, path)
    assert.equal(event.name, 'session')
    assert.ok('key' in event)
    assert.equal(event.key, id === undefined ? undefined : hash(id))
  }
}

/** A record with a maxAge of a minute, which expires after `left` milliseconds. */
const aged = (left) => ({ user: 'ann', _expire: Date.now() + left, _maxAge: 60000 })

for (const kind of ['cookie', 'store']) {
  const make = () => kind === 'store' ? new CountingStore() : undefined

  describe(`lifecycle events, in ${kind} mode`, () => {
    test('created and saved, changed', async (t) => {
      const store = make()
      const { tell } = await begin(t, { store })
      const told = await tell('/in')
      assert.deepEqual(short(told), ['created', 'saved changed'])
      assertFields(told, '/in', store?.ids()[0])
      assert.deepEqual(short(await tell('/free')), [])
      assert.deepEqual(short(await tell('/read')), [])
      const again = await tell('/twice')
      assert.deepEqual(short(again), ['saved forced'])
      assertFields(again, '/twice', store?.ids()[0])
    })

    test('saved, forced', async (t) => {
      const store = make()
      const { tell } = await begin(t, { store })
      await tell('/in')
      for (const path of ['/same', '/age', '/touch']) {
        const told = await tell(path)
        assert.deepEqual(short(told), ['saved forced'], path)
        assertFields(told, path, store?.ids()[0])
      }
    })

    for (const reason of ['rolling', 'renew']) {
      test(`saved, ${reason}`, async (t) => {
        const store = make()
        const { tell } = await begin(t, { store, maxAge: 60000, [reason]: true, signed: false })
        store?.records.set('an-id', JSON.stringify(aged(20000)))
        const told = await tell('/read', { cookie: `koa.sess=${store ? 'an-id' : encode(aged(20000))}` })
        assert.deepEqual(short(told), [`saved ${reason}`])
        assertFields(told, '/read', store && 'an-id')
      })
    }

    test('destroyed', async (t) => {
      const store = make()
      const { tell } = await begin(t, { store })
      await tell('/in')
      const [id] = store?.ids() ?? []
      const told = await tell('/out')
      assert.deepEqual(short(told), ['destroyed'])
      assertFields(told, '/out', id)
    })

    test('regenerated: with the new id, and neither created nor destroyed', async (t) => {
      const store = make()
      const { tell } = await begin(t, { store })
      await tell('/in')
      const told = await tell('/new')
      assert.deepEqual(short(told), ['saved forced', 'regenerated'])
      assertFields(told, '/new', store?.ids()[0])
    })

    test('a new session that is regenerated is created', async (t) => {
      const { tell } = await begin(t, { store: make() }, {
        routes: {
          async '/login' (ctx) {
            ctx.session.user = 'ann'
            await ctx.session.regenerate()
          }
        }
      })
      assert.deepEqual(short(await tell('/login')), ['created', 'saved forced', 'regenerated'])
    })

    test('uncommitted: insecure', async (t) => {
      const store = make()
      const { tell } = await begin(t, { store, secure: true })
      assert.deepEqual(short(await tell('/in')), ['uncommitted insecure'])
      assert.deepEqual(store?.ids() ?? [], [])
    })

    test('uncommitted: headers-sent', async (t) => {
      const store = make()
      const { tell, server } = await begin(t, { store }, {
        routes: {
          '/raw' (ctx) {
            ctx.respond = false
            ctx.status = 200
            ctx.res.end('raw')
            ctx.session.user = 'bob'
          }
        }
      })
      await tell('/in')
      const told = await tell('/raw')
      assert.equal(short(told)[0], 'uncommitted headers-sent')
      assertFields(told, '/raw', store?.ids()[0])
      assert.deepEqual(server.errors, [])
    })

    test("koa-session's three events, with koa-session's fields", async (t) => {
      const store = make()
      const { tell, server } = await begin(t, { store, signed: false, maxAge: 60000, valid: (ctx, { user }) => user !== 'eve' })
      const cookieOf = (data) => {
        store?.records.set('an-id', JSON.stringify(data))
        return { cookie: `koa.sess=${store ? 'an-id' : encode(data)}` }
      }
      const key = store && 'an-id'
      for (const [name, value] of [['expired', aged(-1000)], ['invalid', { ...aged(1000), user: 'eve' }]]) {
        const told = await tell('/read', cookieOf(value))
        assert.deepEqual(short(told), [name])
        const { ctx, ...fields } = told[0][1]
        assert.deepEqual(fields, { key, value })
        assert.equal(ctx.app, server.app)
      }
      if (store === undefined) return
      const [[name, { key: missing }]] = await tell('/read', { cookie: 'koa.sess=gone' })
      assert.deepEqual([name, missing], ['missed', 'gone'])
    })
  })
}

describe('lifecycle events', () => {
  test('a session that replaces one that null removed', async (t) => {
    const store = new CountingStore()
    const { tell } = await begin(t, { store })
    await tell('/in')
    const [old] = store.ids()
    const told = await tell('/swap')
    assert.deepEqual(short(told), ['destroyed', 'created', 'saved changed'])
    assert.deepEqual(told.map(([, { key }]) => key), [hash(old), hash(store.ids()[0]), hash(store.ids()[0])])
    assert.notEqual(old, store.ids()[0])
  })

  test('oversize', async (t) => {
    const { tell } = await begin(t, {}, { routes: { '/big' (ctx) { ctx.session.text = 'x'.repeat(4000) } } })
    const told = await tell('/big')
    assert.deepEqual(short(told).sort(), ['created', 'oversize', 'saved changed'])
    assertFields(told, '/big', undefined)
    const [, { bytes, limit }] = told.find(([name]) => name === 'oversize')
    assert.ok(bytes > limit && limit === 4096)
  })

  test('discarded: a commit after the session was destroyed', async (t) => {
    const store = new CountingStore()
    let reach
    let open
    const reached = new Promise((resolve) => { reach = resolve })
    const opened = new Promise((resolve) => { open = resolve })
    const { tell, server, visitor } = await begin(t, { store }, {
      routes: {
        async '/slow' (ctx) {
          ctx.session.late = 1
          reach()
          await opened
        }
      }
    })
    await tell('/in')
    const [id] = store.ids()
    const { cookie } = visitor
    const slow = server.get('/slow', { cookie })
    await reached
    await server.get('/out', { cookie })
    server.events.length = 0
    open()
    await slow
    await settled()
    const told = server.events.map(({ name, event }) => [name.slice('session:'.length), event])
    assert.deepEqual(short(told), ['discarded'])
    assertFields(told, '/slow', id)
    assert.deepEqual(store.ids(), [])
  })

  test('do not contain an id', async (t) => {
    const store = new CountingStore()
    const { server, tell } = await begin(t, { store })
    const ids = new Set()
    const all = []
    for (const path of ['/in', '/same', '/new', '/swap', '/out']) {
      for (const id of store.ids()) ids.add(id)
      all.push(...await tell(path))
    }
    assert.ok(ids.size >= 3 && all.length >= 8)
    for (const [, { ctx, ...fields }] of all) {
      for (const id of ids) assert.ok(!JSON.stringify(fields).includes(id))
    }
    assert.deepEqual(server.errors, [])
  })

  test('are emitted in a later turn', async (t) => {
    const seen = []
    const { server } = await begin(t, {}, {
      routes: {
        async '/now' (ctx) {
          ctx.session.user = 'ann'
          await ctx.session.save()
          seen.push(server.events.length)
          await settled()
          seen.push(server.events.length)
        }
      }
    })
    await server.get('/now')
    assert.deepEqual(seen, [0, 2])
  })

  test('cost nothing without listeners', async (t) => {
    const store = new CountingStore()
    const { server, visitor } = await begin(t, { store, signed: false })
    for (const name of server.app.eventNames()) if (name.startsWith('session:')) server.app.removeAllListeners(name)
    const { hashId } = binding
    let hashes = 0
    binding.hashId = (id) => {
      hashes++
      return hashId(id)
    }
    t.after(() => { binding.hashId = hashId })
    for (const path of ['/in', '/same', '/new', '/swap', '/out']) await visitor.get(path)
    await visitor.get('/read', { cookie: 'koa.sess=gone' })
    assert.equal(hashes, 0)
    server.app.on('session:saved', () => {})
    await visitor.get('/in')
    assert.equal(hashes, 1)
  })
})
