'use strict'

/** koa-session-mongoose 3 with mongoose 9, both as they are, without an adapter, on a server of MongoDB's protocol. */

const assert = require('node:assert/strict')
const { after, before, describe, test } = require('node:test')

const { createSession: koaSession } = require('koa-session')
const MongooseStore = require('koa-session-mongoose')
const { Mongoose } = require('mongoose')

const { visit } = require('../harness/server')
const mongodb = require('../servers/mongodb')
const { MAX_AGE_MS, lifeOfSessions } = require('./life')

describe('koa-session-mongoose', { skip: mongodb.skip }, () => {
  let server
  let connection
  let store
  before(async () => {
    server = await mongodb.start()
    const { url, dbName } = server.options
    connection = await new Mongoose().connect(url, { dbName })
    store = new MongooseStore({ connection, expires: MAX_AGE_MS * 10 / 1000 })
    // The model makes its collection and the index in the background.
    await store.session.init()
  })
  after(async () => {
    await connection.disconnect()
    await server.stop()
  })

  const sessions = () => connection.connection.collection('sessions')
  const peek = async (id) => await sessions().findOne({ _id: id }) ?? undefined

  lifeOfSessions(() => ({ adapt: () => store, peek }), { renews: false, hasTtl: false })

  test('has an index by which the server removes old sessions', async () => {
    const indexes = await sessions().indexes()
    const { expireAfterSeconds } = indexes.find(({ key }) => key.updatedAt === 1)
    assert.equal(expireAfterSeconds, MAX_AGE_MS * 10 / 1000)
  })

  const ROUTES = {
    '/login' (ctx) {
      ctx.session.user = ctx.query.user
      ctx.session.items = []
    },
    '/add' (ctx) { ctx.session.items.push({ name: ctx.query.item, at: [0.5, null] }) },
    '/me': (ctx) => ctx.session.toJSON(),
    '/logout' (ctx) { ctx.session = null }
  }

  for (const [what, ...modules] of [['koa-session', koaSession, undefined], ['koa-session-rs', undefined, koaSession]]) {
    for (const rolling of [false, true]) {
      test(`a session that ${what} began is read, changed and ended by both${rolling ? ', with rolling' : ''}`, async (t) => {
        const options = { store, maxAge: MAX_AGE_MS, rolling }
        const [first, second] = await Promise.all(modules.map((session) => visit(t, options, ROUTES, { session })))
        const other = first.another()
        // One browser.
        second.jar = first.jar
        await Promise.all([first.get('/login?user=ann'), other.get('/login?user=bob')])
        const id = first.jar.get('koa.sess')
        assert.deepEqual((await second.get('/me')).json, { user: 'ann', items: [] })

        await second.get('/add?item=1')
        await first.get('/add?item=2')
        const user = { user: 'ann', items: [{ name: '1', at: [0.5, null] }, { name: '2', at: [0.5, null] }] }
        for (const app of [first, second]) assert.deepEqual((await app.get('/me')).json, user)
        const { _expire, _maxAge, ...data } = (await peek(id)).data
        assert.deepEqual([data, _maxAge], [user, MAX_AGE_MS])
        assert.equal(first.jar.get('koa.sess'), id)

        const { cookie } = first
        await second.get('/logout')
        assert.equal(await peek(id), undefined)
        for (const app of [first, second]) assert.deepEqual((await app.get('/me', { cookie })).json, {})
        assert.equal((await other.get('/me')).json.user, 'bob')
      })
    }
  }
})
