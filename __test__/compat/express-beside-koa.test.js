'use strict'

// An Express app with express-session and a Koa app with ours, on one store: a user walks between them. And concurrent requests.

const assert = require('node:assert/strict')
const { after, before, describe, test } = require('node:test')

const { RedisStore } = require('connect-redis10')
const express = require('express')
const expressSession = require('express-session')
const Koa = require('koa')
const { createClient } = require('redis6')

const session = require('../../compat/express-session')
const beforeApp = require('../../example/migrating/express-session/before')
const afterApp = require('../../example/migrating/express-session/after')
const { makeExpressMysqlStore } = require('../adapters/mysql-stores')
const { gate } = require('../harness/waiting')
const mariadb = require('../servers/mariadb')
const redis = require('../servers/redis')
const { browse } = require('./express/listen')
const { walk } = require('./express/walk')

const OPTIONS = { secret: 'a secret of the example', resave: false, saveUninitialized: false }

/** Registers the walks; each app has a store of its own. */
function walks (stores) {
  test('from Express to Koa', async (t) => {
    const [theirs, ours] = stores()
    await walk(...await browse(t, beforeApp(theirs), afterApp(ours)))
  })

  test('from Koa to Express', async (t) => {
    const [theirs, ours] = stores()
    await walk(...await browse(t, afterApp(ours), beforeApp(theirs)))
  })

  test('while the Koa app is set up first', async (t) => {
    const [theirs, ours] = stores()
    const [koa, app] = [afterApp(ours), beforeApp(theirs)]
    await walk(...await browse(t, koa, app))
    await walk(...await browse(t, app, koa))
  })
}

describe('a user walks between Express and Koa', () => {
  describe('on MemoryStore', () => {
    walks(() => {
      const store = new expressSession.MemoryStore()
      return [store, store]
    })
  })

  describe('on our MemoryStore', () => {
    walks(() => {
      const store = new session.MemoryStore()
      return [store, store]
    })
  })

  describe('on Redis', { skip: redis.skip }, () => {
    let server
    const clients = []
    before(async () => {
      server = await redis.start()
      for (let i = 0; i < 2; i++) clients.push(await createClient({ url: server.url }).connect())
    })
    after(async () => {
      for (const client of clients) client.destroy()
      await server.stop()
    })

    walks(() => clients.map((client) => new RedisStore({ client })))
  })

  describe('on MariaDB', { skip: mariadb.skip }, () => {
    let server
    const made = []
    before(async () => {
      server = await mariadb.start()
      for (let i = 0; i < 2; i++) made.push(await makeExpressMysqlStore(server.options))
    })
    after(async () => {
      for (const { close } of made) await close()
      await server.stop()
    })

    walks(() => made.map(({ store }) => store))
  })
})

/** Makes a Koa app whose slow requests wait at gates: `/slow/NAME?...`. */
function concurrentApp (store, options) {
  const gates = {}
  const app = new Koa()
  app.silent = true
  app.use(session({ ...OPTIONS, store, ...options }))
  app.use(async (ctx) => {
    const { query, path } = ctx
    const name = /^\/slow\/(\w+)/.exec(path)?.[1]
    if (name) await (gates[name] ??= gate()).pass()
    if (query.set) ctx.session[query.set] = 'here'
    if (query.delete) delete ctx.session[query.delete]
    if (query.maxAge) ctx.session.cookie.maxAge = Number(query.maxAge)
    if (query.save) await ctx.session.save()
    if (path === '/logout') await ctx.session.destroy()
    if (path === '/login') {
      await ctx.session.regenerate()
      ctx.session.user = 'ann'
    }
    ctx.body = ctx.session ?? {}
  })
  return { listener: app.callback(), gates }
}

/** Starts a slow request, and waits until it has loaded the session. */
async function slow (client, gates, name, query = '') {
  gates[name] = gate()
  const answer = client.get(`/slow/${name}${query}`)
  await gates[name].reached
  return { answer, open: gates[name].open }
}

const keysOf = (json) => Object.keys(json).filter((key) => key !== 'cookie').sort()

