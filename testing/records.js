'use strict'

const assert = require('node:assert/strict')

const { assertData } = require('./json')
const { LIFE_MS, at, changes, done } = require('./world')

const KEYS = [
  '', ' ', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', '0', '10', '-1', 'a.b', '$set', 'a"b', 'a\\b', 'a\nb', '\u0000',
  'caf\u00e9', 'cafe\u0301', '\u4e2d\u6587', '\ud83d\ude00', '\ud800', '\udfff\ud800', '\u2028', '{', '}', '[]', ',', ':', 'null', 'k'.repeat(10000)
]

const VALUES = [
  'null', 'true', 'false', '0', '-0', '1.0', '1e400', '-1e-400', '12345678901234567890', '0.1000000000000000055511151231257827', '1E5',
  '""', '"\\u0000"', '"\\ud800"', '"\\"}{,:"', '"\u00e9\u4e2d\ud83d\ude00"', '"\\/\\b\\f"', '[]', '{}', '[[[]]]', '{"__proto__":{"a":1}}',
  '{"a":{"b":[1,{"c":"}"}]}}', `"${'v'.repeat(100000)}"`, `${'['.repeat(500)}${']'.repeat(500)}`
]

/** Data with each of the keys, and with each of the values. */
const ODD_DATA = `{${[
  ...KEYS.map((key, i) => `${JSON.stringify(key)}:${i}`), ...VALUES.map((value, i) => `"value${i}":${value}`)
].join()}}`

const MANY_DATA = JSON.stringify(Object.fromEntries(Array.from({ length: 3500 }, (_, i) => [`key${i}`, i])))

const clauses = {
  async 'carries the mark' ({ store }) {
    assert.equal(store[Symbol.for('koa-session-rs.store')], 1)
  },

  async 'loads what was created' (world) {
    const { store } = world
    const now = Date.now()
    const id = world.newId()
    const record = { data: '{"a":1,"b":{"c":[2]}}', maxAge: 1000 }
    assert.deepEqual(await at(now, () => store.create(id, record, 5000)), { rev: 1 })
    const { data, ...rest } = await at(now, () => world.loaded(id))
    assertData(data, record.data)
    assert.deepEqual(rest, { rev: 1, expire: now + 1000, maxAge: 1000, hasSubject: false })
  },

  async 'loads nothing for an unknown id' (world) {
    const { store } = world
    await world.created({ data: '{"a":1}' })
    assert.equal(await store.load(world.newId()), undefined)
  },

  async 'returns missing for an unknown id, and creates nothing' ({ store, newId }) {
    const [id, other] = [newId(), newId()]
    assert.equal(await store.merge(id, changes({ set: '{"a":1}' }), LIFE_MS), 'missing')
    assert.equal(await store.touch(id, LIFE_MS), 'missing')
    assert.equal(await store.regenerate(id, other, changes({ set: '{"a":1}' }), LIFE_MS), 'missing')
    assert.equal(await store.destroy(id), false)
    assert.deepEqual([await store.load(id), await store.load(other)], [undefined, undefined])
  },

  async 'does not overwrite a living session by create' (world) {
    const { store } = world
    const id = await world.created({ data: '{"a":1}' })
    assert.equal(await store.create(id, { data: '{"b":2}', maxAge: 'session' }, 5), 'taken')
    const { data, rev, maxAge } = await world.loaded(id)
    assertData(data, '{"a":1}')
    assert.deepEqual([rev, maxAge], [1, LIFE_MS])
  },

  async 'destroys a session' (world) {
    const { store } = world
    const [id, other] = [await world.created({ data: '{"a":1}' }), await world.created({ data: '{"b":1}' })]
    assert.equal(await store.destroy(id), true)
    assert.equal(await store.load(id), undefined)
    assert.equal(await store.destroy(id), false)
    assertData((await world.loaded(other)).data, '{"b":1}')
  },

  async 'keeps the exact text of any key and value' (world) {
    const { store } = world
    const id = await world.created({ data: ODD_DATA })
    assertData((await world.loaded(id)).data, ODD_DATA)
    const merged = await world.created({ data: '{}' })
    assert.deepEqual(await store.merge(merged, changes({ set: ODD_DATA }), LIFE_MS), done(2))
    assertData((await world.loaded(merged)).data, ODD_DATA)
  },

  async 'removes any key' (world) {
    const { store } = world
    const id = await world.created({ data: ODD_DATA })
    const { rev } = await store.merge(id, changes({ delete: KEYS.slice(1) }), LIFE_MS)
    const left = Object.fromEntries(VALUES.map((_, i) => [`value${i}`, 0]))
    assert.deepEqual(Object.keys(JSON.parse((await world.loaded(id)).data)).sort(), ['', ...Object.keys(left)].sort())
    await store.merge(id, changes({ base: rev, delete: ['', ...Object.keys(left)] }), LIFE_MS)
    assertData((await world.loaded(id)).data, '{}')
  },

  async 'keeps thousands of keys, and merges them' (world) {
    const { store } = world
    const id = await world.created({ data: MANY_DATA })
    assertData((await world.loaded(id)).data, MANY_DATA)
    await store.merge(id, changes({ set: MANY_DATA.replaceAll(':', ':1'), delete: [] }), LIFE_MS)
    assertData((await world.loaded(id)).data, MANY_DATA.replaceAll(':', ':1'))
    await store.merge(id, changes({ base: 2, delete: Object.keys(JSON.parse(MANY_DATA)).slice(1) }), LIFE_MS)
    assertData((await world.loaded(id)).data, '{"key0":10}')
  },

  async 'keeps a session without keys' (world) {
    const { store } = world
    const id = await world.created({ data: '{}' })
    const { data, rev } = await world.loaded(id)
    assert.deepEqual([data, rev], ['{}', 1])
    assert.deepEqual(await store.merge(id, changes({ set: '{"a":1}' }), LIFE_MS), done(2))
    assert.deepEqual(await store.merge(id, changes({ base: 2, delete: ['a'] }), LIFE_MS), done(3))
    assert.equal((await world.loaded(id)).data, '{}')
  },

  async 'keeps apart ids that look alike' (world) {
    const { store } = world
    const id = world.newId()
    const long = `${id}${'x'.repeat(4000)}`
    const ids = [id, `${id} `, ` ${id}`, id.toUpperCase(), `${id}:`, `${id}\u00e9`, `${id}e\u0301`, `{${id}}`, long, `${long}y`]
    for (const [i, each] of ids.entries()) await store.create(each, { data: `{"n":${i}}`, maxAge: LIFE_MS }, LIFE_MS)
    for (const [i, each] of ids.entries()) assertData((await world.loaded(each)).data, `{"n":${i}}`)
  },

  async 'clears all sessions, and works afterwards' (world) {
    const { store } = world
    const subject = world.newSubject()
    const id = await world.created({ data: '{"a":1}', subject })
    await store.clear()
    assert.equal(await store.load(id), undefined)
    assert.deepEqual(await store.list(subject), [])
    assert.deepEqual(await store.create(id, { data: '{"b":1}', maxAge: LIFE_MS }, LIFE_MS), { rev: 1 })
    assertData((await world.loaded(id)).data, '{"b":1}')
  }
}

module.exports = clauses
