'use strict'

const assert = require('node:assert/strict')
const { createReadStream } = require('node:fs')
const { join } = require('node:path')
const { test } = require('node:test')

const { KEYS, KOAS, eachKoa, session } = require('../harness/app')
const { decodeCookie } = require('../harness/forge')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')
const { gate } = require('../harness/waiting')

const KEY = 'koa.sess'
const OWN = [KEY, `${KEY}.sig`]

const routes = {
  '/in' (ctx) { ctx.session.user = ctx.query.user },
  '/fail' (ctx) {
    ctx.session.user = ctx.query.user
    throw new Error('a fault of the app')
  },
  '/out' (ctx) {
    ctx.session = null
    throw new Error('a fault of the app')
  },
  async '/anew' (ctx) {
    await ctx.session.regenerate()
    throw new Error('a fault of the app')
  },
  '/look' (ctx) { return { user: ctx.session?.user ?? null } }
}

for (const mode of ['cookie', 'store']) {
  const opts = () => ({ store: mode === 'store' ? new CountingStore() : undefined })

  eachKoa(`fault 5: ${mode} mode: a change, then an error: the cookie is on the error response`, async (t, Koa) => {
    const server = await start(t, opts(), routes, { Koa })
    const visitor = server.visitor()
    const answer = await visitor.get('/fail?user=ann')
    assert.equal(answer.status, 500)
    assert.equal(answer.body, 'Internal Server Error')
    assert.deepEqual([...answer.cookies.keys()], OWN)
    assert.deepEqual((await visitor.get('/look')).json, { user: 'ann' })
  })

  eachKoa(`fault 5: ${mode} mode: a logout, then an error: the cookie is cleared`, async (t, Koa) => {
    const given = opts()
    const server = await start(t, given, routes, { Koa })
    const visitor = server.visitor()
    await visitor.get('/in?user=ann')
    const answer = await visitor.get('/out')
    assert.equal(answer.status, 500)
    assert.equal(visitor.jar.size, 0)
    assert.deepEqual(given.store?.ids() ?? [], [])
  })

  test(`fault 5: ${mode} mode: an unchanged session is not on the error response`, async (t) => {
    const server = await start(t, opts(), { ...routes, '/fail' (ctx) { ctx.throw(500, ctx.session.user) } })
    const visitor = server.visitor()
    await visitor.get('/in?user=ann')
    assert.deepEqual((await visitor.get('/fail')).setCookie, [])
    assert.deepEqual((await visitor.get('/look')).json, { user: 'ann' })
  })
}

eachKoa('fault 5: regenerate, then an error: the visitor has the new id', async (t, Koa) => {
  const store = new CountingStore()
  const server = await start(t, { store }, routes, { Koa })
  const visitor = server.visitor()
  await visitor.get('/in?user=ann')
  const [old] = store.ids()
  const answer = await visitor.get('/anew')
  assert.equal(answer.status, 500)
  assert.equal(store.records.size, 1)
  assert.notEqual(store.ids()[0], old)
  assert.equal(visitor.jar.get(KEY), store.ids()[0])
  assert.deepEqual((await visitor.get('/look')).json, { user: 'ann' })
})

// Koa assigns err.status, which a frozen error allows only if `status` has a setter.
class Refusal extends Error {
  get status () { return 403 }
  set status (value) {}
}

/** Returns the fields of an error that Koa does not write. */
const stateOf = ({ ...fields }) => {
  delete fields.status
  return structuredClone(fields)
}

const shared = {
  'an Error': () => new Error('shared'),
  'a frozen Error': () => Object.freeze(new Refusal('shared')),
  'an Error with frozen headers': () => Object.assign(new Error('shared'), { headers: Object.freeze({ 'X-A': '1' }) }),
  'an exposed Error with status': () => Object.assign(new Error('shared'), { status: 403, expose: true })
}

