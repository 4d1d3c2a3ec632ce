'use strict'

// A server that is out of memory and evicts nothing (noeviction): a write that needs memory is refused as a whole, and sessions
// can still be ended.

const assert = require('node:assert/strict')
const { createHash } = require('node:crypto')
const { after, afterEach, before, beforeEach, describe, test } = require('node:test')
const servers = require('../servers/redis')
const { RedisStore } = require('../../stores/redis')

const TTL = 600000
const hash = (id) => createHash('sha256').update(id).digest('base64url')
const key = (id) => `s:${hash(id)}`
const record = (subject, more) => ({ data: '{"n":1}', maxAge: TTL, subject, ...more })
const NOTHING = { base: 1, set: '', delete: [] }
const REFUSED = { code: 'ERR_SESSION_STORE', store: 'redis', reason: 'server', errcode: 'OOM' }

/** A script that returns a hash of all keys and values. */
const DIGEST = `local keys, all = redis.call('KEYS', '*'), ''
  table.sort(keys)
  for _, key in ipairs(keys) do all = redis.sha1hex(all .. key .. redis.call('DUMP', key)) end
  return all`

describe('a full server', { skip: servers.skip }, () => {
  let server, store
  before(async () => { server = await servers.start({ config: { 'maxmemory-policy': 'noeviction' } }) })
  after(() => server.stop())
  beforeEach(async () => {
    await server.command('FLUSHALL')
    store = new RedisStore({ url: server.url, prefix: '' })
    for (const id of ['a', 'b', 'c']) await store.create(id, record('alice'), TTL)
    assert.equal((await store.list('alice')).length, 3)
    await store.create('anonymous', record(), TTL)
    await store.create('expired', record(undefined, { maxAge: 1 }), TTL)
    await store.create('moving', record(), TTL)
    await server.command('HSET', key('moving'), 'x', 'elsewhere', 'y', '1')
    await store.create('here', record(), TTL)
    await store.regenerate('here', 'there', NOTHING, TTL)
  })
  afterEach(async () => {
    await server.command('CONFIG', 'SET', 'maxmemory', '0')
    await store.close()
  })

  const fill = () => server.command('CONFIG', 'SET', 'maxmemory', '1')

  const refused = {
    'a new session': () => store.create('new', record(), TTL),
    'a new session of a subject': () => store.create('new', record('alice'), TTL),
    'a new session beyond the limit': () => store.create('new', record('alice', { limit: { max: 1, overflow: 'oldest' } }), TTL),
    'a session under the id of an expired one': () => store.create('expired', record(), TTL),
    'a session under the old id of a moved one': () => store.create('here', record(), TTL),
    'a change': () => store.merge('a', { ...NOTHING, set: '{"n":2}' }, TTL),
    'a change that makes it smaller': () => store.merge('a', { ...NOTHING, delete: ['n'] }, TTL),
    'a change of a session whose move has begun': () => store.merge('moving', { ...NOTHING, set: '{"n":2}' }, TTL),
    'a session that gets a subject': () => store.merge('anonymous', { ...NOTHING, subject: 'alice' }, TTL),
    'a session that keeps its subject': () => store.merge('a', { ...NOTHING, subject: 'alice' }, TTL),
    'a session that loses its subject': () => store.merge('a', { ...NOTHING, subject: null }, TTL),
    'a touch': () => store.touch('a', TTL),
    'a touch of a session whose move has begun': () => store.touch('moving', TTL),
    'a new id': () => store.regenerate('a', 'new', NOTHING, TTL),
    'a new id and subject': () => store.regenerate('a', 'new', { ...NOTHING, subject: 'bob' }, TTL)
  }
  for (const [name, write] of Object.entries(refused)) {
    test(`refuses ${name}, and changes nothing`, async () => {
      await fill()
      const digest = await server.command('EVAL', DIGEST, '0')
      await assert.rejects(write(), REFUSED)
      assert.equal(await server.command('EVAL', DIGEST, '0'), digest)
    })
  }

  const dead = async (...ids) => assert.deepEqual(await Promise.all(ids.map((id) => store.load(id))), ids.map(() => undefined))

  test('reads and lists', async () => {
    await fill()
    assert.equal((await store.load('a')).data, '{"n":1}')
    assert.equal((await store.list('alice')).length, 3)
  })

  test('ends a session', async () => {
    await fill()
    assert.equal(await store.destroy('a'), true)
    await dead('a')
    assert.equal((await store.list('alice')).length, 2)
  })

  test('ends all sessions of a subject, one of them, and all but one', async () => {
    await fill()
    assert.equal(await store.destroyAll('alice', { only: hash('a') }), 1)
    assert.equal(await store.destroyAll('alice', { except: hash('c') }), 1)
    await dead('a', 'b')
    assert.equal(await store.destroyAll('alice'), 1)
    await dead('c')
  })

  test('ends all sessions of a subject, even if the index was lost', async () => {
    const sets = (await server.command('KEYS', 'i:*')).split('\n')
    assert.ok(sets.length > 1)
    await server.command('DEL', ...sets)
    await fill()
    assert.equal(await store.destroyAll('alice'), 3)
    await dead('a', 'b', 'c')
  })

  test('ends a session with waitReplicas, also by a second call', async () => {
    const waiting = new RedisStore({ url: server.url, prefix: '', waitReplicas: 1, timeoutMs: 2000 })
    await fill()
    for (let i = 0; i < 2; i++) await assert.rejects(waiting.destroy('a'), { reason: 'replicas' })
    await dead('a')
    await waiting.close()
  })

  test('refuses a second move after one that was interrupted, and keeps the session', async () => {
    // As after a crash during a move: the old record is marked as moving.
    await store.create('from', record(), TTL)
    await server.command('HSET', key('from'), 'x', hash('to'), 'y', String(Date.now() + 10000))
    await fill()
    await assert.rejects(store.regenerate('from', 'to', NOTHING, TTL), REFUSED)
    assert.equal((await store.load('from')).data, '{"n":1}')
    await dead('to')
  })

  test('accepts all writes again once there is memory', async () => {
    await fill()
    for (const write of Object.values(refused)) await assert.rejects(write(), REFUSED)
    await server.command('CONFIG', 'SET', 'maxmemory', '0')
    assert.deepEqual(await store.merge('a', { ...NOTHING, set: '{"n":2}' }, TTL), { rev: 2, conflicts: [], maxAge: TTL })
    assert.equal(typeof await store.regenerate('a', 'new', NOTHING, TTL), 'object')
    assert.equal((await store.list('alice')).length, 3)
  })
})
