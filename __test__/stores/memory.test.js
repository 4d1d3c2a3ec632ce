'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { freeze } = require('../harness/clock')
const { MemoryStore } = require('../../stores/memory')
const { SessionStore } = require('../../lib/stores/session-store')
const { sessionStoreContract, storeContract } = require('../../testing')

const DAY_MS = 24 * 60 * 60 * 1000
const NONE = { base: 1, set: '', delete: [] }

for (const { name, run } of sessionStoreContract(() => new MemoryStore())) test(`MemoryStore ${name}`, run)
for (const { name, run } of storeContract(() => new MemoryStore())) test(`MemoryStore, for koa-session, ${name}`, run)

const record = (length = 0) => ({ data: JSON.stringify({ a: 'x'.repeat(length) }), maxAge: DAY_MS })

function create (store, names, length) {
  for (const name of names) store.create(name, record(length), DAY_MS)
}

const kept = (store, names) => names.filter((name) => store.touch(name, DAY_MS) !== 'missing')

test('has synchronous methods', () => {
  const store = new MemoryStore()
  assert.deepEqual(store.create('a', record(), DAY_MS), { rev: 1 })
  assert.equal(store.load('a').rev, 1)
  assert.deepEqual(store.merge('a', { base: 1, set: '{"b":1}', delete: ['a'] }, DAY_MS), { rev: 2, conflicts: [], maxAge: DAY_MS })
  assert.deepEqual(store.touch('a', DAY_MS), { maxAge: DAY_MS })
  assert.deepEqual(store.regenerate('a', 'b', NONE, DAY_MS), { rev: 2, conflicts: [], maxAge: DAY_MS })
  assert.deepEqual(store.list('nobody'), [])
  assert.equal(store.destroyAll('nobody'), 0)
  assert.equal(store.destroy('b'), true)
  assert.equal(store.clear(), undefined)
  assert.equal(store.close(), undefined)
})

test('maxEntries: the least recently used session is evicted', () => {
  const store = new MemoryStore({ maxEntries: 3 })
  create(store, ['a', 'b', 'c'])
  store.load('a')
  store.touch('b', DAY_MS)
  create(store, ['d'])
  assert.equal(store.load('c'), undefined)
  assert.equal(store.merge('c', NONE, DAY_MS), 'missing')
  store.merge('a', { base: 1, set: '{"b":1}', delete: [] }, DAY_MS)
  create(store, ['e', 'f'])
  assert.deepEqual(kept(store, ['a', 'b', 'c', 'd', 'e', 'f']), ['a', 'e', 'f'])
})

test('maxBytes: the least recently used sessions are evicted', () => {
  const names = Array.from({ length: 100 }, (_, i) => `id${i}`)
  const store = new MemoryStore({ maxBytes: 100000 })
  create(store, names, 9000)
  assert.deepEqual(kept(store, names), names.slice(-10))
  store.merge('id99', { base: 1, set: JSON.stringify({ b: 'x'.repeat(50000) }), delete: [] }, DAY_MS)
  const left = kept(store, names)
  assert.ok(left.length >= 3 && left.length <= 5 && left.includes('id99'))
})

test('maxBytes: a session that alone is larger is refused, and nothing is evicted for it', () => {
  const store = new MemoryStore({ maxBytes: 5000 })
  create(store, ['a'], 100)
  const set = JSON.stringify({ b: 'x'.repeat(5000) })
  const changes = { ...NONE, set, subject: 'ann' }
  const full = { code: 'ERR_SESSION_STORE', store: 'memory', reason: 'full' }
  assert.throws(() => store.create('b', { data: set, maxAge: DAY_MS }, DAY_MS), full)
  assert.throws(() => store.merge('a', changes, DAY_MS), full)
  assert.throws(() => store.regenerate('a', 'b', changes, DAY_MS), full)
  assert.equal(store.load('b'), undefined)
  assert.deepEqual([store.load('a').data, store.load('a').rev], [record(100).data, 1])
  assert.deepEqual(store.list('ann'), [])
})

test('expired sessions are evicted before live ones', (t) => {
  const clock = freeze(t)
  const store = new MemoryStore({ maxEntries: 40 })
  const old = Array.from({ length: 20 }, (_, i) => `old${i}`)
  create(store, old)
  for (let i = 0; i < 20; i++) store.create(`brief${i}`, { data: '{}', maxAge: 1000 }, DAY_MS)
  clock.now += 120000
  create(store, Array.from({ length: 20 }, (_, i) => `new${i}`))
  assert.deepEqual(kept(store, old), old)
})

