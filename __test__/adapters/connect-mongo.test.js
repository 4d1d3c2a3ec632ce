'use strict'

/** connect-mongo 6 by connectStore, beside express-session, on a server of MongoDB's protocol. */

const assert = require('node:assert/strict')
const { after, before, describe, test } = require('node:test')

const { MongoStore } = require('connect-mongo')
const signature = require('cookie-signature')
const express = require('express')
const expressSession = require('express-session')

const { connectStore } = require('../../adapters/connect')
const { cookieHeader } = require('../harness/forge')
const { serve, visit } = require('../harness/server')
const mongodb = require('../servers/mongodb')
const { MAX_AGE_MS, lifeOfSessions } = require('./life')

const SECRET = 'the secret of express-session'
const GRACE_MS = 10000
const SLACK_MS = 5000

/** Reads a date; nx-27017 returns one that an update has set as a text in UTC. */
const toTime = (date) => date instanceof Date ? date.getTime() : Date.parse(`${date}Z`)

describe('connect-mongo', { skip: mongodb.skip }, () => {
  let server
  const stores = []
  const open = (options) => {
    const { url, dbName } = server.options
    const store = MongoStore.create({ mongoUrl: url, dbName, ...options })
    stores.push(store)
    return store
  }
  before(async () => { server = await mongodb.start() })
  after(async () => {
    await Promise.all(stores.map((store) => store.close()))
    await server.stop()
  })

  /** Reads and writes documents of a store; `open` and `close` convert the sessions in them. */
  function documents (store, { open = JSON.parse, close = JSON.stringify } = {}) {
    return {
      async peek (id) {
        const document = await (await store().collectionP).findOne({ _id: id })
        return document ? { data: open(document.session), ttl: toTime(document.expires) - Date.now() } : undefined
      },
      async plant (id, data, ttl) {
        const update = { session: close(data), expires: new Date(Date.now() + ttl) }
        await (await store().collectionP).updateOne({ _id: id }, { $set: update }, { upsert: true })
      }
    }
  }

  describe('as it is', () => {
    let store
    before(() => { store = open() })
    lifeOfSessions(() => ({ adapt: () => connectStore(store), ...documents(() => store) }), { keepsData: true })
  })

  describe('with its sessions as documents, and a prefix', () => {
    let store
    before(() => { store = open({ collectionName: 'documents', stringify: false }) })
    const { peek, plant } = documents(() => store, { open: (session) => session, close: (session) => session })
    lifeOfSessions(() => ({
      adapt: () => connectStore(store, { prefix: 'app:' }),
      peek: (id) => peek(`app:${id}`),
      plant: (id, ...rest) => plant(`app:${id}`, ...rest)
    }), { keepsData: true })
  })

  test('has an index by which the server removes expired sessions', async () => {
    const collection = await open({ collectionName: 'indexed' }).collectionP
    const { expireAfterSeconds } = (await collection.indexes()).find(({ key }) => key.expires === 1)
    assert.equal(expireAfterSeconds, 0)
  })

  test('returns no session that is expired', async () => {
    const store = open({ collectionName: 'expired', autoRemove: 'disabled' })
    const adapted = connectStore(store)
    const record = { user: 'ann', _expire: Date.now() + MAX_AGE_MS, _maxAge: MAX_AGE_MS }
    await adapted.set('past', record, -1)
    await adapted.set('other', record, MAX_AGE_MS)
    assert.equal(await adapted.get('past'), undefined)
    assert.equal((await adapted.get('other')).user, 'ann')
    const { peek } = documents(() => store)
    assert.equal((await peek('past')).data.user, 'ann')
    // Its first write inserted the document, the second updates it.
    await adapted.set('other', record, -1)
    assert.equal(await adapted.get('other'), undefined)
  })

  test('adds a key to each session with touchAfter', async () => {
    const adapted = connectStore(open({ collectionName: 'touched', touchAfter: 60 }))
    const record = { user: 'ann', _expire: Date.now() + MAX_AGE_MS, _maxAge: MAX_AGE_MS }
    await adapted.set('id', record, MAX_AGE_MS)
    const { lastModified, ...rest } = await adapted.get('id')
    assert.ok(lastModified instanceof Date)
    assert.deepEqual(rest, record)
  })

  describe('beside express-session', () => {
    let store
    before(() => { store = open({ collectionName: 'both' }) })

    const peek = async (id) => documents(() => store).peek(id)

    /** Serves an app of express-session with the same routes as the other. */
    async function visitExpress (t, options) {
      const app = express()
      app.use(expressSession({ store, secret: SECRET, resave: false, saveUninitialized: false, cookie: { maxAge: MAX_AGE_MS }, ...options }))
      app.get('/login', (request, response) => {
        Object.assign(request.session, { user: request.query.user, items: [] })
        response.send('ok')
      })
      app.get('/add', (request, response) => {
        request.session.items.push(request.query.item)
        response.send('ok')
      })
      app.get('/me', (request, response) => {
        const { user, items } = request.session
        response.json({ user, items })
      })
      app.get('/logout', (request, response, next) => request.session.destroy((err) => err ? next(err) : response.send('ok')))
      return (await serve(t, { callback: () => app })).visitor()
    }

    const ROUTES = {
      '/login' (ctx) { Object.assign(ctx.session, { user: ctx.query.user, items: [] }) },
      '/add' (ctx) { ctx.session.items.push(ctx.query.item) },
      '/me': ({ session: { user, items } }) => ({ user, items }),
      '/all': (ctx) => ctx.session.toJSON(),
      '/logout' (ctx) { ctx.session = null }
    }
    const visitKoa = (t, options) => visit(t, { store: connectStore(store), maxAge: MAX_AGE_MS, ...options }, ROUTES)

    /** The cookies of the same id: the two sign it in different ways. */
    const cookiesOf = (id) => ({
      express: { cookie: `connect.sid=${encodeURIComponent(`s:${signature.sign(id, SECRET)}`)}` },
      koa: { cookie: cookieHeader(id) }
    })
    const expressId = (client) => signature.unsign(decodeURIComponent(client.jar.get('connect.sid')).slice(2), SECRET)
    const koaId = (client) => client.jar.get('koa.sess')
    const isKeptFor = async (id, ms) => {
      const { ttl } = await peek(id)
      assert.ok(ttl > ms - SLACK_MS && ttl <= ms, `${ttl} is not ${ms}`)
    }

    test('a session that express-session began is read, changed, touched and ended', async (t) => {
      const [theirs, ours] = [await visitExpress(t), await visitKoa(t)]
      await theirs.get('/login?user=ann')
      await theirs.another().get('/login?user=bob')
      const id = expressId(theirs)
      const { express, koa } = cookiesOf(id)
      assert.deepEqual((await ours.get('/all', koa)).json, { user: 'ann', items: [] })

      await ours.get('/add?item=1', koa)
      await isKeptFor(id, MAX_AGE_MS + GRACE_MS)
      assert.deepEqual((await theirs.get('/me', express)).json, { user: 'ann', items: ['1'] })
      // express-session has touched it.
      await isKeptFor(id, MAX_AGE_MS + GRACE_MS)
      await theirs.get('/add?item=2', express)
      assert.deepEqual((await ours.get('/all', koa)).json, { user: 'ann', items: ['1', '2'] })

      await ours.get('/logout', koa)
      assert.equal(await peek(id), undefined)
      assert.deepEqual((await theirs.get('/me', express)).json, {})
    })

    test('a session that koa-session-rs began is read, changed, touched and ended', async (t) => {
      const [ours, theirs] = [await visitKoa(t), await visitExpress(t)]
      await ours.get('/login?user=ann')
      await ours.another().get('/login?user=bob')
      const id = koaId(ours)
      const { express, koa } = cookiesOf(id)
      assert.deepEqual((await theirs.get('/me', express)).json, { user: 'ann', items: [] })
      await theirs.get('/add?item=1', express)
      assert.deepEqual((await ours.get('/all', koa)).json, { user: 'ann', items: ['1'] })
      assert.deepEqual(Object.keys((await peek(id)).data).sort(), ['_expire', '_maxAge', 'cookie', 'items', 'user'])

      await theirs.get('/logout', express)
      assert.equal(await peek(id), undefined)
      assert.deepEqual((await ours.get('/all', koa)).json, {})
    })

    test('both renew a session with each request, with rolling', async (t) => {
      const [theirs, ours] = [await visitExpress(t, { rolling: true }), await visitKoa(t, { rolling: true })]
      await ours.get('/login?user=ann')
      const id = koaId(ours)
      const { express, koa } = cookiesOf(id)
      const { plant } = documents(() => store)
      for (const [client, headers] of [[ours, koa], [theirs, express], [ours, koa]]) {
        await plant(id, (await peek(id)).data, SLACK_MS * 3)
        assert.equal((await client.get('/me', headers)).json.user, 'ann')
        const { ttl } = await peek(id)
        assert.ok(ttl > MAX_AGE_MS - SLACK_MS, `${ttl}`)
      }
    })
  })
})
