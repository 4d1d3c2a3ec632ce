'use strict'

const assert = require('node:assert/strict')

const { assertData } = require('./json')
const { LIFE_MS, at, changes, done, hashOf } = require('./world')

const clauses = {
  async 'moves a session to a new id, and merges the changes' (world) {
    const { store } = world
    const id = await world.created({ data: '{"a":1,"b":1,"c":1}' })
    const moved = world.newId()
    const written = await store.regenerate(id, moved, changes({ set: '{"a":2,"d":2}', delete: ['b'] }), LIFE_MS)
    assert.deepEqual(written, done(2))
    assert.equal(await store.load(id), undefined)
    const { data, rev } = await world.loaded(moved)
    assertData(data, '{"a":2,"c":1,"d":2}')
    assert.equal(rev, 2)
  },

  async 'moves what is stored, not what the request had loaded' (world) {
    const { store } = world
    const id = await world.created({ data: '{"a":1,"b":1}' })
    await store.merge(id, changes({ set: '{"a":2,"cart":[1]}' }), LIFE_MS)
    const moved = world.newId()
    const written = await store.regenerate(id, moved, changes({ set: '{"a":3,"user":1}' }), LIFE_MS)
    assert.deepEqual(written, done(3, ['a']))
    assertData((await world.loaded(moved)).data, '{"a":3,"b":1,"cart":[1],"user":1}')
    // The keys keep their revisions.
    const later = await store.merge(moved, changes({ set: '{"b":2,"cart":[2]}' }), LIFE_MS)
    assert.deepEqual(later, done(4, ['cart']))
  },

  async 'moves a session without changes, and keeps its revision' (world) {
    const { store } = world
    const id = await world.created({ data: '{"a":1}' })
    const moved = world.newId()
    assert.deepEqual(await store.regenerate(id, moved, changes(), LIFE_MS), done(1))
    const { data, rev } = await world.loaded(moved)
    assert.deepEqual([data, rev], ['{"a":1}', 1])
  },

  async 'returns missing for later writes to the old id' (world) {
    const { store } = world
    const subject = world.newSubject()
    const id = await world.created({ data: '{"a":1}', subject })
    const moved = world.newId()
    await store.regenerate(id, moved, changes(), LIFE_MS)
    assert.equal(await store.merge(id, changes({ set: '{"a":9}' }), LIFE_MS), 'missing')
    assert.equal(await store.touch(id, LIFE_MS), 'missing')
    assert.equal(await store.regenerate(id, world.newId(), changes(), LIFE_MS), 'missing')
    assert.equal(await store.destroy(id), false)
    assertData((await world.loaded(moved)).data, '{"a":1}')
    assert.deepEqual((await store.list(subject)).map(({ hash }) => hash), [hashOf(moved)])
  },

  async 'does not move to an id that is taken' (world) {
    const { store } = world
    const id = await world.created({ data: '{"a":1}' })
    const taken = await world.created({ data: '{"b":1}' })
    for (const to of [taken, id]) {
      assert.equal(await store.regenerate(id, to, changes({ set: '{"a":2}' }), LIFE_MS), 'taken')
      assertData((await world.loaded(id)).data, '{"a":1}')
      assertData((await world.loaded(taken)).data, '{"b":1}')
    }
  },

  async 'moves to an id whose session is expired' (world) {
    const { store } = world
    const now = Date.now()
    const id = await at(now, () => world.created({ data: '{"a":1}' }))
    const expired = await at(now, () => world.created({ data: '{"b":1}', maxAge: 5 }))
    const written = await at(now + 6, () => store.regenerate(id, expired, changes({ set: '{"c":1}' }), LIFE_MS))
    assert.deepEqual(written, done(2))
    assertData((await world.loaded(expired)).data, '{"a":1,"c":1}')
  },

  async 'keeps the creation time, subject, label and maxAge of a session that moves' (world) {
    const { store } = world
    const now = Date.now()
    const subject = world.newSubject()
    const id = await at(now, () => world.created({ data: '{"a":1}', subject, label: 'phone', maxAge: 'session' }, 5000))
    const moved = world.newId()
    await at(now + 10, () => store.regenerate(id, moved, changes({ set: '{"a":2}' }), 6000))
    assert.deepEqual(await at(now + 10, () => store.list(subject)), [
      { hash: hashOf(moved), created: now, seen: now + 10, label: 'phone' }
    ])
    const { expire, maxAge, hasSubject } = await world.loaded(moved)
    assert.deepEqual([expire, maxAge, hasSubject], [now + 6010, 'session', true])
  },

  async 'lets exactly one of many concurrent requests move a session' (world) {
    const { store } = world
    const id = await world.created({ data: '{"a":1}' })
    const ids = Array.from({ length: 16 }, () => world.newId())
    const written = await Promise.all(ids.map((to, i) => store.regenerate(id, to, changes({ set: `{"a":${i}}` }), LIFE_MS)))
    const first = written.findIndex((each) => each !== 'missing')
    assert.deepEqual(written.map((each) => each === 'missing'), ids.map((_, i) => i !== first))
    for (const [i, to] of ids.entries()) assert.equal(await store.load(to) === undefined, i !== first)
    assertData((await world.loaded(ids[first])).data, `{"a":${first}}`)
  }
}

module.exports = clauses
