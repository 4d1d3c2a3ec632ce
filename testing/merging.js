'use strict'

const assert = require('node:assert/strict')

const { assertData } = require('./json')
const { LIFE_MS, changes, done } = require('./world')

const WRITERS = 64

const clauses = {
  async 'merges what is set and what is deleted' (world) {
    const { store } = world
    const id = await world.created({ data: '{"a":1,"b":2,"c":{"d":3}}' })
    const merged = await store.merge(id, changes({ set: '{"b":20,"e":"new"}', delete: ['a', 'unknown'] }), LIFE_MS)
    assert.deepEqual(merged, done(2))
    const { data, rev } = await world.loaded(id)
    assertData(data, '{"b":20,"c":{"d":3},"e":"new"}')
    assert.equal(rev, 2)
  },

  async 'keeps what others wrote to other keys' (world) {
    const { store } = world
    const id = await world.created({ data: '{"a":1,"b":1,"c":1}' })
    assert.deepEqual(await store.merge(id, changes({ set: '{"a":2}' }), LIFE_MS), done(2))
    assert.deepEqual(await store.merge(id, changes({ set: '{"b":2,"d":2}' }), LIFE_MS), done(3))
    assert.deepEqual(await store.merge(id, changes({ delete: ['c'] }), LIFE_MS), done(4))
    assertData((await world.loaded(id)).data, '{"a":2,"b":2,"d":2}')
  },

  async 'lets the later commit win, and names the keys' (world) {
    const { store } = world
    const id = await world.created({ data: '{"a":1,"b":1,"__proto__":1}' })
    await store.merge(id, changes({ set: '{"a":2,"new":2,"__proto__":2}' }), LIFE_MS)
    const { rev, conflicts } = await store.merge(id, changes({ set: '{"a":3,"b":3,"new":3,"__proto__":3}' }), LIFE_MS)
    assert.deepEqual([rev, [...conflicts].sort()], [3, ['__proto__', 'a', 'new']])
    assertData((await world.loaded(id)).data, '{"a":3,"b":3,"new":3,"__proto__":3}')
    const later = await store.merge(id, changes({ base: 2, set: '{"b":4}' }), LIFE_MS)
    assert.deepEqual(later, done(4, ['b']))
    assert.deepEqual(await store.merge(id, changes({ base: 4, set: '{"a":5,"b":5}' }), LIFE_MS), done(5))
  },

  async 'lets the later commit win where one request sets a key and another deletes it' (world) {
    const { store } = world
    const id = await world.created({ data: '{"a":1,"b":1}' })
    await store.merge(id, changes({ set: '{"a":2}', delete: ['b'] }), LIFE_MS)
    const deleted = await store.merge(id, changes({ delete: ['a'] }), LIFE_MS)
    assert.deepEqual(deleted, done(3), 'deleting a key is not a conflict')
    const set = await store.merge(id, changes({ set: '{"b":4}' }), LIFE_MS)
    assert.deepEqual(set, done(4), 'a deleted key has no revision')
    assertData((await world.loaded(id)).data, '{"b":4}')
  },

  async 'writes no data where nothing is set or deleted' (world) {
    const { store } = world
    const id = await world.created({ data: '{"a":1}' })
    assert.deepEqual(await store.merge(id, changes({ maxAge: 5000, label: 'x' }), LIFE_MS), done(1, [], 5000))
    const { data, rev, maxAge } = await world.loaded(id)
    assert.deepEqual([data, rev, maxAge], ['{"a":1}', 1, 5000])
    assert.deepEqual(await store.merge(id, changes({ set: '{"a":2}' }), LIFE_MS), done(2, [], 5000))
  },

  async 'does not bring a destroyed session back' (world) {
    const { store } = world
    const subject = world.newSubject()
    const id = await world.created({ data: '{"a":1}', subject })
    await store.destroy(id)
    assert.equal(await store.merge(id, changes({ set: '{"a":2}', subject }), LIFE_MS), 'missing')
    assert.equal(await store.touch(id, LIFE_MS), 'missing')
    assert.equal(await store.load(id), undefined)
    assert.deepEqual(await store.list(subject), [])
  },

  async 'starts with revision 1 where a destroyed id is created again' (world) {
    const { store } = world
    const id = await world.created({ data: '{"a":1,"b":1}', subject: world.newSubject() })
    await store.merge(id, changes({ set: '{"a":2}' }), LIFE_MS)
    await store.destroy(id)
    assert.deepEqual(await store.create(id, { data: '{"c":1}', maxAge: 'session' }, LIFE_MS), { rev: 1 })
    const { data, rev, hasSubject } = await world.loaded(id)
    assertData(data, '{"c":1}')
    assert.deepEqual([rev, hasSubject], [1, false])
    assert.deepEqual(await store.merge(id, changes({ set: '{"a":1,"c":2}' }), LIFE_MS), done(2, [], 'session'))
  },

  async 'keeps the keys of many writers at once' (world) {
    const { store } = world
    const id = await world.created({ data: '{"first":0}' })
    const writers = Array.from({ length: WRITERS }, (_, i) => i)
    const merged = await Promise.all(writers.map((i) => store.merge(id, changes({ set: `{"key${i}":${i}}` }), LIFE_MS)))
    const revs = merged.map(({ rev }) => rev).sort((a, b) => a - b)
    assert.deepEqual(revs, writers.map((i) => i + 2))
    assert.deepEqual(merged.flatMap(({ conflicts }) => conflicts), [])
    assertData((await world.loaded(id)).data, `{"first":0,${writers.map((i) => `"key${i}":${i}`).join()}}`)
  },

  async 'names the conflicts of many writers at once' (world) {
    const { store } = world
    const id = await world.created({ data: '{"a":0}' })
    const merged = await Promise.all(Array.from({ length: WRITERS }, (_, i) =>
      store.merge(id, changes({ set: `{"a":${i + 1}}` }), LIFE_MS)))
    const unaware = merged.filter(({ conflicts }) => conflicts.length === 0)
    assert.deepEqual(unaware, [done(2)])
    const last = merged.findIndex(({ rev }) => rev === WRITERS + 1)
    assertData((await world.loaded(id)).data, `{"a":${last + 1}}`)
  },

  async 'never revives a session that is destroyed during writes' (world) {
    const { store, rounds } = world
    for (let round = 0; round < rounds; round++) {
      const id = await world.created({ data: '{"a":0}' })
      const place = world.below(8)
      await Promise.all(Array.from({ length: 8 }, (_, i) => i === place
        ? store.destroy(id)
        : store.merge(id, changes({ set: `{"a":${i}}` }), LIFE_MS)))
      assert.equal(await store.load(id), undefined, `round ${round}`)
      assert.equal(await store.merge(id, changes({ set: '{"a":9}' }), LIFE_MS), 'missing', `round ${round}`)
    }
  }
}

module.exports = clauses
