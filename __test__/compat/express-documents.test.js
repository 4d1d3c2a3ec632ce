'use strict'

// Runs the code of docs/migrating/from-express-session.md, and the examples of the types.

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { createRequire } = require('node:module')
const { Server } = require('node:net')
const { join } = require('node:path')
const { describe, test } = require('node:test')

const { MemoryStore } = require('express-session')

const { blocksOf } = require('../documents/blocks')
const { staged } = require('../documents/stage')
const { Client } = require('../harness/client')
const { freePort } = require('../servers/process')
const { Compiler, Declarations } = require('../types/compiler')

const PORTS = ['3000', '3001', '8080']
const AsyncFunction = (async () => {}).constructor

process.env.SESSION_SECRET ??= 'a secret of the documents'

describe('docs/migrating/from-express-session.md', () => {
  const blocks = blocksOf('docs/migrating/from-express-session.md', 'js')

  /** Runs the blocks, each on free ports in place of its own. Returns these. */
  async function run (t) {
    const free = {}
    for (const port of PORTS) free[port] = await freePort()
    const servers = []
    const { listen } = Server.prototype
    t.mock.method(Server.prototype, 'listen', function (...args) {
      servers.push(this)
      return Reflect.apply(listen, this, args)
    })
    t.after(() => {
      for (const server of servers) {
        server.close()
        server.closeAllConnections()
      }
    })
    const store = new MemoryStore()
    for (const { code } of blocks) {
      const placed = code.replace(/\b(?:3000|3001|8080)\b/g, (port) => free[port])
      await new AsyncFunction('require', 'store', `'use strict'; ${placed}`)(createRequire(__filename), store)
    }
    for (const server of servers) if (!server.listening) await once(server, 'listening')
    return free
  }

  test('has the blocks that are run here', () => {
    assert.deepEqual(blocks.map(({ heading }) => heading), ['Before', 'After', 'Route by route'])
  })

  test('a user walks between the apps behind the proxy', async (t) => {
    const ports = await run(t)
    const browser = new Client(ports[8080])
    assert.deepEqual((await browser.post('/login?user=ann')).json, { user: 'ann' })
    assert.equal((await browser.get('/account')).body, JSON.stringify({ user: 'ann', visits: 1 }))
    for (const [index, port] of [3000, 3001, 3000, 8080].entries()) {
      const { json } = await Object.assign(new Client(ports[port]), { jar: browser.jar }).get('/account')
      assert.deepEqual(json, { user: 'ann', visits: index + 2 })
    }
    assert.deepEqual((await browser.post('/logout')).json, {})
    assert.deepEqual((await browser.get('/account')).json, { visits: 1 })
  })

  test('the Koa app logs in and out, too', async (t) => {
    const ports = await run(t)
    const koa = new Client(ports[3001])
    assert.deepEqual((await koa.post('/login?user=bob')).json, { user: 'bob' })
    assert.deepEqual((await Object.assign(new Client(ports[3000]), { jar: koa.jar }).get('/account')).json, { user: 'bob', visits: 1 })
    assert.deepEqual((await koa.post('/logout')).json, {})
    assert.deepEqual((await koa.get('/account')).json, { visits: 1 })
  })
})

describe('the examples of compat/express-session.d.ts', () => {
  const compiler = new Compiler('typescript')
  const examples = new Declarations(join(__dirname, '../../compat/express-session.d.ts')).examples()

  test('are there', () => assert.ok(examples.length > 1))

  for (const [index, example] of examples.entries()) {
    test(`example ${index + 1} runs`, async () => {
      const code = compiler.emit(example, { module: 'commonjs', esModuleInterop: true })
      await staged(code, async (stage) => {
        if (!example.includes('app.use')) return
        const visit = stage.client()
        for (const count of [1, 2, 3]) assert.equal((await visit()).text, `views: ${count}`)
      })
    })
  }
})
