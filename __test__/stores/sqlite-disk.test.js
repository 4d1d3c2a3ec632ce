'use strict'

// The files on the disk: their permissions, deleted data, a full disk, and files that are removed or replaced.

const { after, afterEach, describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, unlinkSync } = require('node:fs')
const { freeze } = require('../harness/clock')
const { SqliteFolder, ask, changes, terminate, newRecord } = require('./sqlite-folder')
const { SqliteStore } = require('../../stores/sqlite')

const TTL_MS = 600_000
const isWindows = process.platform === 'win32'
const FILES = ['', '-wal', '-shm']

const folder = new SqliteFolder()
const opened = []
after(() => folder.remove())
afterEach(() => Promise.all(opened.splice(0).map((store) => store.close())))

function open (options) {
  const store = folder.open(options)
  opened.push(store)
  return store
}

const removeAll = (file) => FILES.forEach((end) => rmSync(file + end, { force: true }))

describe('who may read the files', { skip: isWindows && 'has no modes' }, () => {
  const umask = process.umask(0o022)
  after(() => process.umask(umask))
  const modes = (file) => FILES.map((end) => statSync(file + end).mode & 0o777)

  test('only the owner, if the store creates them', async () => {
    const file = folder.file()
    await open({ file }).create('a', newRecord({}), TTL_MS)
    assert.deepEqual(modes(file), [0o600, 0o600, 0o600])
  })

  test('only the owner, if the store creates them through a link', async () => {
    const [file, link] = [folder.file(), folder.file()]
    symlinkSync(file, link)
    await open({ file: link }).create('a', newRecord({}), TTL_MS)
    assert.deepEqual(modes(file), [0o600, 0o600, 0o600])
    assert.ok(lstatSync(link).isSymbolicLink())
  })

  test('those who may read the existing database file', async () => {
    const file = folder.file()
    await folder.open({ file }).close()
    chmodSync(file, 0o640)
    await open({ file }).create('a', newRecord({}), TTL_MS)
    assert.deepEqual(modes(file), [0o640, 0o640, 0o640])
  })
})

describe('what a session held', () => {
  const SECRET = 'what-was-told-in-confidence'
  const held = (file) => FILES.filter((end) => existsSync(file + end) && readFileSync(file + end).includes(SECRET))
  const secret = (length) => ({ secret: SECRET + 'x'.repeat(length) })

  for (const [size, length] of [['small', 10], ['of several pages', 20_000]]) {
    for (const [name, end] of [
      ['destroyed', (store) => store.destroy('a')],
      ['destroyed with its subject', (store) => store.destroyAll('u')],
      ['cleared', (store) => store.clear()],
      ['written over', (store) => store.merge('a', changes({ secret: 'nothing' }), TTL_MS)],
      ['removed from it', (store) => store.merge('a', { base: 1, set: '', delete: ['secret'] }, TTL_MS)]
    ]) {
      test(`is gone from the files once the session is ${name} and the store is closed: ${size}`, async () => {
        const file = folder.file()
        const store = folder.open({ file })
        for (const id of ['before', 'a', 'after']) {
          await store.create(id, newRecord(id === 'a' ? secret(length) : { n: 1 }, { subject: 'u' }), TTL_MS)
        }
        await store.close()
        assert.deepEqual(held(file), [''])
        const again = folder.open({ file })
        await end(again)
        await again.close()
        assert.deepEqual(held(file), [])
      })
    }
  }

  test('stays in the log until the next checkpoint, and no longer', async () => {
    const file = folder.file()
    const store = open({ file })
    await store.create('a', newRecord(secret(20_000)), TTL_MS)
    await store.create('b', newRecord({}), TTL_MS)
    await store.destroy('a')
    assert.deepEqual(held(file), ['-wal'])
    const { child } = await folder.start('sqlite-sql.js', file, 'PRAGMA wal_checkpoint(PASSIVE)')
    // The next write truncates the log.
    await store.touch('b', TTL_MS)
    assert.deepEqual(held(file), [])
    await terminate(child)
  })
})

/** Runs a program with a small file system of its own, which is unmounted when it ends. */
function withDisk (program) {
  const disk = folder.file()
  mkdirSync(disk)
  const mount = 'mount -t tmpfs -o size=1m none "$0" || exit 77; exec "$1" "$2" "$0"'
  const rights = process.getuid() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount']
  return spawnSync('unshare', [...rights, 'sh', '-c', mount, disk, process.execPath, require.resolve(`./fixtures/${program}`)], { encoding: 'utf8' })
}

