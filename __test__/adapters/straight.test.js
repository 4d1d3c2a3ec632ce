'use strict'

/** Stores of other middleware without an adapter: how they fail in koa-session, and how they are refused here. */

const assert = require('node:assert/strict')
const { fork } = require('node:child_process')
const { once } = require('node:events')
const { join } = require('node:path')
const { after, before, describe, test } = require('node:test')

const { MongoStore } = require('connect-mongo')
const connectPgSimple = require('connect-pg-simple')
const { RedisStore: RedisStore8 } = require('connect-redis8')
const { RedisStore: RedisStore9 } = require('connect-redis9')
const expressMysqlSession = require('express-mysql-session')
const expressSession = require('express-session')
const { Keyv } = require('keyv')
const Koa = require('koa')
const KoaMysqlStore = require('koa-mysql-session')
const redisStore = require('koa-redis')
const { createSession: koaSession } = require('koa-session')
const memorystore = require('memorystore')
const { createClient } = require('redis')

const session = require('../..')
const { Client } = require('../harness/client')
const { visit } = require('../harness/server')
const mariadb = require('../servers/mariadb')
const postgresql = require('../servers/postgresql')
const redis = require('../servers/redis')
const { makeKoaMysqlStore, makeExpressMysqlStore } = require('./mysql-stores')

const warnings = []
process.on('warning', ({ code }) => { if (code?.startsWith('KOA_SESSION_RS')) warnings.push(code) })

function countVisits (ctx) {
  ctx.session.views = (ctx.session.views ?? 0) + 1
  return ctx.session.views
}

/** Returns the responses to some requests of a client, with koa-session or with ours. */
async function visitsOf (t, store, how = { session: koaSession }) {
  const client = await visit(t, { store }, countVisits, { ...how })
  const answers = []
  for (let i = 0; i < 3; i++) {
    const { status, body } = await client.get('/')
    answers.push(status === 200 ? Number(body) : status)
  }
  return answers
}

describe('without an adapter, in koa-session', () => {
  describe('on MariaDB', { skip: mariadb.skip }, () => {
    let server
    before(async () => { server = await mariadb.start() })
    after(() => server.stop())

    test('koa-mysql-session loses every session', async (t) => {
      const { store, close } = await makeKoaMysqlStore(server.options)
      t.after(close)
      assert.deepEqual(await visitsOf(t, store), [1, 1, 1])
    })

    test('express-mysql-session works, since it returns promises, and works in this package too', async (t) => {
      const { store, close } = await makeExpressMysqlStore(server.options)
      t.after(close)
      assert.deepEqual(await visitsOf(t, store), [1, 2, 3])
      assert.deepEqual(await visitsOf(t, store, { session }), [1, 2, 3])
    })
  })

  test('connect-pg-simple ends the process', { skip: postgresql.skip }, async (t) => {
    const server = await postgresql.start()
    t.after(() => server.stop())
    const child = fork(join(__dirname, 'straight.js'), [JSON.stringify(server.options)], { silent: true })
    t.after(() => child.kill('SIGKILL'))
    let output = ''
    child.stderr.on('data', (chunk) => { output += chunk })
    const ended = once(child, 'close')
    const [port] = await once(child, 'message')
    const client = new Client(port)
    // The response may still be sent before the write ends.
    await client.get('/').catch(() => {})
    const [code] = await ended
    assert.equal(code, 1)
    assert.match(output, /TypeError/)
  })

  test('connect-redis 9 answers 500', { skip: redis.skip }, async (t) => {
    const server = await redis.start()
    const client = await createClient({ url: server.url }).connect()
    t.after(async () => {
      await client.close()
      await server.stop()
    })
    assert.deepEqual(await visitsOf(t, new RedisStore9({ client })), [500, 500, 500])
  })

  test('koa-redis works, and works in this package too', { skip: redis.skip }, async (t) => {
    const server = await redis.start()
    const store = redisStore({ port: server.port, host: server.host })
    t.after(async () => {
      await store.quit()
      await server.stop()
    })
    assert.deepEqual(await visitsOf(t, store), [1, 2, 3])
    assert.deepEqual(await visitsOf(t, store, { session }), [1, 2, 3])
  })

  test('a Keyv is refused', () => {
    const { issues } = errorOf(() => koaSession({ store: new Keyv() }, new Koa()))
    assert.deepEqual(issues[0].path, ['store', 'destroy'])
  })
})

