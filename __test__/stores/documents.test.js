'use strict'

// Runs the code blocks of docs/stores.md: each makes a store that works, or declares tests.

const assert = require('node:assert/strict')
const { readFileSync, mkdtempSync, rmSync } = require('node:fs')
const { createRequire } = require('node:module')
const { tmpdir } = require('node:os')
const path = require('node:path')
const { after, describe, test } = require('node:test')
const session = require('../..')
const { MemoryStore } = require('../../stores/memory')
const { blocksOf } = require('../documents/blocks')
const servers = require('../servers/redis')

const requireHere = createRequire(__filename)
const BLOCKS = blocksOf('docs/stores.md', 'js')

/** Runs a block, and returns the stores that it makes and the tests that it declares. */
function run (code, url, folder) {
  const stores = []
  const tests = []
  const clients = []
  const keep = (exported) => Object.fromEntries(Object.entries(exported).map(([name, Store]) => [name, class extends Store {
    constructor (options) {
      super(options?.file === undefined ? options : { ...options, file: path.join(folder, options.file) })
      stores.push(this)
    }
  }]))
  const given = {
    require (id) {
      if (id === 'ioredis') return class extends requireHere(id) { constructor (...args) { super(...args); clients.push(this) } }
      if (id === 'node:test') return { test: (name, run) => tests.push(run) }
      return id.includes('/stores/') ? keep(requireHere(id)) : requireHere(id)
    },
    app: Object.assign(new (requireHere('koa'))(), { keys: ['a key'] }),
    session,
    MyStore: MemoryStore,
    RedisStore: keep(requireHere('koa-session-rs/stores/redis')).RedisStore,
    url,
    process: { env: { REDIS_URL: url } }
  }
  // eslint-disable-next-line no-new-func
  new Function(...Object.keys(given), `'use strict'; {\n${code}\n}`)(...Object.values(given))
  return { stores, tests, clients }
}

describe('the blocks of docs/stores.md', { skip: servers.skip }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'koa-session-rs-blocks-'))
  after(() => rmSync(folder, { recursive: true }))

  test('make stores that keep sessions, and tests that pass', async () => {
    const server = await servers.start()
    try {
      let [kept, passed] = [0, 0]
      for (const { code } of BLOCKS) {
        const { stores, tests, clients } = run(code, server.url, folder)
        for (const store of stores) {
          await store.set('an-id', { user: 'ann', _maxAge: 60_000 }, 60_000)
          assert.equal((await store.get('an-id')).user, 'ann')
          await store.close()
          kept++
        }
        for (const client of clients) client.disconnect()
        for (const clause of tests) {
          await clause()
          passed++
        }
      }
      assert.equal(kept, 5)
      assert.ok(passed > 30)
    } finally {
      await server.stop()
    }
  })
})

test('each line of the table of outages is a test', () => {
  const document = readFileSync(path.join(__dirname, '../../docs/stores.md'), 'utf8')
  const [section] = /^### When Redis cannot be used\n[^]*?^### /m.exec(document)
  const lines = [...section.matchAll(/^\| (an? [^|]+|sentinels [^|]+) \|/gm)].map(([, what]) => what)
  const read = (name) => readFileSync(path.join(__dirname, name), 'utf8')
  const outages = [...read('redis-outages.test.js').matchAll(/^fault\('([^']+)'/gm)].map(([, title]) => title)
  const hangs = [...read('redis-hangs.test.js').matchAll(/^ {2}test\('([^']+)'/gm)].map(([, title]) => title)
  assert.ok(lines.length > 20)
  assert.deepEqual(lines.filter((line) => !outages.includes(line) && !hangs.includes(line)), [])
  assert.deepEqual(outages.filter((title) => !lines.includes(title)), [])
})