describe('concurrent requests to a Koa app', () => {
  for (const base of ['express-session', 'our entry']) {
    const { MemoryStore } = base === 'our entry' ? session : expressSession

    test(`keep the keys of all, on the store of ${base}`, async (t) => {
      const { listener, gates } = concurrentApp(new MemoryStore())
      const [client] = await browse(t, listener)
      await client.get('/login')
      await client.get('/?set=gone')
      const one = await slow(client, gates, 'one', '?set=a&delete=gone')
      const two = await slow(client, gates, 'two', '?set=b&save=yes')
      one.open()
      await one.answer
      two.open()
      await two.answer
      assert.deepEqual(keysOf((await client.get('/')).json), ['a', 'b', 'user'])
    })

    test(`do not bring a destroyed session back, on the store of ${base}`, async (t) => {
      const store = new MemoryStore()
      const { listener, gates } = concurrentApp(store)
      const [client] = await browse(t, listener)
      await client.get('/login')
      const { cookie } = client
      const late = await slow(client, gates, 'late', '?set=a&save=yes')
      const idle = await slow(client, gates, 'idle')
      await client.get('/logout')
      late.open()
      idle.open()
      await Promise.all([late.answer, idle.answer])
      assert.deepEqual(keysOf((await client.get('/', { cookie })).json), [])
      assert.deepEqual(Object.keys(store.sessions), [])
    })

    test(`do not bring a session back that a login has replaced, on the store of ${base}`, async (t) => {
      const store = new MemoryStore()
      const { listener, gates } = concurrentApp(store)
      const [client] = await browse(t, listener)
      await client.get('/?set=anonymous')
      const late = await slow(client, gates, 'late', '?set=a')
      await client.get('/login')
      late.open()
      await late.answer
      assert.equal(Object.keys(store.sessions).length, 1)
    })

    test(`overwrite and bring back with concurrent: 'overwrite', on the store of ${base}`, async (t) => {
      const store = new MemoryStore()
      const { listener, gates } = concurrentApp(store, { concurrent: 'overwrite' })
      const [client] = await browse(t, listener)
      await client.get('/login')
      const { cookie } = client
      const one = await slow(client, gates, 'one', '?set=a')
      const two = await slow(client, gates, 'two', '?set=b')
      one.open()
      await one.answer
      two.open()
      await two.answer
      assert.deepEqual(keysOf((await client.get('/')).json), ['b', 'user'])
      const late = await slow(client, gates, 'late', '?set=c')
      await client.get('/logout')
      late.open()
      await late.answer
      assert.deepEqual(keysOf((await client.get('/', { cookie })).json), ['b', 'c', 'user'])
    })
  }

  test('keep a cookie\'s new maxAge, which only one of them has set', async (t) => {
    const store = new session.MemoryStore()
    const { listener, gates } = concurrentApp(store, { cookie: { maxAge: 60000 } })
    const [client] = await browse(t, listener)
    await client.get('/login')
    const late = await slow(client, gates, 'late', '?set=a')
    await client.get('/?maxAge=3600000&set=b')
    late.open()
    await late.answer
    const [record] = Object.values(store.sessions).map((json) => JSON.parse(json))
    assert.equal(Math.round(record.cookie.originalMaxAge / 60000), 60)
    assert.ok(new Date(record.cookie.expires) - Date.now() > 3000000)
    assert.equal(record.a, 'here')
  })

  test('do not touch a session that another one has destroyed', async (t) => {
    const store = new session.MemoryStore()
    const touched = []
    store.touch = (id, data, callback) => {
      touched.push(id)
      callback()
    }
    const { listener, gates } = concurrentApp(store)
    const [client] = await browse(t, listener)
    await client.get('/login')
    const late = await slow(client, gates, 'late')
    await client.get('/logout')
    late.open()
    await late.answer
    assert.deepEqual(touched, [])
  })

  test('that load a session while another one destroys it begin a new one', async (t) => {
    const store = new session.MemoryStore()
    const { listener } = concurrentApp(store)
    const [client] = await browse(t, listener)
    await client.get('/login')
    const { cookie } = client
    const loading = gate()
    const { get } = store
    store.get = (id, callback) => {
      store.get = get
      get.call(store, id, (...args) => loading.pass().then(() => callback(...args)))
    }
    const late = client.get('/?set=a', { cookie })
    await loading.reached
    await client.get('/logout', { cookie })
    loading.open()
    const { json, setCookie } = await late
    assert.deepEqual(keysOf(json), ['a'])
    assert.equal(setCookie.length, 1)
    assert.notEqual(setCookie[0].split(';')[0], cookie)
  })
})

describe('a store that both have in one process', () => {
  test('regenerates with the options of each', async (t) => {
    for (const order of [['express', 'koa'], ['koa', 'express']]) {
      const store = new expressSession.MemoryStore()
      const listeners = {}
      for (const side of order) {
        const options = { ...OPTIONS, store, genid: () => `${side}-id` }
        if (side === 'express') {
          const app = express()
          app.use(expressSession(options), (req, res) => req.session.regenerate(() => res.send(req.sessionID)))
          listeners.express = app
        } else {
          const app = new Koa()
          app.use(session(options)).use(async (ctx) => {
            await ctx.session.regenerate()
            ctx.body = ctx.sessionID
          })
          listeners.koa = app.callback()
        }
      }
      for (const side of order) {
        const [[client]] = [await browse(t, listeners[side])]
        assert.equal((await client.get('/')).body, `${side}-id`)
      }
    }
  })
})
