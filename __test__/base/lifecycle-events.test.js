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

/** Starts an app, and a visitor; `eventsOf` sends a request and returns its events. */
async function begin (t, opts, how) {
  const server = await start(t, opts, { ...routes, ...how?.routes }, how)
  const visitor = server.visitor()
  const eventsOf = async (path, headers) => {
    server.events.length = 0
    const { status } = await visitor.get(path, headers)
    assert.ok(status < 300, `${path}: ${status}`)
    await settled()
    return server.events.map(({ name, event }) => [name.slice('session:'.length), event])
  }
  return { server, visitor, eventsOf }
}

const short = (events) => events.map(([name, { reason }]) => reason === undefined ? name : `${name} ${reason}`)

/** Asserts the fields that every lifecycle event has. */
function assertFields (events, path, id) {
  for (const [, event] of events) {
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
      const { eventsOf } = await begin(t, { store })
      const events = await eventsOf('/in')
      assert.deepEqual(short(events), ['created', 'saved changed'])
      assertFields(events, '/in', store?.ids()[0])
      assert.deepEqual(short(await eventsOf('/free')), [])
      assert.deepEqual(short(await eventsOf('/read')), [])
      const again = await eventsOf('/twice')
      assert.deepEqual(short(again), ['saved forced'])
      assertFields(again, '/twice', store?.ids()[0])
    })

    test('saved, forced', async (t) => {
      const store = make()
      const { eventsOf } = await begin(t, { store })
      await eventsOf('/in')
      for (const path of ['/same', '/age', '/touch']) {
        const events = await eventsOf(path)
        assert.deepEqual(short(events), ['saved forced'], path)
        assertFields(events, path, store?.ids()[0])
      }
    })

    for (const reason of ['rolling', 'renew']) {
      test(`saved, ${reason}`, async (t) => {
        const store = make()
        const { eventsOf } = await begin(t, { store, maxAge: 60000, [reason]: true, signed: false })
        store?.records.set('an-id', JSON.stringify(aged(20000)))
        const events = await eventsOf('/read', { cookie: `koa.sess=${store ? 'an-id' : encode(aged(20000))}` })
        assert.deepEqual(short(events), [`saved ${reason}`])
        assertFields(events, '/read', store && 'an-id')
      })
    }

    test('destroyed', async (t) => {
      const store = make()
      const { eventsOf } = await begin(t, { store })
      await eventsOf('/in')
      const [id] = store?.ids() ?? []
      const events = await eventsOf('/out')
      assert.deepEqual(short(events), ['destroyed'])
      assertFields(events, '/out', id)
    })

    test('regenerated: with the new id, and neither created nor destroyed', async (t) => {
      const store = make()
      const { eventsOf } = await begin(t, { store })
      await eventsOf('/in')
      const events = await eventsOf('/new')
      assert.deepEqual(short(events), ['saved forced', 'regenerated'])
      assertFields(events, '/new', store?.ids()[0])
    })

    test('a new session that is regenerated is created', async (t) => {
      const { eventsOf } = await begin(t, { store: make() }, {
        routes: {
          async '/login' (ctx) {
            ctx.session.user = 'ann'
            await ctx.session.regenerate()
          }
        }
      })
      assert.deepEqual(short(await eventsOf('/login')), ['created', 'saved forced', 'regenerated'])
    })

    test('uncommitted: insecure', async (t) => {
      const store = make()
      const { eventsOf } = await begin(t, { store, secure: true })
      assert.deepEqual(short(await eventsOf('/in')), ['uncommitted insecure'])
      assert.deepEqual(store?.ids() ?? [], [])
    })

    test('uncommitted: headers-sent', async (t) => {
      const store = make()
      const { eventsOf, server } = await begin(t, { store }, {
        routes: {
          '/raw' (ctx) {
            ctx.respond = false
            ctx.status = 200
            ctx.res.end('raw')
            ctx.session.user = 'bob'
          }
        }
      })
      await eventsOf('/in')
      const events = await eventsOf('/raw')
      assert.equal(short(events)[0], 'uncommitted headers-sent')
      assertFields(events, '/raw', store?.ids()[0])
      assert.deepEqual(server.errors, [])
    })

    test("koa-session's three events, with koa-session's fields", async (t) => {
      const store = make()
      const { eventsOf, server } = await begin(t, { store, signed: false, maxAge: 60000, valid: (ctx, { user }) => user !== 'eve' })
      const cookieOf = (data) => {
        store?.records.set('an-id', JSON.stringify(data))
        return { cookie: `koa.sess=${store ? 'an-id' : encode(data)}` }
      }
      const key = store && 'an-id'
      for (const [name, value] of [['expired', aged(-1000)], ['invalid', { ...aged(1000), user: 'eve' }]]) {
        const events = await eventsOf('/read', cookieOf(value))
        assert.deepEqual(short(events), [name])
        const { ctx, ...fields } = events[0][1]
        assert.deepEqual(fields, { key, value })
        assert.equal(ctx.app, server.app)
      }
      if (store === undefined) return
      const [[name, { key: missing }]] = await eventsOf('/read', { cookie: 'koa.sess=gone' })
      assert.deepEqual([name, missing], ['missed', 'gone'])
    })
  })
}

describe('lifecycle events', () => {
  test('a session that replaces one that null removed', async (t) => {
    const store = new CountingStore()
    const { eventsOf } = await begin(t, { store })
    await eventsOf('/in')
    const [old] = store.ids()
    const events = await eventsOf('/swap')
    assert.deepEqual(short(events), ['destroyed', 'created', 'saved changed'])
    assert.deepEqual(events.map(([, { key }]) => key), [hash(old), hash(store.ids()[0]), hash(store.ids()[0])])
    assert.notEqual(old, store.ids()[0])
  })

  test('oversize', async (t) => {
    const { eventsOf } = await begin(t, {}, { routes: { '/big' (ctx) { ctx.session.text = 'x'.repeat(4000) } } })
    const events = await eventsOf('/big')
    assert.deepEqual(short(events).sort(), ['created', 'oversize', 'saved changed'])
    assertFields(events, '/big', undefined)
    const [, { bytes, limit }] = events.find(([name]) => name === 'oversize')
    assert.ok(bytes > limit && limit === 4096)
  })

  test('discarded: a commit after the session was destroyed', async (t) => {
    const store = new CountingStore()
    let reach
    let open
    const reached = new Promise((resolve) => { reach = resolve })
    const opened = new Promise((resolve) => { open = resolve })
    const { eventsOf, server, visitor } = await begin(t, { store }, {
      routes: {
        async '/slow' (ctx) {
          ctx.session.late = 1
          reach()
          await opened
        }
      }
    })
    await eventsOf('/in')
    const [id] = store.ids()
    const { cookie } = visitor
    const slow = server.get('/slow', { cookie })
    await reached
    await server.get('/out', { cookie })
    server.events.length = 0
    open()
    await slow
    await settled()
    const events = server.events.map(({ name, event }) => [name.slice('session:'.length), event])
    assert.deepEqual(short(events), ['discarded'])
    assertFields(events, '/slow', id)
    assert.deepEqual(store.ids(), [])
  })

  test('do not contain an id', async (t) => {
    const store = new CountingStore()
    const { server, eventsOf } = await begin(t, { store })
    const ids = new Set()
    const all = []
    for (const path of ['/in', '/same', '/new', '/swap', '/out']) {
      for (const id of store.ids()) ids.add(id)
      all.push(...await eventsOf(path))
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
