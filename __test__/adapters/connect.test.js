'use strict'

const assert = require('node:assert/strict')
const { EventEmitter } = require('node:events')
const { describe, test } = require('node:test')

const expressSession = require('express-session')
const memorystore = require('memorystore')

const { connectStore } = require('../../adapters/connect')
const { visit } = require('../harness/server')
const { lifeOfSessions, skewClock } = require('./life')

const MemoryStore = memorystore(expressSession)

const RECORD = { user: 'ann', _expire: Date.now() + 60000, _maxAge: 60000 }

/** A store of express-session that records its calls; each method may be replaced. */
class NotingStore extends EventEmitter {
  calls = []
  sessions = new Map()

  constructor (methods = {}) {
    super()
    Object.assign(this, methods)
  }

  get (id, callback) {
    this.calls.push(['get', id])
    setImmediate(callback, null, this.sessions.get(id))
  }

  set (id, session, callback) {
    this.calls.push(['set', id, session])
    this.sessions.set(id, JSON.parse(JSON.stringify(session)))
    setImmediate(callback)
  }

  touch (id, session, callback) {
    this.calls.push(['touch', id, session])
    setImmediate(callback)
  }

  destroy (id, callback) {
    this.calls.push(['destroy', id])
    this.sessions.delete(id)
    setImmediate(callback)
  }

  names () { return this.calls.splice(0).map(([name]) => name) }
}

describe('express-session\'s MemoryStore', () => {
  const memory = new expressSession.MemoryStore()
  const peek = (id) => {
    const data = memory.sessions[id] && JSON.parse(memory.sessions[id])
    return data && { data, ttl: Date.parse(data.cookie.expires) - Date.now() }
  }
  const plant = (id, data, ttl) => {
    const expires = new Date(Date.now() + ttl)
    memory.sessions[id] = JSON.stringify({ ...data, cookie: { ...data.cookie, expires } })
  }
  lifeOfSessions(() => ({ adapt: () => connectStore(memory), peek, plant }), { keepsData: true })
})

describe('memorystore', () => {
  const memory = new MemoryStore({})
  const peek = (id) => {
    const text = memory.store.peek(id)
    const left = memory.store.dump().find(({ k }) => k === id)
    return text === undefined ? undefined : { data: JSON.parse(text), ttl: left.e - Date.now() }
  }
  const plant = (id, data, ttl) => memory.store.set(id, JSON.stringify(data), ttl)
  lifeOfSessions(() => ({ adapt: () => connectStore(memory), peek, plant }), { keepsData: true })
})

describe('the session that the store gets', () => {
  test('has a cookie with the members that stores use', async () => {
    const noting = new NotingStore()
    await connectStore(noting).set('id', RECORD, 70000)
    const [[, id, { cookie, ...rest }]] = noting.calls
    assert.deepEqual([id, rest], ['id', RECORD])
    const left = cookie.expires - Date.now()
    assert.ok(cookie.expires instanceof Date && left > 65000 && left <= 70000)
    assert.ok(Math.abs(cookie.maxAge - left) <= 1 && Math.abs(cookie.originalMaxAge - 70000) <= 1000)
    const { expires, originalMaxAge } = cookie
    const written = { path: '/', httpOnly: true, expires: expires.toISOString(), originalMaxAge }
    assert.deepEqual(JSON.parse(JSON.stringify(cookie)), written)
    assert.deepEqual(JSON.parse(JSON.stringify(cookie.data)), written)
  })

  test('can be read by express-session', async () => {
    const memory = new expressSession.MemoryStore()
    await connectStore(memory).set('id', RECORD, 70000)
    const session = await new Promise((resolve, reject) => {
      memory.load('id', (err, loaded) => err ? reject(err) : resolve(loaded))
    })
    assert.equal(session.user, 'ann')
    assert.ok(session.cookie.maxAge > 65000 && session.cookie.expires instanceof Date)
  })

  test('has no expiry without a TTL', async () => {
    for (const ttl of [undefined, 'session', Infinity]) {
      const noting = new NotingStore()
      await connectStore(noting).set('id', RECORD, ttl)
      const [[, , { cookie }]] = noting.calls
      assert.deepEqual([cookie.expires, cookie.maxAge, cookie.originalMaxAge], [null, null, null])
    }
  })

  test('has the user\'s keys renamed if they could clash with the store\'s', async () => {
    const noting = new NotingStore()
    const store = connectStore(noting)
    const record = { cookie: { originalMaxAge: 5 }, 'koa:cookie': 1, 'koa:koa:cookie': 2, other: 'koa:cookie', _mine: 3, 'koa:_mine': 4, _expire: 5 }
    await store.set('id', record, 1000)
    assert.deepEqual(Object.keys(noting.sessions.get('id')),
      ['cookie', 'koa:cookie', 'koa:koa:cookie', 'koa:koa:koa:cookie', 'other', 'koa:_mine', 'koa:koa:_mine', '_expire'])
    assert.equal(JSON.stringify(await store.get('id')), JSON.stringify(record))
    // The next write has the same session that was read.
    await store.set('id', await store.get('id'), 1000)
    assert.equal(JSON.stringify(await store.get('id')), JSON.stringify(record))
  })

  test('is loaded without the keys that the store has added', async () => {
    const noting = new NotingStore({
      get (id, callback) { callback(null, { ...this.sessions.get(id), _id: id, __v: 0, __lastAccess: 1 }) }
    })
    const store = connectStore(noting)
    await store.set('id', RECORD, 1000)
    assert.deepEqual(await store.get('id'), RECORD)
  })

  test('is passed on as it is if it is no object', async () => {
    for (const other of ['text', [1], 5]) {
      assert.deepEqual(await connectStore(new NotingStore({ get: (id, callback) => callback(null, other) })).get('id'), other)
    }
  })

  test('may have been stored without the adapter', async () => {
    const noting = new NotingStore()
    noting.sessions.set('id', { user: 'ann', cookie: { mine: true } })
    noting.sessions.set('express', { user: 'bob', cookie: { originalMaxAge: null, expires: null, path: '/' } })
    const store = connectStore(noting)
    assert.deepEqual(await store.get('id'), { user: 'ann', cookie: { mine: true } })
    assert.deepEqual(await store.get('express'), { user: 'bob' })
  })

  test('is not modified, nor is the caller\'s object', async () => {
    const frozen = Object.freeze({ user: 'ann', cookie: Object.freeze({ originalMaxAge: 1 }) })
    const noting = new NotingStore()
    noting.sessions.set('id', frozen)
    const store = connectStore(noting)
    await store.set('other', frozen, 1000)
    assert.deepEqual(await store.get('id'), { user: 'ann' })
  })
})

