'use strict'

const assert = require('node:assert/strict')

const { assertData } = require('./json')
const { LIFE_MS, at, changes, done } = require('./world')

const MAX_AGE_MS = 60000

/** Runs each operation on a session of its own at a given time, and returns which of them find their session. */
async function findAt (world, ids, time) {
  const { store } = world
  const found = {}
  const [loaded, merged, touched, moved, destroyed, created] = ids
  const record = await at(time, () => store.load(loaded))
  found.load = record !== undefined && record.expire >= time
  found.merge = await at(time, () => store.merge(merged, changes({ set: '{"b":1}' }), LIFE_MS)) !== 'missing'
  found.touch = await at(time, () => store.touch(touched, LIFE_MS)) !== 'missing'
  found.regenerate = await at(time, () => store.regenerate(moved, world.newId(), changes(), LIFE_MS)) !== 'missing'
  found.destroy = await at(time, () => store.destroy(destroyed))
  found.create = await at(time, () => store.create(created, { data: '{"new":1}', maxAge: MAX_AGE_MS }, LIFE_MS)) === 'taken'
  return found
}

function createdAt (world, time, record, ttlMs = 5) {
  return at(time, () => world.created({ data: '{"a":1}', maxAge: MAX_AGE_MS, ...record }, ttlMs))
}

async function expiryOf (world, id) {
  const { expire, maxAge } = await world.loaded(id)
  return [expire, maxAge]
}

