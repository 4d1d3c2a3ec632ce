'use strict'

const { after, afterEach, describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { SqliteFolder, ask, changes, terminate, newRecord } = require('./sqlite-folder')

const TTL_MS = 600_000
const TURNS = 1000

const folder = new SqliteFolder()
const opened = []
after(() => folder.remove())
afterEach(() => Promise.all(opened.splice(0).map((store) => store.close())))

function open (file, options) {
  const store = folder.open({ file, ...options })
  opened.push(store)
  return store
}

/** Makes another process take a file's write lock. */
async function lock (file, how = 'BEGIN IMMEDIATE') {
  const { child } = await folder.start('sqlite-sql.js', file, how)
  return {
    release: () => ask(child, 'COMMIT'),
    end: () => terminate(child)
  }
}

async function turns (count, each = () => {}) {
  for (let i = 0; i < count; i++) {
    each()
    await new Promise(setImmediate)
  }
}

/** Returns the state of a promise. */
async function state (promise) {
  let known = 'pending'
  promise.then(() => { known = 'resolved' }, () => { known = 'rejected' })
  await new Promise(setImmediate)
  return known
}

describe('while another process holds the write lock', () => {
  test('the event loop goes on, loads are synchronous, and the write ends once the lock is free', async () => {
    const file = folder.file()
    const store = open(file)
    await store.create('a', newRecord({ a: 1 }, { subject: 'u' }), TTL_MS)
    const other = await lock(file)
    const merging = store.merge('a', changes({ b: 2 }), TTL_MS)
    const creating = store.create('c', newRecord({}), TTL_MS)
    // If the write blocked this thread, these turns could not happen before the lock is released, which is after them.
    await turns(TURNS, () => {
      assert.equal(store.load('a').data, '{"a":1}')
      assert.equal(store.list('u').length, 1)
      assert.equal(store.load('c'), undefined)
    })
    assert.deepEqual([await state(merging), await state(creating)], ['pending', 'pending'])
    await other.release()
    assert.deepEqual(await merging, { rev: 2, conflicts: [], maxAge: TTL_MS })
    assert.deepEqual(await creating, { rev: 1 })
    assert.equal(store.load('a').data, '{"a":1,"b":2}')
    await other.end()
  })

  test('a write that has waited for busyTimeout rejects, and the next goes through', async () => {
    const file = folder.file()
    const store = open(file, { busyTimeout: 20 })
    await store.create('a', newRecord({}), TTL_MS)
    const other = await lock(file)
    await assert.rejects(store.merge('a', changes({ b: 2 }), TTL_MS),
      { code: 'ERR_SESSION_STORE', reason: 'busy', store: 'sqlite', file, errcode: 5 })
    assert.equal(store.load('a').rev, 1)
    await other.release()
    assert.deepEqual(await store.merge('a', changes({ b: 3 }), TTL_MS), { rev: 2, conflicts: [], maxAge: TTL_MS })
    await other.end()
  })

  test('busyTimeout counts from the call, even if an earlier write still waits', async () => {
    const file = folder.file()
    const [store, patient] = [open(file, { busyTimeout: 500 }), open(file, { busyTimeout: 800 })]
    await Promise.all([store.create('a', newRecord({}), TTL_MS), patient.create('b', newRecord({}), TTL_MS)])
    const other = await lock(file)
    const order = []
    const busy = (name, write) => assert.rejects(write, { reason: 'busy' }).then(() => order.push(name))
    const writes = [busy('first', store.touch('a', TTL_MS)), busy('patient', patient.touch('b', TTL_MS))]
    // By now, the first is being tried. If the timeout began with the attempt, this one would fail long after the first.
    await turns(20)
    writes.push(busy('second', store.touch('a', TTL_MS)))
    await Promise.all(writes)
    assert.deepEqual(order, ['first', 'second', 'patient'])
    await other.release()
    assert.deepEqual(await store.touch('a', TTL_MS), { maxAge: TTL_MS })
    await other.end()
  })

  test('a store opens at once', async () => {
    const file = folder.file()
    await open(file).create('a', newRecord({ a: 1 }), TTL_MS)
    const other = await lock(file)
    const store = open(file)
    assert.equal(store.load('a').data, '{"a":1}')
    await other.release()
    await other.end()
  })

  for (const how of ['BEGIN IMMEDIATE', 'BEGIN EXCLUSIVE']) {
    test(`a store opens before it can create the file, and works once it has: ${how}`, async () => {
      const file = folder.file()
      const other = await lock(file, how)
      const store = open(file)
      const loading = store.load('a')
      const listing = store.list('u')
      const creating = store.create('b', newRecord({ b: 1 }), TTL_MS)
      assert.ok(loading instanceof Promise)
      await turns(TURNS)
      assert.deepEqual(await Promise.all([loading, listing, creating].map(state)), ['pending', 'pending', 'pending'])
      await other.release()
      assert.deepEqual(await Promise.all([loading, listing, creating]), [undefined, [], { rev: 1 }])
      assert.equal(store.load('b').data, '{"b":1}')
      await other.end()
    })
  }

  test('a store that cannot create the file in time rejects, and works later', async () => {
    const file = folder.file()
    const other = await lock(file)
    const store = open(file, { busyTimeout: 10 })
    await assert.rejects(async () => store.load('a'), { code: 'ERR_SESSION_STORE', reason: 'busy' })
    await assert.rejects(store.touch('a', TTL_MS), { code: 'ERR_SESSION_STORE', reason: 'busy' })
    await other.release()
    assert.equal(await store.touch('a', TTL_MS), 'missing')
    assert.equal(store.load('a'), undefined)
    await other.end()
  })
})

test('many stores that create one file at the same time all work', async () => {
  const file = folder.file()
  const started = await Promise.all(Array.from({ length: 4 }, () => folder.start('sqlite-writer.js', file)))
  const store = open(file)
  await store.create('a', newRecord({}), TTL_MS)
  for (const { child } of started) assert.deepEqual(await ask(child, { task: 'load', ids: ['a'] }), [1])
  assert.deepEqual(await Promise.all(started.map(({ child }) => terminate(child))), started.map(() => [0, null]))
})