test('sessions without a subject are evicted before those with one', () => {
  const store = new MemoryStore({ maxEntries: 100 })
  const owned = Array.from({ length: 60 }, (_, i) => `user${i}`)
  for (const name of owned) store.create(name, { ...record(), subject: name }, DAY_MS)
  const visitors = Array.from({ length: 1000 }, (_, i) => `visitor${i}`)
  create(store, visitors)
  assert.deepEqual(kept(store, owned), owned)
  assert.deepEqual(kept(store, visitors), visitors.slice(-40))
  // A session that gets a subject is protected; one that loses its subject is not any more.
  store.merge('visitor999', { ...NONE, subject: 'ann' }, DAY_MS)
  store.merge('user0', { ...NONE, subject: null }, DAY_MS)
  create(store, visitors.slice(0, 100))
  assert.deepEqual(kept(store, ['user0', 'user1', 'visitor999']), ['user1', 'visitor999'])
})

test('maxBytes: sessions without a subject are evicted first, too', () => {
  const store = new MemoryStore({ maxBytes: 100000 })
  for (const name of ['a', 'b', 'c']) store.create(name, { ...record(9000), subject: name }, DAY_MS)
  const visitors = Array.from({ length: 100 }, (_, i) => `visitor${i}`)
  create(store, visitors, 9000)
  assert.deepEqual(kept(store, ['a', 'b', 'c']), ['a', 'b', 'c'])
  assert.deepEqual(kept(store, visitors), visitors.slice(-7))
})

test('a label is truncated', () => {
  const store = new MemoryStore()
  store.create('a', { ...record(), subject: 'ann', label: 'x'.repeat(1_000_000) }, DAY_MS)
  assert.equal(store.list('ann')[0].label, 'x'.repeat(256))
  store.merge('a', { ...NONE, label: '\u{1f600}'.repeat(300) }, DAY_MS)
  assert.equal(store.list('ann')[0].label, '\u{1f600}'.repeat(256))
})

test('a maxAge that is shortened or extended takes effect', (t) => {
  const clock = freeze(t)
  const store = new MemoryStore({ maxEntries: 2 })
  create(store, ['shortened'])
  store.create('longer', { data: '{}', maxAge: 1000 }, DAY_MS)
  store.merge('longer', { ...NONE, maxAge: DAY_MS }, DAY_MS)
  store.merge('shortened', { ...NONE, maxAge: 1000 }, DAY_MS)
  clock.now += 120000
  create(store, ['new'])
  assert.equal(store.load('shortened'), undefined)
  assert.deepEqual(store.touch('longer', DAY_MS), { maxAge: DAY_MS })
})

test('texts that are no JSON are refused', () => {
  const store = new MemoryStore()
  create(store, ['a'])
  for (const data of ['', '[]', '{', 'null', '{"a":1}x']) {
    assert.throws(() => store.create('b', { data, maxAge: DAY_MS }, DAY_MS), { code: 'ERR_SESSION_RECORD' })
  }
  assert.throws(() => store.merge('a', { ...NONE, set: '[]' }, DAY_MS), { code: 'ERR_SESSION_RECORD' })
  assert.equal(store.load('b'), undefined)
  assert.equal(store.load('a').rev, 1)
})

test('options are checked', () => {
  for (const name of ['maxEntries', 'maxBytes']) {
    for (const value of [0, -1, 1.5, NaN, Infinity, '1', {}, true]) {
      assert.throws(() => new MemoryStore({ [name]: value }), { code: 'ERR_SESSION_OPTION', option: name })
    }
    for (const value of [1, undefined, null]) assert.ok(new MemoryStore({ [name]: value }))
  }
  assert.throws(() => new MemoryStore({ maxEntrys: 5 }), { code: 'ERR_SESSION_OPTION', option: 'maxEntrys' })
  for (const options of [null, 5, 'a']) assert.throws(() => new MemoryStore(options), { code: 'ERR_SESSION_OPTION', option: 'options' })
})

test('stores do not share sessions', () => {
  const [one, other] = [new MemoryStore(), new MemoryStore()]
  create(one, ['a'])
  assert.equal(other.load('a'), undefined)
  other.clear()
  assert.equal(one.load('a').rev, 1)
})

test('koa-session\'s set gives up if other writers are always faster', async () => {
  class Busy extends SessionStore {
    calls = 0
    load () { return undefined }
    create () {
      this.calls++
      return 'taken'
    }
  }
  const store = new Busy()
  await assert.rejects(store.set('a', { a: 1 }, 1000), { code: 'ERR_SESSION_STORE', reason: 'busy' })
  assert.ok(store.calls > 1 && store.calls < 100)
})

test('koa-session\'s set rejects data with a BigInt', async () => {
  await assert.rejects(new MemoryStore().set('a', { a: { b: 1n } }, 1000), { code: 'ERR_SESSION_VALUE' })
})