for (const [what, make] of Object.entries(shared)) {
  eachKoa(`fault 5: ${what} thrown for two visitors at once does not send one's cookie to the other`, async (t, Koa) => {
    const error = make()
    const before = stateOf(error)
    const gates = { ann: gate(), bob: gate() }
    const server = await start(t, {}, {
      async '/fail' (ctx) {
        const { user } = ctx.query
        ctx.session.user = user
        await gates[user].pass()
        throw error
      },
      '/plain' () { throw error },
      '/look': routes['/look']
    }, { Koa })
    const [ann, bob] = [server.visitor(), server.visitor()]
    const failing = [ann.get('/fail?user=ann'), bob.get('/fail?user=bob')]
    await gates.ann.reached
    await gates.bob.reached
    gates.ann.open()
    gates.bob.open()
    for (const [i, user] of ['ann', 'bob'].entries()) {
      const answer = await failing[i]
      assert.equal(answer.status, error.status ?? 500)
      assert.deepEqual([...answer.cookies.keys()], OWN)
      assert.equal(decodeCookie(answer.cookies.get(KEY)).user, user)
      assert.equal(answer.headers['x-a'], error.headers?.['X-A'])
    }
    const stranger = await server.get('/plain')
    assert.equal(stranger.status, error.status ?? 500)
    assert.deepEqual(stranger.setCookie, [])
    assert.deepEqual(stateOf(error), before)
    assert.deepEqual((await ann.get('/look')).json, { user: 'ann' })
    assert.deepEqual((await bob.get('/look')).json, { user: 'bob' })
  })
}

eachKoa("fault 5: an http-error's own headers stay beside the session's lines", async (t, Koa) => {
  const headers = { 'WWW-Authenticate': 'Basic', 'Set-Cookie': 'why=1' }
  const server = await start(t, {}, (ctx) => {
    ctx.cookies.set('other', '1')
    ctx.session.user = 'ann'
    ctx.throw(401, 'who?', { headers })
  }, { Koa })
  const answer = await server.get('/')
  assert.equal(answer.status, 401)
  assert.equal(answer.body, 'who?')
  assert.equal(answer.headers['www-authenticate'], 'Basic')
  // Koa drops the cookies of other middleware from error responses, and so does Koa with this package.
  assert.deepEqual([...answer.cookies.keys()], ['why', ...OWN])
  assert.deepEqual(headers, { 'WWW-Authenticate': 'Basic', 'Set-Cookie': 'why=1' })
})

/** Error handlers that replace Koa's. */
const handlers = {
  'that removes all headers' (err) {
    for (const name of this.res.getHeaderNames()) this.res.removeHeader(name)
    this.status = 502
    this.res.end(err.message)
  },
  'that keeps the headers' (err) {
    this.status = 502
    this.res.end(err.message)
  },
  'that answers later' (err) {
    for (const name of this.res.getHeaderNames()) this.res.removeHeader(name)
    setImmediate(() => {
      this.status = 502
      this.res.end(err.message)
    })
  },
  'that writes the head' (err) {
    for (const name of this.res.getHeaderNames()) this.res.removeHeader(name)
    this.res.writeHead(502, { 'X-A': '1' })
    this.res.end(err.message)
  },
  'that writes and ends' (err) {
    for (const name of this.res.getHeaderNames()) this.res.removeHeader(name)
    this.status = 502
    this.res.write(err.message.slice(0, 1))
    this.res.end(err.message.slice(1))
  }
}

for (const [what, onerror] of Object.entries(handlers)) {
  eachKoa(`fault 5: a custom app.context.onerror ${what} has the cookie on its response, once`, async (t, Koa) => {
    const before = (app) => { app.context.onerror = function (err) { if (err != null) return onerror.call(this, err) } }
    const server = await start(t, {}, routes, { Koa, before })
    const visitor = server.visitor()
    const answer = await visitor.get('/fail?user=ann')
    assert.equal(answer.status, 502)
    assert.equal(answer.body, 'a fault of the app')
    assert.deepEqual(answer.setCookie.map((line) => line.slice(0, line.indexOf('='))), OWN)
    assert.deepEqual((await visitor.get('/look')).json, { user: 'ann' })
  })
}

