'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { once } = require('node:events')
const { setFlagsFromString } = require('node:v8')
const { runInNewContext } = require('node:vm')
const { Worker } = require('node:worker_threads')
const session = require('../..')
const counter = require('./fixtures/counter')

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc')

async function start () {
  const worker = new Worker(require.resolve('./fixtures/serving-worker.js'))
  const exited = once(worker, 'exit').then(([code]) => code)
  const [{ address }] = await once(worker, 'message')
  return { worker, address, exited }
}

// Visits until the third count, which the worker's `valid` refuses, and once more, which starts a new count.
async function assertServing ({ worker, address }) {
  const invalid = once(worker, 'message')
  const counts = []
  let cookie
  for (let i = 0; i < 4; i++) {
    const visited = await counter.visit(address, cookie)
    counts.push(visited.count)
    cookie = visited.cookie
  }
  assert.deepEqual(counts, [1, 2, 3, 1])
  assert.deepEqual(await invalid, [{ invalid: 3 }])
}

describe('worker threads', () => {
  test('one ends by itself while the other serves', async () => {
    const [ending, staying] = await Promise.all([start(), start()])
    await Promise.all([assertServing(ending), assertServing(staying)])
    ending.worker.postMessage('end')
    const [code] = await Promise.all([ending.exited, assertServing(staying)])
    assert.equal(code, 0)
    collectGarbage()
    await assertServing(staying)
    staying.worker.postMessage('end')
    assert.equal(await staying.exited, 0)
  })

  test('workers are terminated during their requests, while another and the main thread serve', async () => {
    const staying = await start()
    const main = await counter(session)
    for (let round = 0; round < 5; round++) {
      const doomed = await start()
      await assertServing(doomed)
      // Its last requests may get no response.
      const visits = Promise.allSettled(Array.from({ length: 20 }, () => counter.visit(doomed.address)))
      const [code, , visited] = await Promise.all([doomed.worker.terminate(), assertServing(staying), main.visit(), visits])
      assert.deepEqual([code, visited.count], [1, 1])
      collectGarbage()
    }
    await assertServing(staying)
    const first = await main.visit()
    assert.equal((await main.visit(first.cookie)).count, 2)
    await main.close()
    staying.worker.postMessage('end')
    assert.equal(await staying.exited, 0)
  })

  test('a cookie made in one thread is read in another', async () => {
    const there = await start()
    const here = await counter(session)
    const made = await counter.visit(there.address)
    const read = await here.visit(made.cookie)
    assert.equal(read.count, 2)
    assert.equal((await counter.visit(there.address, read.cookie)).count, 3)
    await here.close()
    there.worker.postMessage('end')
    assert.equal(await there.exited, 0)
  })

  test('each thread has a store of its own', async () => {
    const worker = new Worker(`
      const { parentPort } = require('node:worker_threads')
      const counter = require(${JSON.stringify(require.resolve('./fixtures/counter.js'))})
      const session = require(${JSON.stringify(require.resolve('../..'))})
      const records = new Map()
      const store = { get: (id) => records.get(id), set: (id, value) => records.set(id, value), destroy: (id) => records.delete(id) }
      counter(session, { store }).then(({ app, address, close }) => {
        app.on('session:missed', ({ key }) => parentPort.postMessage({ missed: key }))
        parentPort.once('message', close)
        parentPort.postMessage({ address })
      })`, { eval: true })
    const exited = once(worker, 'exit')
    const [{ address }] = await once(worker, 'message')
    const first = await counter.visit(address)
    assert.equal((await counter.visit(address, first.cookie)).count, 2)
    const here = await counter(session, { store: { get () {}, set () {}, destroy () {} } })
    const missed = once(here.app, 'session:missed')
    assert.equal((await here.visit(first.cookie)).count, 1)
    assert.equal(`count=${(await missed)[0].key}`, first.cookie.split('; ')[0])
    await here.close()
    worker.postMessage('end')
    assert.deepEqual(await exited, [0])
  })
})
