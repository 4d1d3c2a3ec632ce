'use strict'

const { after, describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const { once } = require('node:events')
const { existsSync } = require('node:fs')
const { Worker } = require('node:worker_threads')
const { SqliteFolder, newRecord } = require('./sqlite-folder')

const TTL_MS = 600_000
const ROUNDS = 30

const folder = new SqliteFolder()
after(() => folder.remove())

const sqlite = JSON.stringify(require.resolve('../../stores/sqlite'))

/** Runs a program with the variables `store`, `record` and `TTL_MS`. The timeout only ends a program that hangs. */
function run (file, program) {
  return spawnSync(process.execPath, ['--expose-gc', '-e', `
    const { writeSync } = require('node:fs')
    const { SqliteStore } = require(${sqlite})
    const TTL_MS = ${TTL_MS}
    const record = { data: '{}', maxAge: TTL_MS }
    let store = new SqliteStore({ file: ${JSON.stringify(file)} })
    ${program}
  `], { encoding: 'utf8', timeout: 60_000 })
}

function assertEnded (child, stdout, code = 0) {
  const { signal, status, stderr } = child
  assert.deepEqual({ signal, status, stderr, stdout: child.stdout }, { signal: null, status: code, stderr: '', stdout })
}

describe('a process', () => {
  test('ends by itself with a store that is idle and not closed', () => {
    assertEnded(run(folder.file(), `
      store.create('a', record, TTL_MS).then(({ rev }) => console.log(rev, store.load('a').data))
    `), '1 {}\n')
  })

  test('ends by itself with a store that was never used', () => {
    assertEnded(run(folder.file(), ''), '')
  })

  test('stays alive while writes are pending', async () => {
    const file = folder.file()
    assertEnded(run(file, `
      for (let i = 0; i < 1000; i++) store.create('id ' + i, record, TTL_MS)
    `), '')
    const store = folder.open({ file })
    for (let i = 0; i < 1000; i++) assert.equal(store.load(`id ${i}`).rev, 1)
    await store.close()
  })

  test('that exits during writes keeps its exit code, and loses no acknowledged write', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const file = folder.file()
      const child = run(file, `
        for (let i = 0; i < 1000; i++) store.create('id ' + i, record, TTL_MS).then(() => {
          writeSync(1, i + '\\n')
          if (i === ${round * 20}) process.exit(7)
        })
      `)
      assert.deepEqual([child.signal, child.status, child.stderr], [null, 7, ''])
      const store = folder.open({ file })
      const acknowledged = child.stdout.trim().split('\n')
      assert.ok(acknowledged.length > round)
      for (const i of acknowledged) assert.equal(store.load(`id ${i}`).rev, 1)
      await store.close()
    }
  })

  test('lets a store be garbage-collected that was not closed', () => {
    assertEnded(run(folder.file(), `
      const gone = new FinalizationRegistry(() => { console.log('gone'); clearInterval(waiting) })
      let waiting
      store.create('a', record, TTL_MS).then(() => {
        gone.register(store, 0)
        store = undefined
        waiting = setInterval(gc, 10)
      })
    `), 'gone\n')
  })
})

describe('a worker', () => {
  test('that is terminated during writes affects no other thread, and loses no acknowledged write', async () => {
    const file = folder.file()
    const store = folder.open({ file })
    for (let round = 0; round < ROUNDS; round++) {
      const worker = new Worker(require.resolve('./fixtures/sqlite-worker'), { workerData: { file, name: round } })
      const acknowledged = []
      const enough = new Promise((resolve, reject) => {
        worker.once('error', reject)
        worker.on('message', (id) => {
          acknowledged.push(id)
          if (acknowledged.length > round * 5) resolve()
        })
      })
      await enough
      await store.create(`here ${round}`, newRecord({}), TTL_MS)
      await worker.terminate()
      for (const id of acknowledged) assert.equal(store.load(id).rev, 1)
    }
    await store.close()
  })

  test('that has an idle store ends by itself', async () => {
    const worker = new Worker(`
      const { SqliteStore } = require(${sqlite})
      const store = new SqliteStore({ file: require('node:worker_threads').workerData })
      store.create('a', { data: '{}', maxAge: 1000 }, 1000)
    `, { eval: true, workerData: folder.file() })
    assert.deepEqual(await once(worker, 'exit'), [0])
  })
})

describe('close', () => {
  test('finishes what is pending, and leaves one file', async () => {
    const file = folder.file()
    const store = folder.open({ file })
    const order = []
    for (let i = 0; i < 1000; i++) store.create(`id ${i}`, newRecord({}), TTL_MS).then(() => order.push(i))
    const closing = store.close().then(() => order.push('closed'))
    await Promise.all([closing, store.close()])
    assert.deepEqual([order.length, order.at(-1)], [1001, 'closed'])
    assert.deepEqual(['', '-wal', '-shm'].map((end) => existsSync(file + end)), [true, false, false])
    const again = folder.open({ file })
    assert.equal(again.load('id 999').rev, 1)
    await again.close()
  })

  test('ends the store: all later calls reject', async () => {
    const store = folder.open()
    await store.close()
    const closed = { code: 'ERR_SESSION_STORE', reason: 'closed' }
    for (const [method, ...args] of [
      ['create', 'a', newRecord({}), TTL_MS], ['load', 'a'], ['merge', 'a', { base: 1, set: '', delete: [] }, TTL_MS],
      ['touch', 'a', TTL_MS], ['regenerate', 'a', 'b', { base: 1, set: '', delete: [] }, TTL_MS], ['destroy', 'a'],
      ['list', 'u'], ['destroyAll', 'u'], ['clear'], ['get', 'a']
    ]) {
      // Each has to return a promise that rejects, not throw.
      await assert.rejects(store[method](...args), closed, method)
    }
  })
})