describe('without an adapter, in this package', () => {
  const unconnected = { pool: { query () {} }, client: { on () {} } }
  const unconnectedMongo = { client: { db: () => ({ collection () {} }) }, autoRemove: 'disabled' }
  const ExpressMysqlStore = expressMysqlSession(expressSession)
  const PgStore = connectPgSimple(expressSession)
  const MemoryStore = memorystore(expressSession)

  /** A store whose callbacks are default parameters, which a function's `length` does not count. */
  class DefaultingStore extends expressSession.Store {
    get (id, callback = () => {}) { callback(null) }
    set (id, data, callback = () => {}) { callback(null) }
    destroy (id, callback = () => {}) { callback(null) }
  }

  class OnlySets extends expressSession.Store {
    async get () {}
    set (id, data, callback) { callback(null) }
    async destroy () {}
  }

  const REFUSED = {
    'connect-redis 8': [new RedisStore8(unconnected), 'connect'],
    'connect-redis 9': [new RedisStore9(unconnected), 'connect'],
    'connect-mongo': [new MongoStore(unconnectedMongo), 'connect'],
    'connect-pg-simple': [new PgStore(unconnected), 'connect'],
    'express-session\'s MemoryStore': [new expressSession.MemoryStore(), 'connect'],
    memorystore: [new MemoryStore(), 'connect'],
    'a store with default parameters': [new DefaultingStore(), 'connect'],
    'a store one of whose methods takes a callback': [new OnlySets(), 'connect'],
    'koa-mysql-session': [Object.create(KoaMysqlStore.prototype), 'generic'],
    'a store one of whose methods is a generator': [{ get () {}, set () {}, * destroy () {} }, 'generic'],
    'a Keyv': [new Keyv(), 'keyv']
  }

  for (const [name, [store, adapter]] of Object.entries(REFUSED)) {
    test(`${name} is refused, and the error names its adapter`, () => {
      const error = errorOf(() => session({ store }, new Koa()))
      assert.deepEqual([error.code, error.option], ['ERR_SESSION_OPTION', 'store'])
      assert.ok(error.message.includes(`koa-session-rs/adapters/${adapter}`), error.message)
      assert.ok(error.expected.includes(`koa-session-rs/adapters/${adapter}`), error.expected)
    })
  }

  test('a store of express-session that returns promises works, with one warning', async () => {
    for (let i = 0; i < 2; i++) {
      const store = new ExpressMysqlStore({ createDatabaseTable: false, clearExpired: false }, { query () {} })
      session({ store }, new Koa())
    }
    await new Promise(setImmediate)
    assert.deepEqual(warnings, ['KOA_SESSION_RS_ADAPTER'])
  })

  const ACCEPTED = {
    'a plain store': { get () {}, set () {}, destroy () {} },
    'koa-redis': redisStore(unconnected),
    'a plain store with its own createSession and regenerate': { get () {}, set () {}, destroy () {}, createSession: true, regenerate () {} },
    'a store that has no prototype': Object.assign(Object.create(null), { async get () {}, async set () {}, async destroy () {} })
  }

  for (const [name, store] of Object.entries(ACCEPTED)) {
    test(`${name} is not refused`, () => { session({ store }, new Koa()) })
  }
})

function errorOf (run) {
  try {
    run()
  } catch (err) {
    return err
  }
  assert.fail('there is no error')
}