describe('a new expiry', () => {
  const unchanged = { changed: false, rolling: true }
  const later = { user: 'ann', _expire: RECORD._expire + 5000, _maxAge: 60000 }

  test('is written into the record, whether or not the store has touch', async () => {
    for (const methods of [{}, { touch: undefined }]) {
      const noting = new NotingStore(methods)
      const store = connectStore(noting)
      await store.set('id', RECORD, 70000)
      await store.set('id', later, 70000, unchanged)
      assert.deepEqual(noting.names(), ['set', 'get', 'set'])
      assert.deepEqual(await store.get('id'), later)
    }
  })

  test('keeps what another request has written meanwhile', async () => {
    const store = connectStore(new NotingStore())
    await store.set('id', { ...RECORD, cart: ['book'] }, 70000, { changed: true, rolling: true })
    await store.set('id', later, 70000, unchanged)
    assert.deepEqual(await store.get('id'), { ...later, cart: ['book'] })
  })

  test('writes nothing if the session no longer exists', async () => {
    const noting = new NotingStore()
    await connectStore(noting).set('id', RECORD, 70000, unchanged)
    assert.deepEqual(noting.names(), ['get'])
  })

  test('may make a browser session of one with an expiry, and back', async () => {
    const browser = { user: 'ann', _session: true }
    const store = connectStore(new NotingStore())
    await store.set('id', RECORD, 70000)
    await store.set('id', browser, 70000, unchanged)
    assert.deepEqual(await store.get('id'), browser)
    await store.set('id', later, 70000, unchanged)
    assert.deepEqual(await store.get('id'), later)
  })

  test('writes the request\'s data if they have changed, or without rolling', async () => {
    const noting = new NotingStore()
    const store = connectStore(noting)
    await store.set('id', RECORD, 70000, { changed: true, rolling: true })
    await store.set('id', RECORD, 70000, { changed: false, rolling: false })
    await store.set('id', RECORD, 70000)
    assert.deepEqual(noting.names(), ['set', 'set', 'set'])
  })
})

describe('a store that keeps expired sessions', () => {
  test('returns them: the expiry in the record decides', async () => {
    const store = connectStore(new NotingStore())
    const past = { ...RECORD, _expire: 1 }
    for (const rolling of [true, false]) {
      await store.set('id', past, 1, { changed: true, rolling })
      assert.deepEqual(await store.get('id'), past)
    }
  })

  test('returns no browser session beyond its TTL', async (t) => {
    const clock = skewClock(t)
    const noting = new NotingStore()
    const store = connectStore(noting)
    const browser = { user: 'ann', _session: true }
    await store.set('id', browser, 70000)
    clock.ahead = 70000
    assert.deepEqual(await store.get('id'), browser)
    clock.ahead = 70001
    assert.equal(await store.get('id'), undefined)
    await store.set('id', browser, undefined)
    assert.deepEqual(await store.get('id'), browser)
  })
})

