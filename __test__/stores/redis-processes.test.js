'use strict'

// Several processes and threads, and how they end.

const assert = require('node:assert/strict')
const { execFile, fork } = require('node:child_process')
const { once } = require('node:events')
const { join } = require('node:path')
const { after, before, describe, test } = require('node:test')
const { promisify } = require('node:util')
const { Worker } = require('node:worker_threads')
const servers = require('../servers/redis')
const { RedisStore } = require('../../stores/redis')

const ROUNDS = 200
const WRITERS = 64
const NAMES = Array.from({ length: WRITERS }, (_, i) => `key${i}`)
const STORES = JSON.stringify(join(__dirname, '../../stores/redis'))

async function ask (child, message) {
  child.send(message)
  const [{ result }] = await once(child, 'message')
  return result
}

/** Runs a script in a process of its own, and returns what it printed. */
async function run (script) {
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { timeout: 20000 })
  return stdout
}

describe('processes', { skip: servers.skip }, () => {
  let server
  before(async () => { server = await servers.start() })
  after(() => server.stop())

  test(`${WRITERS} requests in two processes write one session: all keys are there, in ${ROUNDS} rounds`, async () => {
    const store = new RedisStore({ url: server.url })
    const children = [0, 1].map(() => fork(join(__dirname, 'redis-child.js'), [JSON.stringify({ url: server.url })]))
    for (let round = 0; round < ROUNDS; round++) {
      const id = `round-${round}`
      await store.create(id, { data: '{}', maxAge: 60000 }, 60000)
      const results = await Promise.all(children.map((child, i) => {
        return ask(child, { what: 'write', id, keys: NAMES.filter((_, n) => n % 2 === i) })
      }))
      const { data, rev } = await store.load(id)
      assert.deepEqual(Object.keys(JSON.parse(data)).sort(), [...NAMES].sort())
      assert.equal(rev, WRITERS + 1)
      assert.equal(new Set(results.flat().map((result) => result.rev)).size, WRITERS)
    }
    await Promise.all(children.map((child) => ask(child, { what: 'end' })))
    await store.close()
  })

  test('a session destroyed among writers of another process stays destroyed', async () => {
    const store = new RedisStore({ url: server.url })
    const child = fork(join(__dirname, 'redis-child.js'), [JSON.stringify({ url: server.url })])
    for (let round = 0; round < ROUNDS; round++) {
      const id = `destroyed-${round}`
      await store.create(id, { data: '{}', maxAge: 60000 }, 60000)
      const written = ask(child, { what: 'write', id, keys: NAMES.slice(0, 8) })
      const wasThere = await store.destroy(id)
      const results = await written
      assert.equal(wasThere, true)
      assert.equal(await store.load(id), undefined)
      for (const result of results) assert.ok(result === 'missing' || result.rev > 1)
    }
    await ask(child, { what: 'end' })
    await store.close()
  })

  test('an idle store does not keep its process alive, one with a pending call does', async () => {
    const printed = await run(`
      const { RedisStore } = require(${STORES})
      const store = new RedisStore({ url: '${server.url}' })
      new RedisStore({ url: '${server.url}' })
      store.load('nobody').then((found) => console.log('answered', found))
    `)
    assert.equal(printed, 'answered undefined\n')
  })

  test('a process exits while calls are pending', async () => {
    const printed = await run(`
      const { RedisStore } = require(${STORES})
      const store = new RedisStore({ url: '${server.url}' })
      for (let i = 0; i < 1000; i++) store.load('nobody').then(() => { if (i === 500) process.exit() })
      process.on('exit', (code) => console.log('exit', code))
    `)
    assert.equal(printed, 'exit 0\n')
  })

  test('worker threads are terminated while calls of their stores are pending', async () => {
    const script = `
      const { RedisStore } = require(${STORES})
      const { parentPort } = require('node:worker_threads')
      const store = new RedisStore({ url: '${server.url}' })
      const go = () => store.load('nobody').then(go)
      for (let i = 0; i < 100; i++) go()
      store.touch('nobody', 1000).then((answer) => parentPort.postMessage(answer))
    `
    for (let round = 0; round < 10; round++) {
      const worker = new Worker(script, { eval: true })
      assert.deepEqual(await once(worker, 'message'), ['missing'])
      await worker.terminate()
    }
  })

  test('close() waits for earlier calls, and later ones reject', async () => {
    const store = new RedisStore({ url: server.url })
    const pending = Array.from({ length: 100 }, (_, i) => store.create(`closing-${i}`, { data: '{}', maxAge: 1000 }, 1000))
    const closing = store.close()
    await assert.rejects(store.load('closing-1'), { code: 'ERR_SESSION_STORE', store: 'redis', reason: 'closed' })
    await closing
    assert.deepEqual(await Promise.all(pending), pending.map(() => ({ rev: 1 })))
    await store.close()
  })

  test('an unused store closes, even without a server', async () => {
    await new RedisStore({ url: 'redis://127.0.0.1:1' }).close()
  })

  test('an invalid call rejects without affecting others', async () => {
    const store = new RedisStore({ url: server.url })
    const answers = await Promise.allSettled([
      store.create('right', { data: '{"a":1}', maxAge: 60000 }, 1000),
      store.create('wrong', { data: '{"a":1}', maxAge: 60000, subject: 5 }, 1000),
      store.load(undefined),
      store.create('no-json', { data: 'no', maxAge: 60000 }, 1000),
      store.load('right')
    ])
    assert.deepEqual(answers.map(({ status }) => status), ['fulfilled', 'rejected', 'rejected', 'rejected', 'fulfilled'])
    assert.deepEqual([answers[1].reason.reason, answers[3].reason.reason], ['input', 'input'])
    assert.equal(answers[4].value.data, '{"a":1}')
    await store.close()
  })
})
