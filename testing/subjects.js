'use strict'

const assert = require('node:assert/strict')

const { LIFE_MS, at, changes, hashOf } = require('./world')

async function hashesOf (store, subject) {
  return (await store.list(subject)).map(({ hash }) => hash)
}

/** Creates sessions of one subject, a millisecond apart, and returns their ids. */
async function createdFor (world, subject, count, record = {}) {
  const now = Date.now() - count
  const ids = []
  for (let i = 0; i < count; i++) ids.push(await at(now + i, () => world.created({ subject, ...record })))
  return ids
}

const clauses = {
  async 'lists a subject\'s sessions, the oldest first' (world) {
    const { store } = world
    const now = Date.now()
    const subject = world.newSubject()
    const record = { subject, data: '{"a":1}' }
    const second = await at(now + 2, () => world.created({ ...record, label: 'caf\u00e9 \ud83d\ude00' }))
    const first = await at(now + 1, () => world.created(record))
    const third = await at(now + 3, () => world.created({ ...record, label: '' }))
    await world.created({ subject: world.newSubject() })
    await world.created({})
    assert.deepEqual(await at(now + 3, () => store.list(subject)), [
      { hash: hashOf(first), created: now + 1, seen: now + 1 },
      { hash: hashOf(second), created: now + 2, seen: now + 2, label: 'caf\u00e9 \ud83d\ude00' },
      { hash: hashOf(third), created: now + 3, seen: now + 3, label: '' }
    ])
    assert.equal((await world.loaded(first)).hasSubject, true)
    assert.deepEqual(await store.list(world.newSubject()), [])
  },

  async 'lists when a session was last seen' (world) {
    const { store } = world
    const now = Date.now()
    const subject = world.newSubject()
    const id = await at(now, () => world.created({ subject }))
    const seen = async () => (await store.list(subject)).map((listed) => listed.seen - now)
    await at(now + 5, () => store.load(id))
    assert.deepEqual(await at(now + 5, seen), [0])
    await at(now + 10, () => store.touch(id, LIFE_MS))
    assert.deepEqual(await at(now + 10, seen), [10])
    await at(now + 20, () => store.merge(id, changes({ set: '{"a":1}' }), LIFE_MS))
    assert.deepEqual(await at(now + 20, seen), [20])
    const [{ created }] = await store.list(subject)
    assert.equal(created, now)
  },

  async 'leaves expired and destroyed sessions out of lists' (world) {
    const { store } = world
    const now = Date.now()
    const subject = world.newSubject()
    const [kept, destroyed] = await createdFor(world, subject, 2)
    await at(now, () => world.created({ subject, maxAge: 5 }))
    await store.destroy(destroyed)
    assert.deepEqual((await at(now + 6, () => store.list(subject))).map(({ hash }) => hash), [hashOf(kept)])
  },

  async 'moves a session from one subject to another, and to none' (world) {
    const { store } = world
    const [one, other] = [world.newSubject(), world.newSubject()]
    const id = await world.created({ data: '{"a":1}' })
    const lists = async () => [await hashesOf(store, one), await hashesOf(store, other), (await world.loaded(id)).hasSubject]
    assert.deepEqual(await lists(), [[], [], false])
    await store.merge(id, changes({ set: '{"a":2}', subject: one, label: 'here' }), LIFE_MS)
    assert.deepEqual(await lists(), [[hashOf(id)], [], true])
    assert.equal((await store.list(one))[0].label, 'here')
    await store.merge(id, changes({ set: '{"a":3}' }), LIFE_MS)
    assert.deepEqual(await lists(), [[hashOf(id)], [], true])
    await store.merge(id, changes({ subject: other }), LIFE_MS)
    assert.deepEqual(await lists(), [[], [hashOf(id)], true])
    assert.equal((await store.list(other))[0].label, 'here')
    await store.merge(id, changes({ subject: null }), LIFE_MS)
    assert.deepEqual(await lists(), [[], [], false])
  },

  async 'destroys all sessions of a subject' (world) {
    const { store } = world
    const [subject, other] = [world.newSubject(), world.newSubject()]
    const ids = await createdFor(world, subject, 3)
    const [kept] = await createdFor(world, other, 1)
    assert.equal(await store.destroyAll(subject), 3)
    for (const id of ids) assert.equal(await store.load(id), undefined)
    assert.deepEqual(await store.list(subject), [])
    assert.notEqual(await store.load(kept), undefined)
    assert.equal(await store.destroyAll(subject), 0)
    assert.equal(await store.merge(ids[0], changes({ set: '{"a":1}' }), LIFE_MS), 'missing')
  },

  async 'destroys all sessions of a subject but one' (world) {
    const { store } = world
    const subject = world.newSubject()
    const ids = await createdFor(world, subject, 3)
    assert.equal(await store.destroyAll(subject, { except: hashOf(ids[1]) }), 2)
    assert.deepEqual(await hashesOf(store, subject), [hashOf(ids[1])])
    assert.notEqual(await store.load(ids[1]), undefined)
    assert.equal(await store.load(ids[0]), undefined)
    assert.equal(await store.destroyAll(subject, { except: hashOf(world.newId()) }), 1)
  },

  async 'destroys one session of a subject, and no one else\'s' (world) {
    const { store } = world
    const [subject, other] = [world.newSubject(), world.newSubject()]
    const ids = await createdFor(world, subject, 2)
    const [foreign] = await createdFor(world, other, 1)
    const free = await world.created({})
    for (const hash of [hashOf(foreign), hashOf(free), hashOf(world.newId()), '', 'no hash']) {
      assert.equal(await store.destroyAll(subject, { only: hash }), 0)
    }
    assert.notEqual(await store.load(foreign), undefined)
    assert.notEqual(await store.load(free), undefined)
    assert.equal(await store.destroyAll(subject, { only: hashOf(ids[0]) }), 1)
    assert.deepEqual(await hashesOf(store, subject), [hashOf(ids[1])])
    assert.equal(await store.load(ids[0]), undefined)
  },

  async 'does not count expired sessions that it destroys' (world) {
    const { store } = world
    const now = Date.now()
    const subject = world.newSubject()
    await at(now, () => world.created({ subject, maxAge: 5 }))
    await at(now, () => world.created({ subject }))
    assert.equal(await at(now + 6, () => store.destroyAll(subject)), 1)
  },

  async 'keeps apart subjects that look alike' (world) {
    const { store } = world
    const base = world.newSubject()
    const subjects = [base, `${base} `, base.toUpperCase(), `${base}\u00e9`, `${base}e\u0301`, `${base}\ud83d\ude00`, `${base}:x`,
      `__proto__${base}`, `{${base}}`, `${base}*`, `${base}%`, `${base}${'s'.repeat(3000)}`]
    const ids = []
    for (const subject of subjects) ids.push(await world.created({ subject }))
    for (const [i, subject] of subjects.entries()) assert.deepEqual(await hashesOf(store, subject), [hashOf(ids[i])])
    for (const subject of subjects) assert.equal(await store.destroyAll(subject), 1)
  },

  async 'lists hundreds of sessions of one subject' (world) {
    const { store } = world
    const subject = world.newSubject()
    const ids = await createdFor(world, subject, 300)
    assert.deepEqual(await hashesOf(store, subject), ids.map(hashOf))
    assert.equal(await store.destroyAll(subject, { except: hashOf(ids[7]) }), 299)
  }
}

module.exports = { clauses, createdFor, hashesOf }
