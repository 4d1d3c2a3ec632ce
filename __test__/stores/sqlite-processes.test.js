'use strict'

const { after, before, describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { SqliteFolder, ask, changes, terminate, newRecord } = require('./sqlite-folder')

const ROUNDS = 200
const KEYS = 64
const DESTROYED = 1000
const AT_ONCE = 50

const TTL_MS = 600_000

const folder = new SqliteFolder()
after(() => folder.remove())

describe('two processes', () => {
  const file = folder.file()
  let store, writers

  before(async () => {
    store = folder.open({ file, busyTimeout: 60_000 })
    writers = await Promise.all([folder.start('sqlite-writer.js', file), folder.start('sqlite-writer.js', file)])
    writers = writers.map(({ child }) => child)
  })

  after(async () => {
    await store.close()
    assert.deepEqual(await Promise.all(writers.map(terminate)), [[0, null], [0, null]])
  })

  test(`lose no key of a session, in ${ROUNDS} rounds of ${KEYS}`, async () => {
    const keys = Array.from({ length: KEYS }, (_, index) => `key ${index}`)
    for (let round = 0; round < ROUNDS; round++) {
      const id = `round ${round}`
      await store.create(id, newRecord({}), TTL_MS)
      const halves = [keys.slice(0, KEYS / 2), keys.slice(KEYS / 2)]
      const results = await Promise.all(writers.map((child, index) => ask(child, { task: 'merge', id, keys: halves[index] })))
      const revs = results.flat().map(({ rev }) => rev).sort((a, b) => a - b)
      assert.deepEqual(revs, keys.map((_, index) => index + 2))
      const { data, rev } = store.load(id)
      assert.deepEqual([Object.keys(JSON.parse(data)).sort(), rev], [[...keys].sort(), KEYS + 1])
    }
  })

  test('see the writes of other processes', async () => {
    await store.create('shared', newRecord({}), TTL_MS)
    assert.deepEqual(await ask(writers[0], { task: 'load', ids: ['shared'] }), [1])
    await store.merge('shared', changes({ a: 1 }), TTL_MS)
    assert.deepEqual(await ask(writers[1], { task: 'load', ids: ['shared'] }), [2])
  })

  test(`never revive a session that one destroys while the other writes, in ${DESTROYED} rounds`, async () => {
    const outcomes = new Set()
    for (let round = 0; round < DESTROYED; round += AT_ONCE) {
      const ids = Array.from({ length: AT_ONCE }, (_, index) => `destroyed ${round + index}`)
      await Promise.all(ids.map((id) => store.create(id, newRecord({ n: 1 }), TTL_MS)))
      assert.deepEqual(await ask(writers[0], { task: 'load', ids }), ids.map(() => 1))
      const written = ask(writers[0], { task: 'write', ids, base: 1 })
      const destroyed = ids.map(async (id, index) => {
        for (let turn = 0; turn < index % 5; turn++) await new Promise(setImmediate)
        return store.destroy(id)
      })
      assert.deepEqual(new Set(await Promise.all(destroyed)), new Set([true]))
      for (const [merged, touched] of await written) outcomes.add(`${merged}, ${touched}`)
      assert.deepEqual(ids.map((id) => store.load(id)), ids.map(() => undefined))
      // A write after the destroy does not revive them either.
      const late = await ask(writers[1], { task: 'write', ids, base: 1 })
      assert.deepEqual(late, ids.map(() => ['missing', 'missing']))
      assert.deepEqual(ids.map((id) => store.load(id)), ids.map(() => undefined))
    }
    assert.ok(outcomes.has('missing, missing'), [...outcomes].join('; '))
  })
})