const clauses = {
  async 'expires a session after the last millisecond of its life' (world) {
    const now = Date.now()
    for (const [after, isFound] of [[-1, true], [0, true], [1, false]]) {
      const ids = []
      for (let i = 0; i < 6; i++) ids.push(await createdAt(world, now))
      const found = await findAt(world, ids, now + MAX_AGE_MS + after)
      for (const operation in found) assert.equal(found[operation], isFound, `${operation}, ${after} ms after the expiry`)
    }
  },

  async 'does not bring an expired session back' (world) {
    const { store } = world
    const now = Date.now()
    const subject = world.newSubject()
    const id = await createdAt(world, now, { subject })
    const late = now + MAX_AGE_MS + 1
    assert.equal(await at(late, () => store.touch(id, LIFE_MS)), 'missing')
    assert.equal(await at(late, () => store.merge(id, changes({ set: '{"a":2}', maxAge: LIFE_MS }), LIFE_MS)), 'missing')
    const loaded = await at(late, () => store.load(id))
    assert(loaded === undefined || loaded.expire < late)
    assert.deepEqual(await at(late, () => store.list(subject)), [])
    assert.equal(await at(late, () => store.destroyAll(subject)), 0)
  },

  async 'creates over an expired session, with nothing of it left' (world) {
    const { store } = world
    const now = Date.now()
    const subject = world.newSubject()
    const id = await createdAt(world, now, { data: '{"a":1,"b":1}', subject, label: 'old' })
    await at(now, () => store.merge(id, changes({ set: '{"a":2}' }), LIFE_MS))
    const late = now + MAX_AGE_MS + 1
    assert.deepEqual(await at(late, () => store.create(id, { data: '{"c":1}', maxAge: 'session' }, LIFE_MS)), { rev: 1 })
    const { data, ...rest } = await at(late, () => world.loaded(id))
    assertData(data, '{"c":1}')
    assert.deepEqual(rest, { rev: 1, expire: late + LIFE_MS, maxAge: 'session', hasSubject: false })
    assert.deepEqual(await at(late, () => store.list(subject)), [])
    const merged = await at(late, () => store.merge(id, changes({ set: '{"a":1}', subject }), LIFE_MS))
    assert.deepEqual(merged, done(2, [], 'session'))
    const [{ label }] = await at(late, () => store.list(subject))
    assert.equal(label, undefined)
  },

  async 'moves the expiry by a touch, and changes nothing else' (world) {
    const { store } = world
    const now = Date.now()
    const id = await createdAt(world, now)
    assert.deepEqual(await at(now + 100, () => store.touch(id, 5)), { maxAge: MAX_AGE_MS })
    const { data, ...rest } = await world.loaded(id)
    assertData(data, '{"a":1}')
    assert.deepEqual(rest, { rev: 1, expire: now + 100 + MAX_AGE_MS, maxAge: MAX_AGE_MS, hasSubject: false })
    assert.deepEqual(await at(now + 100, () => store.merge(id, changes({ set: '{"a":2}' }), 5)), done(2, [], MAX_AGE_MS))
  },

  async 'sets the expiry at a merge, by the maxAge of the record' (world) {
    const { store } = world
    const now = Date.now()
    const id = await createdAt(world, now)
    await at(now + 10, () => store.merge(id, changes({ set: '{"a":2}' }), 7))
    assert.deepEqual(await expiryOf(world, id), [now + 10 + MAX_AGE_MS, MAX_AGE_MS])
    await at(now + 20, () => store.merge(id, changes({ base: 2 }), 7))
    assert.deepEqual(await expiryOf(world, id), [now + 20 + MAX_AGE_MS, MAX_AGE_MS])
  },

  async 'takes the ttl of a browser session from the caller' (world) {
    const { store } = world
    const now = Date.now()
    const id = await createdAt(world, now, { maxAge: 'session' }, 50000)
    assert.deepEqual(await expiryOf(world, id), [now + 50000, 'session'])
    await at(now + 10, () => store.touch(id, 60000))
    assert.deepEqual(await expiryOf(world, id), [now + 60010, 'session'])
    await at(now + 20, () => store.merge(id, changes({ set: '{"a":2}' }), 70000))
    assert.deepEqual(await expiryOf(world, id), [now + 70020, 'session'])
  },

  async 'changes the maxAge of a record where a request assigned one' (world) {
    const { store } = world
    const now = Date.now()
    const id = await createdAt(world, now, { maxAge: 'session' }, 50000)
    await at(now, () => store.merge(id, changes({ maxAge: 30000 }), 50000))
    assert.deepEqual(await expiryOf(world, id), [now + 30000, 30000])
    await at(now + 10, () => store.touch(id, 50000))
    assert.deepEqual(await expiryOf(world, id), [now + 30010, 30000])
    await at(now, () => store.merge(id, changes({ set: '{"a":2}', maxAge: 'session' }), 40000))
    assert.deepEqual(await expiryOf(world, id), [now + 40000, 'session'])
    const moved = world.newId()
    await at(now, () => store.regenerate(id, moved, changes({ base: 2, maxAge: 20000 }), 40000))
    assert.deepEqual(await expiryOf(world, moved), [now + 20000, 20000])
  },

  async 'returns the maxAge of the record, whichever request assigned it' (world) {
    const { store } = world
    let id = await world.created({ data: '{"a":1}', maxAge: MAX_AGE_MS })
    let rev = 1
    assert.deepEqual(await store.merge(id, changes({ set: '{"a":2}' }), 5000), done(++rev, [], MAX_AGE_MS))
    for (const maxAge of [2 * MAX_AGE_MS, 'session', MAX_AGE_MS + 1]) {
      assert.deepEqual(await store.merge(id, changes({ base: rev, maxAge }), 5000), done(rev, [], maxAge))
      assert.deepEqual(await store.touch(id, 5000), { maxAge })
      // Requests that had loaded the session before get it too.
      assert.deepEqual(await store.merge(id, changes(), 5000), done(rev, [], maxAge))
      assert.deepEqual(await store.merge(id, changes({ set: '{"a":3}' }), 5000), done(++rev, ['a'], maxAge))
      const moved = world.newId()
      assert.deepEqual(await store.regenerate(id, moved, changes(), 5000), done(rev, [], maxAge))
      id = moved
    }
    const [moved, subject] = [world.newId(), world.newSubject()]
    assert.deepEqual(await store.regenerate(id, moved, changes({ base: rev, maxAge: 'session', subject }), 5000), done(rev, [], 'session'))
    // The same for a session with a subject.
    assert.deepEqual(await store.merge(moved, changes({ base: rev, subject: world.newSubject() }), 5000), done(rev, [], 'session'))
    assert.deepEqual(await store.touch(moved, 5000), { maxAge: 'session' })
  },

  async 'keeps a maxAge of years' (world) {
    const { store } = world
    const now = Date.now()
    const years = 100 * 365 * 24 * 60 * 60 * 1000
    const id = await createdAt(world, now, { maxAge: years })
    assert.deepEqual(await expiryOf(world, id), [now + years, years])
    assert.deepEqual(await at(now + years, () => store.touch(id, 5)), { maxAge: years })
    assert.deepEqual(await at(now + years, () => store.merge(id, changes(), 5)), done(1, [], years))
  }
}

module.exports = clauses