test('fault 5: if an outer middleware catches the error, the cookie is sent once, and res.end is no longer replaced', async (t) => {
  let hooked
  const before = (app) => app.use(async (ctx, next) => {
    try {
      await next()
    } catch (err) {
      hooked = Object.hasOwn(ctx.res, 'end')
      ctx.status = 409
      ctx.body = 'caught'
    }
  })
  const server = await start(t, {}, routes, { before })
  const answer = await server.get('/fail?user=ann')
  assert.equal(answer.status, 409)
  assert.equal(answer.body, 'caught')
  assert.deepEqual(answer.setCookie.map((line) => line.slice(0, line.indexOf('='))), OWN)
  assert.equal(hooked, false)
})

eachKoa('fault 5: an error of an outer middleware, after the commit, keeps the cookie', async (t, Koa) => {
  const store = new CountingStore()
  const before = (app) => app.use(async (ctx, next) => {
    await next()
    throw new Error('a fault of an outer middleware')
  })
  const server = await start(t, { store }, routes, { Koa, before })
  const visitor = server.visitor()
  const answer = await visitor.get('/in?user=ann')
  assert.equal(answer.status, 500)
  assert.deepEqual([...answer.cookies.keys()], OWN)
  assert.deepEqual([visitor.jar.get(KEY)], store.ids())
  assert.deepEqual((await visitor.get('/out')).status, 500)
  assert.equal(visitor.jar.size, 0)
})

// Koa 3 closes the connection instead.
test('fault 5: a body that fails before its first byte keeps the cookie (koa2)', async (t) => {
  const server = await start(t, {}, {
    '/file' (ctx) {
      ctx.session.user = 'ann'
      ctx.body = createReadStream(join(__dirname, 'no such file'))
    },
    '/look': routes['/look']
  }, { Koa: KOAS.koa2 })
  const visitor = server.visitor()
  const answer = await visitor.get('/file')
  assert.equal(answer.status, 404)
  assert.deepEqual([...answer.cookies.keys()], OWN)
  assert.deepEqual((await visitor.get('/look')).json, { user: 'ann' })
})

test('fault 5: the thrown value need not be an Error', async (t) => {
  const server = await start(t, {}, (ctx) => {
    ctx.session.user = 'ann'
    // eslint-disable-next-line no-throw-literal
    throw 'a text'
  })
  const answer = await server.get('/')
  assert.equal(answer.status, 500)
  assert.deepEqual([...answer.cookies.keys()], OWN)
})

test('fault 5: an error after the headers breaks nothing', async (t) => {
  const store = new CountingStore()
  const server = await start(t, { store }, (ctx) => {
    ctx.session.user = 'ann'
    ctx.respond = false
    ctx.res.end('raw')
    throw new Error('late')
  })
  assert.equal((await server.get('/')).body, 'raw')
  await server.settled()
  assert.deepEqual(server.errors.map(({ message }) => message), ['late'])
  assert.equal(store.count('set'), 1)
})

// If decode throws, the cookie is cleared, since otherwise each further request would fail.
const openings = {
  'in the route': { opts: {} },
  'by an asynchronous valid': { opts: { valid: async () => true } },
  'by rollUntouched': { opts: { rollUntouched: true, rolling: true }, path: '/untouched' },
  'by an outer middleware': { opts: {}, before: (app) => app.use((ctx, next) => { ctx.state.user = ctx.session.user; return next() }) }
}

for (const [where, { opts, before, path = '/look' }] of Object.entries(openings)) {
  eachKoa(`fault 5: decode throws, ${where}: the cookie is cleared on the error response`, async (t, Koa) => {
    const error = new Error('bad key')
    const decode = () => { throw error }
    // ctx.session exists as soon as session() is called, so a middleware that runs earlier can read it.
    const server = await start(t, null, { ...routes, '/untouched' () {} }, {
      Koa,
      before (app) {
        const middleware = session({ decode, ...opts }, app)
        before?.(app)
        app.use(middleware)
      }
    })
    const keygrip = require('keygrip')(KEYS)
    const cookie = `${KEY}=abc; ${KEY}.sig=${keygrip.sign(`${KEY}=abc`)}`
    const answer = await server.get(path, { cookie })
    assert.equal(answer.status, 500)
    assert.equal(server.errors[0], error)
    assert.ok(answer.cookies.get(KEY)?.includes('expires=Thu, 01 Jan 1970'), 'not cleared')
    assert.equal(error.headers, undefined)
  })
}