const mayMount = process.platform === 'linux' && withDisk('nothing.js').status === 0

test('a full disk: the log stays small, and sessions can still be destroyed', { skip: !mayMount && 'needs a disk of its own' }, () => {
  const { status, stdout, stderr } = withDisk('sqlite-full.js')
  assert.deepEqual([status, stderr], [0, ''])
  const { merged, free, destroyed, reasons, asAnswered, left } = JSON.parse(stdout)
  assert.deepEqual(merged, Array.from({ length: 30 }, (_, i) => 1470 + i))
  assert.equal(free, 0)
  assert.deepEqual(destroyed, Array(20).fill(true))
  assert.deepEqual([reasons, asAnswered], [['full'], true])
  assert.deepEqual(left, Array.from({ length: 10 }, (_, i) => `id ${20 + i}`))
})

describe('a file that is removed or replaced after it was opened', { skip: isWindows && 'keeps open files' }, () => {
  const replaced = { code: 'ERR_SESSION_STORE', store: 'sqlite', reason: 'replaced' }
  const CALLS = [
    ['create', 'b', newRecord({}), TTL_MS], ['load', 'a'], ['merge', 'a', changes({ b: 1 }), TTL_MS], ['touch', 'a', TTL_MS],
    ['regenerate', 'a', 'c', changes({}), TTL_MS], ['destroy', 'a'], ['list', 'u'], ['destroyAll', 'u'], ['clear']
  ]

  async function assertEnded (store) {
    for (const [method, ...args] of CALLS) await assert.rejects(async () => store[method](...args), replaced, method)
  }

  for (const [how, replace] of [
    ['deleted', removeAll],
    ['deleted without its log', unlinkSync],
    ['moved', (file) => renameSync(file, `${file}.old`)],
    ['replaced by another', (file, other) => { removeAll(file); renameSync(other, file) }],
    ['deleted with its folder', (file, other, inner) => rmSync(inner, { recursive: true })]
  ]) {
    test(`${how}: the next write fails, reads fail a second later, and then all calls`, async (t) => {
      const clock = freeze(t)
      const inner = folder.file()
      mkdirSync(inner)
      const file = `${inner}/sessions.db`
      const other = folder.file()
      await folder.open({ file: other }).close()
      const stores = [open({ file }), open({ file })]
      await stores[0].create('a', newRecord({}, { subject: 'u' }), TTL_MS)
      for (const store of stores) assert.equal(store.load('a').rev, 1)
      replace(file, other, inner)
      await assert.rejects(stores[0].destroy('a'), replaced)
      clock.now += 1000
      for (const store of stores) {
        await assert.rejects(async () => store.load('a'), replaced)
        await assertEnded(store)
      }
    })
  }

  test('is noticed by the first write too', async () => {
    const file = folder.file()
    const store = open({ file })
    removeAll(file)
    await open({ file }).create('a', newRecord({}), TTL_MS)
    await assert.rejects(store.create('a', newRecord({}), TTL_MS), replaced)
    await assertEnded(store)
  })

  test('is not used again when it is moved back, except by a new store', async () => {
    const file = folder.file()
    const store = open({ file })
    await store.create('a', newRecord({}), TTL_MS)
    renameSync(file, `${file}.away`)
    await assert.rejects(store.touch('a', TTL_MS), replaced)
    renameSync(`${file}.away`, file)
    await assert.rejects(store.touch('a', TTL_MS), replaced)
    await store.close()
    const again = open({ file })
    assert.equal(await again.destroy('a'), true)
  })

  test('causes an error for each logout that it loses, in any process', async () => {
    const file = folder.file()
    const here = open({ file })
    await here.create('a', newRecord({}), TTL_MS)
    const { child } = await folder.start('sqlite-writer.js', file)
    assert.deepEqual(await ask(child, { task: 'load', ids: ['a'] }), [1])
    removeAll(file)
    const anew = new SqliteStore({ file })
    opened.push(anew)
    await anew.create('b', newRecord({}), TTL_MS)
    await assert.rejects(here.destroy('a'), replaced)
    assert.equal(await ask(child, { task: 'destroy', id: 'b' }), 'replaced')
    assert.equal(anew.load('b').rev, 1)
    await terminate(child)
  })
})
