'use strict'

const { after, afterEach, describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } = require('node:fs')
const path = require('node:path')
const { SqliteFolder, changes, newRecord } = require('./sqlite-folder')
const { SqliteStore } = require('../../stores/sqlite')

const TTL_MS = 600_000

const folder = new SqliteFolder()
const opened = []
after(() => folder.remove())
afterEach(() => Promise.all(opened.splice(0).map((store) => store.close())))

function open (options) {
  const store = folder.open(options)
  opened.push(store)
  return store
}

function sql (file, text) {
  const { status, stderr } = spawnSync(process.execPath, [require.resolve('./fixtures/sqlite-sql'), file, text], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
}

/** Makes a file with sessions on several pages. */
async function filled () {
  const file = folder.file()
  const store = new SqliteStore({ file })
  for (let i = 0; i < 200; i++) await store.create(`id ${i}`, newRecord({ text: 'x'.repeat(500) }), TTL_MS)
  await store.close()
  return file
}

function assertRefused (file, reason) {
  assert.throws(() => new SqliteStore({ file }), (error) => {
    assert.deepEqual([error.code, error.store, error.file, error.reason], ['ERR_SESSION_STORE', 'sqlite', file, reason])
    assert.ok(error.message.includes(file))
    return true
  })
}

describe('for a file that cannot be used, the constructor throws an error that names it', () => {
  test('text', () => {
    const file = folder.file()
    writeFileSync(file, 'sessions, one a line\n'.repeat(100))
    assertRefused(file, 'damaged')
    assert.ok(readFileSync(file, 'utf8').startsWith('sessions, one a line\n'))
  })

  test('a database whose end is missing', async () => {
    const file = await filled()
    truncateSync(file, 20_000)
    assertRefused(file, 'damaged')
  })

  test('a database whose table is overwritten', async () => {
    const file = await filled()
    const bytes = readFileSync(file)
    bytes.fill(0xff, 4096, 4096 * 6)
    writeFileSync(file, bytes)
    assertRefused(file, 'damaged')
  })

  test('a database without its table', async () => {
    const file = await filled()
    sql(file, 'DROP TABLE session')
    assertRefused(file, 'damaged')
  })

  test('of a newer version', async () => {
    const file = await filled()
    sql(file, 'PRAGMA user_version = 2')
    assertRefused(file, 'newer')
  })

  test('a database of something else, which is left alone', () => {
    const file = folder.file()
    sql(file, 'CREATE TABLE customer (name TEXT)')
    const before = readFileSync(file)
    assertRefused(file, 'foreign')
    assert.deepEqual(readFileSync(file), before)
  })

  test('a folder', () => {
    const file = folder.file()
    mkdirSync(file)
    assertRefused(file, 'unwritable')
  })

  test('in a folder that does not exist, and is not created', () => {
    const file = path.join(folder.file(), 'sessions.db')
    assertRefused(file, 'unwritable')
    assert.ok(!existsSync(path.dirname(file)))
  })

  test('in a path that is no folder', () => {
    const file = folder.file()
    writeFileSync(file, '')
    assertRefused(path.join(file, 'sessions.db'), 'unwritable')
  })

  test('where no file can be written', { skip: process.platform !== 'linux' && 'needs /proc' }, () => {
    assertRefused('/proc/sessions.db', 'unwritable')
    assertRefused('/proc/version', 'unwritable')
  })
})

test('an empty file becomes a database', async () => {
  const file = folder.file()
  writeFileSync(file, '')
  assert.deepEqual(await open({ file }).create('a', newRecord({}), TTL_MS), { rev: 1 })
})

test('damage that is found later rejects, and intact sessions can still be read', async () => {
  const file = await filled()
  const store = open({ file })
  const bytes = readFileSync(file)
  // Pages in the middle, since the root pages are at the beginning.
  bytes.fill(0xff, 4096 * 10, 4096 * 20)
  writeFileSync(file, bytes)
  const results = await Promise.allSettled(Array.from({ length: 200 }, async (_, i) => store.load(`id ${i}`)))
  const failed = results.filter(({ status }) => status === 'rejected')
  assert.ok(failed.length > 0 && failed.length < 200, `${failed.length} failed`)
  for (const { reason } of failed) assert.deepEqual([reason.code, reason.reason], ['ERR_SESSION_STORE', 'damaged'])
})

test('nothing in the file contains an id', async () => {
  const file = folder.file()
  const store = open({ file })
  const id = 'an-id-that-is-not-to-be-found'
  await store.create(id, newRecord({ a: 1 }, { subject: 'u' }), TTL_MS)
  await store.regenerate(id, `${id}-2`, changes({ marker: 'found-marker' }), TTL_MS)
  const bytes = Buffer.concat(['', '-wal'].map((end) => readFileSync(file + end)))
  assert.ok(bytes.includes('found-marker'))
  assert.ok(!bytes.includes(id))
})

describe('a database that is full', () => {
  const MAX_BYTES = 200_000
  const text = 'x'.repeat(2000)

  test('rejects the write, keeps what was acknowledged, and goes on', async () => {
    const file = folder.file()
    const store = open({ file, maxBytes: MAX_BYTES })
    let count = 0
    await assert.rejects(async () => {
      for (; ; count++) await store.create(`id ${count}`, newRecord({ text }), TTL_MS)
    }, { code: 'ERR_SESSION_STORE', reason: 'full', errcode: 13, file })
    assert.ok(count > 10)
    for (let i = 0; i < count; i++) assert.equal(JSON.parse(store.load(`id ${i}`).data).text, text)
    assert.equal(store.load(`id ${count}`), undefined)
    assert.deepEqual(await store.touch('id 0', TTL_MS), { maxAge: TTL_MS })
    for (let i = 0; i < 5; i++) assert.equal(await store.destroy(`id ${i}`), true)
    assert.deepEqual(await store.create('again', newRecord({ text }), TTL_MS), { rev: 1 })
  })

  test('of many writes at once, rejects only those for which there is no space', async () => {
    const store = open({ maxBytes: MAX_BYTES })
    const ids = Array.from({ length: 300 }, (_, i) => `id ${i}`)
    const record = (index) => newRecord(index % 3 === 0 ? { n: 1 } : { text })
    const results = await Promise.allSettled(ids.map((id, index) => store.create(id, record(index), TTL_MS)))
    const is = (status) => (_, index) => results[index].status === status
    const [kept, lost] = [ids.filter(is('fulfilled')), ids.filter(is('rejected'))]
    assert.ok(kept.length > 10 && lost.length > 10, `${kept.length} kept, ${lost.length} lost`)
    for (const { status, reason } of results) if (status === 'rejected') assert.equal(reason.reason, 'full')
    assert.deepEqual(ids.filter((id) => store.load(id) !== undefined), kept)
    await store.close()
  })
})

test('of many writes at once, only the invalid ones reject', async () => {
  const store = open()
  const writes = [
    store.create('a', newRecord({ a: 1 }), TTL_MS),
    store.create('b', { data: 'no JSON', maxAge: TTL_MS }, TTL_MS),
    store.create('c', newRecord({ c: 1 }), TTL_MS),
    store.merge('a', changes({ a: 2 }), TTL_MS),
    store.merge('a', { base: 1, set: '[', delete: [] }, TTL_MS),
    store.merge('a', changes({ b: 2 }), TTL_MS)
  ]
  const results = await Promise.allSettled(writes)
  assert.deepEqual(results.map(({ status, value, reason }) => value?.rev ?? reason.code),
    [1, 'ERR_SESSION_RECORD', 1, 2, 'ERR_SESSION_RECORD', 3])
  assert.deepEqual(['a', 'b', 'c'].map((id) => store.load(id)?.data), ['{"a":2,"b":2}', undefined, '{"c":1}'])
})

describe('expired sessions', () => {
  const count = (store) => store.list('u').length

  test('are removed by later writes, some at a time', async (t) => {
    const store = open()
    t.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 })
    const ids = Array.from({ length: 250 }, (_, i) => `id ${i}`)
    await Promise.all(ids.map((id) => store.create(id, newRecord({}, { maxAge: 1000, subject: 'u' }), TTL_MS)))
    await store.create('live', newRecord({}, { subject: 'u' }), TTL_MS)
    const there = () => ids.filter((id) => store.load(id) !== undefined).length
    t.mock.timers.setTime(1_800_000_002_000)
    await store.touch('live', TTL_MS)
    await store.touch('live', TTL_MS)
    assert.deepEqual([there(), count(store)], [250, 1])
    t.mock.timers.setTime(1_800_000_012_000)
    await store.touch('live', TTL_MS)
    const left = there()
    assert.ok(left >= 150, `${left} are left by the first write`)
    // What a write removes is certainly gone when the next one has ended.
    for (let i = 0; i < 4; i++) await store.touch('live', TTL_MS)
    assert.equal(there(), 0)
    assert.equal(store.load('live').rev, 1)
  })
})

describe('the options', () => {
  for (const [option, options] of [
    ['options', null],
    ['file', {}],
    ['file', { file: '' }],
    ['file', { file: ':memory:' }],
    ['file', { file: 7 }],
    ['synchronous', { file: 'a', synchronous: 'off' }],
    ['busyTimeout', { file: 'a', busyTimeout: -1 }],
    ['maxBytes', { file: 'a', maxBytes: 0.5 }],
    ['path', { file: 'a', path: 'b' }]
  ]) {
    test(`${option}: ${JSON.stringify(options)}`, () => {
      assert.throws(() => new SqliteStore(options), { code: 'ERR_SESSION_OPTION', option })
    })
  }

  test('synchronous: full works', async () => {
    const store = open({ synchronous: 'full' })
    assert.deepEqual(await store.create('a', newRecord({}), TTL_MS), { rev: 1 })
  })
})
