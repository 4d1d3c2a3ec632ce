'use strict'

const assert = require('node:assert/strict')
const { after, before, describe, test } = require('node:test')

const Koa = require('koa')
const redisStore = require('koa-redis')

const { serve } = require('../harness/server')
const servers = require('../servers/redis')

const MODULES = {
  minimal: [require('koa-session-minimal'), require('../../compat/minimal')],
  generic: [require('koa-generic-session'), require('../../compat/generic')]
}

const routes = {
  '/in': async (ctx) => { (await ctx.session).user = ctx.query.user },
  '/add': async (ctx) => {
    const session = await ctx.session
    session.cart = [...session.cart ?? [], { sku: 'ä"\\', at: new Date(0), nested: { deep: [null, 1.5] } }]
  },
  '/new-id': async (ctx) => {
    if (ctx.sessionHandler) return ctx.sessionHandler.regenerateId()
    const { user, renewals = 0 } = await ctx.session
    await ctx.regenerateSession()
    // The original does not store a session that has the same data as before.
    Object.assign(await ctx.session, { user, renewals: renewals + 1 })
  },
  '/out': (ctx) => { ctx.session = null },
  '/me': () => {}
}

function createApp (session, options, keys) {
  const app = new Koa()
  app.keys = keys
  app.use(session(options))
  app.use(async (ctx) => {
    await routes[ctx.path](ctx)
    const { user = null, cart = [] } = await ctx.session ?? {}
    ctx.body = { user, cart: cart.length }
  })
  return app
}

/** A store in memory that writes JSON, as a server does. */
function jsonStore () {
  const records = new Map()
  return {
    records,
    get: async (key) => records.has(key) ? JSON.parse(records.get(key)) : null,
    set: async (key, data) => { records.set(key, JSON.stringify(data)) },
    destroy: async (key) => { records.delete(key) }
  }
}

/** Lets visitors use an app that is switched to the other module and back, several times. */
async function switchBackAndForth (t, name, { store, keysOf, options, keys }) {
  const [theirs, ours] = MODULES[name]
  const servers = []
  for (const session of [theirs, ours]) servers.push((await serve(t, createApp(session, { store, ...options }, keys))).visitor())
  const jars = ['one', 'two'].map(() => new Map())
  const ask = async (which, jar, path) => {
    const client = servers[which].another()
    client.jar = jars[jar]
    const { status, json } = await client.get(path)
    assert.equal(status, 200)
    return json
  }
  for (const first of [0, 1]) {
    const second = 1 - first
    for (const jar of [0, 1]) await ask(first, jar, `/in?user=user-${jar}`)
    assert.deepEqual(await ask(second, 0, '/me'), { user: 'user-0', cart: 0 })
    assert.deepEqual(await ask(second, 0, '/add'), { user: 'user-0', cart: 1 })
    assert.deepEqual(await ask(first, 0, '/add'), { user: 'user-0', cart: 2 })
    assert.deepEqual(await ask(second, 0, '/me'), { user: 'user-0', cart: 2 })
    assert.equal((await keysOf()).length, 2)
    for (const which of [second, first]) {
      assert.equal((await ask(which, 1, '/new-id')).user, 'user-1')
      assert.equal((await keysOf()).length, 2)
      assert.equal((await ask(1 - which, 1, '/me')).user, 'user-1')
    }
    await ask(second, 0, '/out')
    assert.deepEqual(await ask(first, 0, '/me'), { user: null, cart: 0 })
    await ask(first, 1, '/out')
    assert.deepEqual(await ask(second, 1, '/me'), { user: null, cart: 0 })
    assert.deepEqual(await keysOf(), [])
  }
}

const KEYS = ['the first key']

const CASES = {
  minimal: [{}, { key: 'sid', cookie: { maxAge: 5000, path: '/' } }, { cookie: (ctx) => ({ maxAge: 5000, httpOnly: ctx.path !== '/me' }) }],
  generic: [
    {}, { prefix: '' }, { prefix: 'p:', key: 'sid', ttl: 60000 }, { rolling: true }, { cookie: { maxAge: null } }, { cookie: { signed: false } },
    { cookie: { expires: new Date(4e12) } }
  ]
}

for (const [name, cases] of Object.entries(CASES)) {
  describe(`an app of koa-session-${name === 'minimal' ? name : 'generic'}, switched and back`, () => {
    for (const options of cases) {
      test(`keeps its users logged in: ${JSON.stringify(options)}`, async (t) => {
        const store = jsonStore()
        await switchBackAndForth(t, name, { store, keysOf: () => [...store.records.keys()], options, keys: name === 'generic' ? KEYS : undefined })
      })
    }
  })
}

describe('with koa-redis', { skip: servers.skip }, () => {
  let server
  let store
  before(async () => {
    server = await servers.start()
    store = redisStore({ host: server.host, port: server.port })
  })
  after(async () => {
    // The original would wait ten seconds for the server, and end the process.
    store?.removeAllListeners('disconnect')
    await store?.quit()
    await server?.stop()
  })

  for (const [name, options, prefix] of [['minimal', {}, 'koa:sess:'], ['generic', {}, 'koa:sess:'], ['generic', { prefix: 'p:' }, 'p:'], ['generic', { defer: true }, 'koa:sess:']]) {
    test(`an app of the entry ${name} keeps its users logged in: ${JSON.stringify(options)}`, async (t) => {
      const keysOf = async () => {
        const keys = (await server.command('KEYS', '*')).split('\n').filter(Boolean)
        for (const key of keys) assert.ok(key.startsWith(prefix))
        return keys
      }
      await switchBackAndForth(t, name, { store, keysOf, options, keys: KEYS })
    })
  }

  for (const [name, modules] of Object.entries(MODULES)) {
    test(`a record has the bytes and the time to live of the original's: ${name}`, async (t) => {
      const found = []
      for (const session of modules) {
        await server.command('FLUSHALL')
        const cookie = { maxAge: 3600000 }
        const visitor = (await serve(t, createApp(session, { store, cookie }, KEYS))).visitor()
        await visitor.get('/in?user=ann')
        await visitor.get('/add')
        const key = await server.command('KEYS', '*')
        const ttl = Number(await server.command('TTL', key))
        assert.ok(ttl > 3500 && ttl <= 3600)
        found.push(await server.command('GET', key))
      }
      assert.equal(found[1], found[0])
    })
  }
})
