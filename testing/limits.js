'use strict'

const assert = require('node:assert/strict')

const { assertData } = require('./json')
const { createdFor, hashesOf } = require('./subjects')
const { LIFE_MS, at, changes, done, hashOf } = require('./world')

const refuse = (max) => ({ max, overflow: 'refuse' })
const oldest = (max) => ({ max, overflow: 'oldest' })

/** The two operations that give a subject to a session without one. */
const LOGINS = {
  merge: (store, id, next, change) => store.merge(id, change, LIFE_MS),
  regenerate: (store, id, next, change) => store.regenerate(id, next, change, LIFE_MS)
}

const clauses = {
  async 'refuses to create a session beyond the limit' (world) {
    const { store } = world
    const subject = world.newSubject()
    const ids = await createdFor(world, subject, 2, { limit: refuse(2) })
    assert.deepEqual(await hashesOf(store, subject), ids.map(hashOf))
    const third = world.newId()
    const record = { data: '{}', maxAge: LIFE_MS, subject, limit: refuse(2) }
    assert.equal(await store.create(third, record, LIFE_MS), 'refused')
    assert.equal(await store.load(third), undefined)
    assert.deepEqual(await hashesOf(store, subject), ids.map(hashOf))
    await store.destroy(ids[0])
    assert.deepEqual(await store.create(third, record, LIFE_MS), { rev: 1 })
  },

  async 'destroys the oldest sessions beyond the limit' (world) {
    const { store } = world
    const subject = world.newSubject()
    const ids = await createdFor(world, subject, 5)
    const last = await world.created({ subject, limit: oldest(3) })
    assert.deepEqual(await hashesOf(store, subject), [ids[3], ids[4], last].map(hashOf))
    assert.deepEqual(await Promise.all(ids.map(async (id) => await store.load(id) === undefined)), [true, true, true, false, false])
    const only = await world.created({ subject, limit: oldest(1) })
    assert.deepEqual(await hashesOf(store, subject), [hashOf(only)])
  },

  async 'refuses a login beyond the limit, and writes nothing of it' (world) {
    const { store } = world
    for (const way in LOGINS) {
      const subject = world.newSubject()
      await createdFor(world, subject, 2)
      const [id, next] = [await world.created({ data: '{"a":1}' }), world.newId()]
      const change = changes({ set: '{"a":2}', subject, limit: refuse(2), maxAge: 5000, label: 'new' })
      assert.equal(await LOGINS[way](store, id, next, change), 'refused', way)
      const { data, rev, maxAge, hasSubject } = await world.loaded(id)
      assertData(data, '{"a":1}')
      assert.deepEqual([rev, maxAge, hasSubject], [1, LIFE_MS, false], way)
      assert.equal(await store.load(next), undefined, way)
      assert.equal((await store.list(subject)).length, 2, way)
    }
  },

  async 'makes room for a login by destroying the oldest sessions' (world) {
    const { store } = world
    for (const way in LOGINS) {
      const subject = world.newSubject()
      // It is older than the subject's sessions, but must not be destroyed itself.
      const id = await at(Date.now() - 1000, () => world.created({ data: '{"a":1}' }))
      const others = await createdFor(world, subject, 3)
      const next = world.newId()
      const written = await LOGINS[way](store, id, next, changes({ set: '{"a":2}', subject, limit: oldest(2) }))
      assert.deepEqual(written, done(2), way)
      const now = way === 'merge' ? id : next
      assert.deepEqual(await hashesOf(store, subject), [now, others[2]].map(hashOf), way)
      assert.equal(await store.load(others[1]), undefined, way)
    }
  },

  async 'does not count the session itself for the limit' (world) {
    const { store } = world
    const subject = world.newSubject()
    const id = await world.created({ subject, limit: refuse(1) })
    const change = changes({ set: '{"a":1}', subject, limit: refuse(1) })
    assert.deepEqual(await store.merge(id, change, LIFE_MS), done(2))
    const moved = world.newId()
    assert.deepEqual(await store.regenerate(id, moved, { ...change, base: 2 }, LIFE_MS), done(3))
    const third = { ...change, base: 3, limit: oldest(1) }
    assert.deepEqual(await store.merge(moved, third, LIFE_MS), done(4))
    assert.deepEqual(await hashesOf(store, subject), [hashOf(moved)])
  },

  async 'applies the limit only where a session gets a subject' (world) {
    const { store } = world
    const subject = world.newSubject()
    const ids = await createdFor(world, subject, 3)
    const had = changes({ set: '{"a":1}', subject, limit: refuse(1) })
    assert.deepEqual(await store.merge(ids[0], had, LIFE_MS), done(2))
    assert.deepEqual(await store.merge(ids[0], changes({ base: 2, limit: oldest(1) }), LIFE_MS), done(2))
    assert.equal((await store.list(subject)).length, 3)
    assert.deepEqual(await store.create(world.newId(), { data: '{}', maxAge: 'session', limit: refuse(1) }, LIFE_MS), { rev: 1 })
    const leaving = changes({ base: 2, subject: null, limit: refuse(1) })
    assert.deepEqual(await store.merge(ids[0], leaving, LIFE_MS), done(2))
  },

  async 'does not count expired sessions' (world) {
    const { store } = world
    const now = Date.now()
    const subject = world.newSubject()
    await at(now, () => world.created({ subject, maxAge: 5 }))
    const living = await at(now, () => world.created({ subject }))
    const record = { data: '{}', maxAge: LIFE_MS, subject }
    const create = (limit) => at(now + 6, () => store.create(world.newId(), { ...record, limit }, LIFE_MS))
    assert.deepEqual(await create(refuse(2)), { rev: 1 })
    assert.deepEqual(await create(oldest(3)), { rev: 1 })
    assert.notEqual(await store.load(living), undefined)
  },

  async 'holds the limit where many log in at once' (world) {
    const { store } = world
    const subject = world.newSubject()
    const record = { data: '{}', maxAge: LIFE_MS, subject, limit: refuse(5) }
    const created = await Promise.all(Array.from({ length: 16 }, () => store.create(world.newId(), record, LIFE_MS)))
    assert.equal(created.filter((each) => each === 'refused').length, 11)
    assert.equal((await store.list(subject)).length, 5)
  }
}

module.exports = clauses
