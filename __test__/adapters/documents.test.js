'use strict'

/**
 * Runs the code of docs/adapters.md. Each block shows a change: its lines after the change are run, and those before it only if BLOCKS
 * says that they work. A block is a piece of an app, and may use `app`, `session` and the address of the store's server.
 */

const assert = require('node:assert/strict')
const { createRequire } = require('node:module')
const { after, before, describe, test } = require('node:test')

const Koa = require('koa')

const session = require('../..')
const { blocksOf, side } = require('../documents/blocks')
const { serve } = require('../harness/server')
const mariadb = require('../servers/mariadb')
const mongodb = require('../servers/mongodb')
const postgresql = require('../servers/postgresql')
const redis = require('../servers/redis')
const { makeKoaMysqlStore } = require('./mysql-stores')

const requireHere = createRequire(__filename)
const AsyncFunction = (async () => {}).constructor

/** Otherwise koa-generic-session waits for 10 seconds, and then rejects a promise that nothing handles. */
const END_KOA_REDIS = "store.removeAllListeners('disconnect').quit()"

/** The server of each block, how its client is closed, and whether it worked before the change. */
const BLOCKS = {
  'connect-redis 9 and 10 with node-redis': { on: redis, close: 'client.close()', packages: { 'connect-redis': 'connect-redis9' } },
  'connect-redis 8 with ioredis': { on: redis, close: 'client.quit()', packages: { 'connect-redis': 'connect-redis8' } },
  'connect-mongo': { on: mongodb, close: 'store.close()' },
  'connect-pg-simple': { on: postgresql, close: 'pool.end()' },
  'express-mysql-session': { on: mariadb, close: 'store.close()', before: 'works' },
  'koa-mysql-session': { on: mariadb, close: 'store.getConnection().end()' },
  'koa-redis': { on: redis, close: 'store.quit()', before: 'works' },
  'From koa-generic-session': { on: redis, close: END_KOA_REDIS, before: 'works' },
  'From koa-session-minimal': { on: redis, close: 'store.quit()', before: 'works' },
  Keyv: { on: redis, close: 'keyv.disconnect()' },
  'koa-session-mongoose': { on: mongodb, close: 'connection.disconnect()' }
}

function load (id, packages = {}) {
  return id.startsWith('koa-session-rs/') ? requireHere(`../../${id.slice('koa-session-rs/'.length)}`) : requireHere(packages[id] ?? id)
}

async function run (t, code, { close, packages }, server) {
  const app = new Koa()
  app.keys = ['a key']
  const given = { app, session, require: (id) => load(id, packages), ...server?.options }
  const end = await new AsyncFunction(...Object.keys(given), `'use strict'; ${code}\nreturn () => ${close}`)(...Object.values(given))
  t.after(end)
  app.use((ctx) => { ctx.body = ctx.session.views = (ctx.session.views ?? 0) + 1 })
  return (await serve(t, app)).visitor()
}

describe('docs/adapters.md', () => {
  const blocks = Object.fromEntries(blocksOf('docs/adapters.md', 'diff').map(({ heading, code }) => [heading, code]))
  const servers = new Map()
  // koa-mysql-session has a timer that cannot be stopped.
  const { setInterval } = globalThis

  before(async () => {
    globalThis.setInterval = (...args) => setInterval(...args).unref()
    for (const kind of [redis, mariadb, postgresql, mongodb]) if (!kind.skip) servers.set(kind, await kind.start())
    // koa-mysql-session fails until its table exists, and has no event for that.
    if (!mariadb.skip) await (await makeKoaMysqlStore(servers.get(mariadb).options)).close()
    process.env.REDIS_URL = servers.get(redis)?.url
  })
  after(async () => {
    globalThis.setInterval = setInterval
    delete process.env.REDIS_URL
    for (const server of servers.values()) await server.stop()
  })

  test('has the blocks that are run here', () => {
    assert.deepEqual(Object.keys(blocks).sort(), Object.keys(BLOCKS).sort())
  })

  for (const [heading, how] of Object.entries(BLOCKS)) {
    for (const [sign, isShown] of [['+', true], ['-', how.before === 'works']]) {
      if (!isShown) continue
      test(`${heading}, ${sign === '+' ? 'after' : 'before'}`, { skip: how.on?.skip }, async (t) => {
        const client = await run(t, side(blocks[heading], sign), how, servers.get(how.on))
        const visits = []
        for (let i = 0; i < 3; i++) visits.push((await client.get('/')).body)
        assert.deepEqual(visits, ['1', '2', '3'])
      })
    }
  }
})