describe('a store that fails', () => {
  const failure = new RangeError('down')

  for (const [how, method] of [
    ['by its callback', (...args) => args.at(-1)(failure)],
    ['by its promise', async () => { throw failure }],
    ['by throwing', () => { throw failure }]
  ]) {
    test(`${how} rejects`, async () => {
      const store = connectStore(new NotingStore({ get: method, set: method, destroy: method }))
      await assert.rejects(store.get('id'), failure)
      await assert.rejects(store.set('id', RECORD, 1000), failure)
      await assert.rejects(store.set('id', RECORD, 1000, { changed: false, rolling: true }), failure)
      await assert.rejects(store.destroy('id'), failure)
    })
  }

  test('with ENOENT has no such session', async () => {
    const get = (id, callback) => callback(Object.assign(new Error('no file'), { code: 'ENOENT' }))
    assert.equal(await connectStore(new NotingStore({ get })).get('id'), undefined)
  })

  test('causes a call of onStoreError', async (t) => {
    const store = connectStore(new NotingStore({ get: (id, callback) => callback(failure) }))
    const errors = []
    const onStoreError = (err, operation) => {
      errors.push([err, operation])
      return 'anonymous'
    }
    const client = await visit(t, { store, onStoreError }, (ctx) => ({ user: ctx.session.user ?? 'nobody' }))
    const signature = new (require('keygrip'))(client.app.keys).sign('koa.sess=id')
    client.cookie = `koa.sess=id; koa.sess.sig=${signature}`
    assert.deepEqual((await client.get('/')).json, { user: 'nobody' })
    assert.deepEqual(errors, [[failure, 'get']])
  })
})

test('a request that only moves the expiry loses no concurrent write of the process', async () => {
  const { setTimeout: wait } = require('node:timers/promises')
  const records = new Map()
  const later = (run) => (...args) => {
    const callback = args.pop()
    wait(Math.random() * 4).then(() => run(...args)).then((value) => callback(null, value), callback)
  }
  const store = connectStore({
    get: later((id) => records.has(id) ? JSON.parse(records.get(id)) : undefined),
    set: later((id, session) => { records.set(id, JSON.stringify(session)) }),
    destroy: later((id) => { records.delete(id) })
  })
  const record = { _expire: Date.now() + 60000, _maxAge: 60000 }
  for (let round = 0; round < 30; round++) {
    const id = `id-${round}`
    await store.set(id, { n: 0, ...record }, 60000, { changed: true, rolling: true })
    const renewals = Array.from({ length: 4 }, () => store.set(id, { n: 0, ...record }, 60000, { changed: false, rolling: true }))
    await Promise.all([...renewals, store.set(id, { n: 1, ...record }, 60000, { changed: true, rolling: true })])
    assert.equal((await store.get(id)).n, 1)
  }
})

describe('a store that is disconnected', () => {
  test('is not called, and rejects', async () => {
    const noting = new NotingStore()
    const store = connectStore(noting)
    noting.emit('disconnect')
    for (const call of [() => store.get('id'), () => store.set('id', RECORD, 1000), () => store.destroy('id')]) {
      await assert.rejects(call, { code: 'ERR_SESSION_STORE' })
    }
    assert.deepEqual(noting.calls, [])
    noting.emit('connect')
    assert.equal(await store.get('id'), undefined)
  })

  test('is waited for, with reconnectTimeout', async (t) => {
    // The mocked timers stand still, so the time limit of the wait is never reached.
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const noting = new NotingStore()
    const store = connectStore(noting, { reconnectTimeout: 30000 })
    noting.emit('disconnect')
    const getting = store.get('id')
    noting.emit('connect')
    assert.equal(await getting, undefined)
  })

  test('is not waited for beyond reconnectTimeout', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const noting = new NotingStore()
    const store = connectStore(noting, { reconnectTimeout: 500 })
    noting.emit('disconnect')
    const getting = assert.rejects(store.get('id'), { code: 'ERR_SESSION_STORE' })
    t.mock.timers.tick(500)
    await getting
    noting.emit('connect')
  })
})

test('something else than a store is refused', () => {
  for (const [store, option] of [[undefined, 'store.get'], [{ get () {}, set () {} }, 'store.destroy']]) {
    assert.throws(() => connectStore(store), { code: 'ERR_SESSION_OPTION', option })
  }
  for (const reconnectTimeout of [-1, 'soon', NaN]) {
    assert.throws(() => connectStore(new NotingStore(), { reconnectTimeout }), { code: 'ERR_SESSION_OPTION', option: 'reconnectTimeout' })
  }
})
