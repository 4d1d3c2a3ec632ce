'use strict'

// What the random scripts of express-session.test.js do not reach.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const { createSecretKey } = require('node:crypto')
const { once } = require('node:events')
const http = require('node:http')
const { join } = require('node:path')
const { PassThrough } = require('node:stream')
const { describe, test } = require('node:test')
const { inherits } = require('node:util')

const signature = require('cookie-signature')
const expressSession = require('express-session')
const Koa = require('koa')

const session = require('../../compat/express-session')
const { inFlightRecordsOf } = require('../../lib/persistence/in-flight-records')
const { gate } = require('../harness/waiting')
const { browse } = require('./express/listen')

const OPTIONS = { secret: 'a secret', resave: false, saveUninitialized: false }

const refusal = (option) => (error) => error.code === 'ERR_SESSION_OPTION' && error.option === option && error instanceof TypeError

/** Serves a Koa app with one handler; returns a client, with the errors that the app emitted. */
async function serve (t, options, handle, { proxy = false, before } = {}) {
  const app = new Koa({ proxy })
  const errors = []
  app.on('error', (err) => errors.push(err))
  if (before) app.use(before)
  app.use(session({ ...OPTIONS, ...options }))
  app.use(async (ctx) => {
    ctx.body = ''
    const body = await handle(ctx)
    if (body !== undefined) ctx.body = body
  })
  const [client] = await browse(t, app.callback())
  return Object.assign(client, { errors, app })
}

const count = (ctx) => { ctx.session.views = (ctx.session.views ?? 0) + 1 }

describe('the options', () => {
  const INVALID = {
    secret: [undefined, '', [], [undefined], ['a', 7], 7, null],
    name: [7, 'a b', 'a=b', {}],
    genid: [7, 'a'],
    unset: ['no', 7],
    cookie: ['a', 7],
    concurrent: ['no', null],
    'store.get': [{ set () {}, destroy () {} }, 7],
    'store.set': [{ get () {}, destroy () {} }],
    'store.destroy': [{ get () {}, set () {} }]
  }
  for (const [option, values] of Object.entries(INVALID)) {
    test(`refuse an invalid ${option}`, () => {
      for (const value of values) {
        assert.throws(() => session({ ...OPTIONS, [option.split('.')[0]]: value }), refusal(option), String(value))
      }
    })
  }

  test('refuse no options, and those that are no object', () => {
    for (const options of [undefined, null, {}]) assert.throws(() => session(options), refusal('secret'))
    assert.throws(() => session('secret'), refusal('options'))
  })

  test('are those of express-session without values', async (t) => {
    const client = await serve(t, { name: undefined, genid: undefined, cookie: undefined, store: undefined, unset: undefined }, count)
    const { setCookie } = await client.get('/')
    assert.match(setCookie[0], /^connect\.sid=s%3A[\w-]{32}\.[\w%]{43,}; Path=\/; HttpOnly$/)
  })

  test('warn once of defaults that are deprecated, and of MemoryStore in production', () => {
    const code = `
      const session = require(${JSON.stringify(join(__dirname, '../../compat/express-session'))})
      const warnings = []
      process.on('warning', ({ code, name }) => warnings.push(name + ' ' + code))
      for (let i = 0; i < 2; i++) session({ secret: 'a' })
      session({ secret: 'a', resave: true, saveUninitialized: true, store: { get () {}, set () {}, destroy () {} } })
      new session.Cookie({ maxAge: new Date() })
      setImmediate(() => console.log(warnings.join()))`
    const run = (NODE_ENV) => spawnSync(process.execPath, ['-e', code], { encoding: 'utf8', env: { ...process.env, NODE_ENV } }).stdout.trim().split(',')
    const deprecated = ['RESAVE', 'SAVE_UNINITIALIZED', 'MAXAGE_DATE'].map((name) => `DeprecationWarning KOA_SESSION_RS_${name}`)
    assert.deepEqual(run('test').sort(), [...deprecated].sort())
    assert.deepEqual(run('production').sort(), [...deprecated, 'Warning KOA_SESSION_RS_MEMORY_STORE'].sort())
  })

  test('take secrets as bytes and key objects, and lists that change', async (t) => {
    const bytes = Buffer.from([1, 2, 255])
    const secret = [bytes]
    const store = new session.MemoryStore()
    const client = await serve(t, { store, secret }, count)
    const idOf = () => decodeURIComponent(client.jar.get('connect.sid')).slice(2)
    await client.get('/')
    assert.notEqual(signature.unsign(idOf(), Buffer.from([1, 2, 255])), false)
    const { body } = await client.get('/')
    assert.equal(body, '')
    const { cookie } = client
    const views = () => Object.values(store.sessions).map((json) => JSON.parse(json).views)
    for (const [index, key] of ['text', createSecretKey(Buffer.from('key')), new DataView(new ArrayBuffer(2))].entries()) {
      secret.unshift(key)
      await client.get('/', { cookie })
      assert.deepEqual(views(), [3 + index])
    }
    // In place.
    bytes[0] = 9
    await client.get('/', { cookie })
    assert.deepEqual(views(), [5, 1])
    secret.length = 0
    assert.equal((await client.get('/')).status, 500)
    assert.equal(client.errors.at(-1).option, 'secret')
  })

  test('take one secret as bytes', async (t) => {
    const client = await serve(t, { secret: Buffer.from('a secret') }, count)
    await client.get('/')
    assert.notEqual(signature.unsign(decodeURIComponent(client.jar.get('connect.sid')).slice(2), 'a secret'), false)
  })

  test('say what is a secure connection', async (t) => {
    const https = { 'x-forwarded-proto': ' HTTPS , http' }
    const cases = [
      [{ proxy: true }, {}, https, 1], [{ proxy: true }, {}, {}, 0], [{ proxy: true }, {}, { 'x-forwarded-proto': 'http, https' }, 0],
      [{}, {}, https, 0], [{ proxy: false }, { proxy: true }, { 'x-forwarded-proto': 'https' }, 0], [{}, { proxy: true }, { 'x-forwarded-proto': 'https' }, 1]
    ]
    for (const [options, how, headers, lines] of cases) {
      const client = await serve(t, { ...options, cookie: { secure: true } }, count, how)
      assert.equal((await client.get('/', headers)).setCookie.length, lines, JSON.stringify([options, how, headers]))
    }
    const encrypted = await serve(t, { proxy: false, cookie: { secure: true } }, count, {
      before (ctx, next) {
        ctx.req.socket.encrypted = true
        return next()
      }
    })
    assert.equal((await encrypted.get('/')).setCookie.length, 1)
  })

  test('limit the session to the cookie\'s path, by the target of the request', async (t) => {
    const client = await serve(t, { cookie: { path: '/a' } }, (ctx) => String(ctx.session !== undefined))
    const sees = async (path) => (await client.get(path)).body
    assert.equal(await sees('/a'), 'true')
    assert.equal(await sees('/ab?x'), 'true')
    assert.equal(await sees('/?/a'), 'false')
    assert.equal(await sees('http://example.com/a/b'), 'true')
    assert.equal(await sees('http://example.com/b'), 'false')
  })
})

describe('a store', () => {
  test('may be one that returns promises as well, and rejects', async (t) => {
    const records = new Map()
    const store = {
      async get (id, callback) { callback(null, records.get(id)) },
      async set (id, data) { throw Object.assign(new Error('full'), { code: 'FULL' }) },
      async destroy () {}
    }
    const client = await serve(t, { store }, count)
    assert.equal((await client.get('/')).status, 500)
    assert.equal(client.errors[0].code, 'FULL')
  })

  test('that throws fails the request', async (t) => {
    const store = { get () { throw Object.assign(new Error('broken'), { code: 'BROKEN' }) }, set () {}, destroy () {} }
    const client = await serve(t, { store }, () => assert.fail('the app ran'))
    const cookie = `connect.sid=s:${signature.sign('id', 'a secret')}`
    assert.equal((await client.get('/', { cookie })).status, 500)
    assert.equal(client.errors[0].code, 'BROKEN')
  })

  test('may be made of the entry by util.inherits', async (t) => {
    function OldStore () {
      session.Store.call(this)
      this.records = {}
    }
    inherits(OldStore, session.Store)
    Object.assign(OldStore.prototype, {
      get (id, callback) { callback(null, this.records[id] && JSON.parse(this.records[id])) },
      set (id, data, callback) {
        this.records[id] = JSON.stringify(data)
        callback()
      },
      destroy (id, callback) {
        delete this.records[id]
        callback()
      }
    })
    const store = new OldStore()
    const client = await serve(t, { store }, async (ctx) => {
      count(ctx)
      if (ctx.path === '/new') await ctx.session.regenerate()
      return ctx.session
    })
    await client.get('/')
    assert.equal((await client.get('/')).json.views, 2)
    await client.get('/new')
    assert.deepEqual(Object.keys(store.records).length, 1)

    const [id] = Object.keys(store.records)
    const loaded = await new Promise((resolve, reject) => store.load(id, (err, found) => err ? reject(err) : resolve(found)))
    assert.equal(loaded.id, id)
    loaded.by = 'hand'
    await loaded.save()
    assert.equal((await client.get('/')).json.by, 'hand')
    await loaded.reload()
    assert.equal(loaded.req.session.views, 1)
    await loaded.destroy()
    assert.deepEqual(store.records, {})
    assert.equal(loaded.req.session, undefined)
    await assert.rejects(loaded.reload())
    assert.equal(await new Promise((resolve, reject) => store.load('none', (err, found) => err ? reject(err) : resolve(found))), undefined)
  })

  test('has its own createSession called, with what it needs of a request', async (t) => {
    class Store extends expressSession.MemoryStore {
      createSession (req, data) {
        seen.push([req.method, req.url, req.originalUrl, req.headers.host === undefined, req.secure, req.connection === req.socket, req.sessionStore === this])
        return super.createSession(req, { ...data, by: 'the store' })
      }
    }
    const seen = []
    const client = await serve(t, { store: new Store() }, (ctx) => {
      count(ctx)
      return { by: ctx.session.by, isOurs: ctx.session instanceof session.Session, maxAge: ctx.session.cookie.maxAge }
    })
    await client.get('/')
    assert.deepEqual((await client.get('/x')).json, { by: 'the store', isOurs: true, maxAge: null })
    assert.deepEqual(seen, [['GET', '/x', '/x', false, false, true, true]])
  })

  test('MemoryStore is that of express-session', async () => {
    const promised = (store, method, ...args) => new Promise((resolve, reject) => {
      store[method](...args, (err, value) => err ? reject(err) : resolve(value))
    })
    for (const { MemoryStore } of [session, expressSession]) {
      const store = new MemoryStore()
      const cookie = (ms) => ({ expires: new Date(Date.now() + ms) })
      await promised(store, 'set', 'a', { n: 1, cookie: cookie(60000) })
      await promised(store, 'set', 'b', { n: 2, cookie: cookie(-1) })
      await promised(store, 'set', 'c', { n: 3 })
      await promised(store, 'set', 'd', { n: 4, cookie: { expires: 'no date' } })
      assert.equal(await promised(store, 'length'), 3)
      assert.deepEqual(Object.keys(await promised(store, 'all')), ['a', 'c', 'd'])
      assert.equal(await promised(store, 'get', 'b'), undefined)
      await promised(store, 'touch', 'a', { n: 9, cookie: cookie(-1) })
      await promised(store, 'touch', 'none', { cookie: {} })
      assert.equal(await promised(store, 'get', 'a'), undefined)
      await promised(store, 'destroy', 'c')
      assert.deepEqual(Object.keys(store.sessions), ['d'])
      store.set('e', {})
      store.destroy('d')
      await promised(store, 'clear')
      assert.equal(await promised(store, 'length'), 0)
    }
  })
})

describe('Cookie', () => {
  test('has the same JSON and text as that of express-session', () => {
    const options = [
      undefined, {}, { maxAge: 5000, httpOnly: false }, { expires: new Date(0), domain: 'a.b', path: '/x', secure: true, sameSite: true },
      { priority: 'High', partitioned: true, sameSite: 'None', data: 1, other: 2 }, { sameSite: false, originalMaxAge: 7 }, { path: '' }
    ]
    for (const each of options) {
      const [ours, theirs] = [session, expressSession].map(({ Cookie }) => {
        const cookie = new Cookie(each)
        return [Object.keys(cookie), Object.keys(cookie.toJSON()), cookie.serialize('a', 's:b c;ü'), cookie.other]
      })
      assert.deepEqual(ours, theirs)
    }
  })

  test('refuses the same values', () => {
    const attributes = [
      { domain: 'a b' }, { domain: '-a' }, { path: '/;' }, { path: '/\n' }, { expires: 'tomorrow' }, { expires: new Date(NaN) }, { priority: 'no' },
      { priority: true }, { sameSite: 'no' }, { sameSite: 'true' }, { sameSite: 'auto' }, { sameSite: 'toString' }
    ]
    for (const each of attributes) {
      for (const { Cookie } of [session, expressSession]) assert.throws(() => new Cookie(each).serialize('a', 'b'), TypeError, JSON.stringify(each))
    }
    for (const { Cookie } of [session, expressSession]) {
      assert.throws(() => new Cookie('text'), TypeError)
      assert.throws(() => new Cookie({ maxAge: '5' }), TypeError)
      assert.throws(() => new Cookie().serialize('a', '\ud800'), URIError)
    }
  })
})

describe('the session', () => {
  test('is passed on if there is one', async (t) => {
    const own = { user: 'ann' }
    const client = await serve(t, {}, (ctx) => ctx.session, {
      before (ctx, next) {
        ctx.session = own
        return next()
      }
    })
    const answer = await client.get('/')
    assert.deepEqual([answer.json, answer.setCookie], [own, []])
  })

  test('takes the place of an accessor of the app\'s context', async (t) => {
    const app = new Koa()
    Object.defineProperty(app.context, 'session', { get: () => undefined, configurable: true })
    app.use(session(OPTIONS)).use((ctx) => {
      count(ctx)
      ctx.body = String(ctx.session.views)
    })
    const [client] = await browse(t, app.callback())
    assert.equal((await client.get('/')).body, '1')
    assert.equal((await client.get('/')).body, '2')
  })

  test('calls back, and what a callback throws is uncaught', async (t) => {
    const client = await serve(t, {}, async (ctx) => {
      count(ctx)
      const { session } = ctx
      const returned = []
      await new Promise((resolve) => returned.push(session.save(resolve)))
      await new Promise((resolve) => returned.push(session.reload(resolve)))
      await new Promise((resolve) => returned.push(session.regenerate(resolve)))
      const after = ctx.session
      await new Promise((resolve) => returned.push(after.destroy(resolve)))
      const failed = await new Promise((resolve) => after.reload(resolve))
      return { same: returned.map((each) => each === session || each === after), failed: failed instanceof Error }
    })
    assert.deepEqual((await client.get('/')).json, { same: [true, true, true, true], failed: true })

    const thrown = once(process, 'uncaughtException')
    const listeners = process.listeners('uncaughtException').slice(0, -1)
    for (const listener of listeners) process.off('uncaughtException', listener)
    const throwing = await serve(t, {}, (ctx) => { ctx.session.save(() => { throw new Error('from a callback') }) })
    await throwing.get('/')
    assert.equal((await thrown)[0].message, 'from a callback')
    for (const listener of listeners) process.on('uncaughtException', listener)
  })

  test('does not end the process if the app ignores a promise that rejects', async (t) => {
    const store = new session.MemoryStore()
    const client = await serve(t, { store }, (ctx) => {
      store.destroy = (id, callback) => setImmediate(callback, new Error('no'))
      ctx.session.destroy()
    })
    assert.equal((await client.get('/')).status, 200)
  })

  test('does not end the process either outside of a request', async () => {
    const sessionStore = new session.Store()
    for (const method of ['get', 'set', 'destroy']) sessionStore[method] = (...args) => args.at(-1)(new Error('no'))
    const own = new session.Session({ sessionID: 'id', sessionStore })
    for (const method of ['save', 'reload', 'destroy']) own[method]()
    await new Promise((resolve) => setImmediate(resolve))
    await assert.rejects(own.save())
  })

  test('is saved before the response, also by a save that the app does not wait for', async (t) => {
    const store = new session.MemoryStore()
    const { set } = store
    const saving = gate()
    store.set = (id, data, callback) => { saving.pass().then(() => set.call(store, id, data, callback)) }
    const client = await serve(t, { store }, (ctx) => {
      count(ctx)
      ctx.session.save()
    })
    let isAnswered = false
    const answer = client.get('/').then(() => { isAnswered = true })
    await saving.reached
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(isAnswered, false)
    saving.open()
    await answer
    assert.equal(Object.keys(store.sessions).length, 1)
  })

  test('is that of a callback which the app does not wait for', async (t) => {
    const store = new session.MemoryStore()
    const client = await serve(t, { store }, (ctx) => {
      count(ctx)
      if (ctx.path === '/login') ctx.session.regenerate(() => { ctx.session.user = 'ann' })
    })
    await client.get('/')
    await client.get('/login')
    assert.deepEqual(Object.values(store.sessions).map((json) => JSON.parse(json).user), ['ann'])
    assert.equal(decodeURIComponent(client.jar.get('connect.sid')).startsWith(`s:${Object.keys(store.sessions)[0]}.`), true)
  })

  test('may get the same id again', async (t) => {
    const client = await serve(t, { genid: () => 'same' }, async (ctx) => {
      if (ctx.path === '/login') {
        await ctx.session.regenerate()
        ctx.session.user = 'ann'
      }
      count(ctx)
      return ctx.session
    })
    await client.get('/')
    await client.get('/login')
    const { user, views } = (await client.get('/')).json
    assert.deepEqual([user, views], ['ann', 2])
  })

  test('leaves nothing behind when its requests end', async (t) => {
    const store = new session.MemoryStore()
    const client = await serve(t, { store }, async (ctx) => {
      count(ctx)
      if (ctx.path === '/login') await ctx.session.regenerate()
      if (ctx.path === '/unknown') await ctx.session.reload()
    })
    const ids = []
    for (const path of ['/', '/', '/login', '/fails', '/unknown']) {
      const { get } = store
      if (path === '/fails') store.get = (id, callback) => callback(new Error('no'))
      if (path === '/unknown') store.sessions = {}
      const { status } = await client.get(path)
      assert.equal(status, path === '/fails' || path === '/unknown' ? 500 : 200)
      store.get = get
      ids.push(decodeURIComponent(client.jar.get('connect.sid')).split(/[:.]/)[1], ...Object.keys(store.sessions))
    }
    for (const id of new Set(ids)) {
      const records = inFlightRecordsOf(store)
      const ticket = records.enter(id)
      assert.equal(ticket.record.requests, 1)
      records.leave(ticket)
    }
  })

  test('regenerates also if the store cannot destroy, and passes the error on', async (t) => {
    const store = new session.MemoryStore()
    store.destroy = (id, callback) => callback(Object.assign(new Error('no'), { code: 'NO' }))
    const client = await serve(t, { store }, async (ctx) => {
      const { id } = ctx.session
      const code = await ctx.session.regenerate().then(() => 'none', (err) => err.code)
      return [code, ctx.session.id === id, ctx.session.id === ctx.sessionID]
    })
    assert.deepEqual((await client.get('/')).json, ['NO', false, true])
  })

  test('cannot be replaced by an object', async (t) => {
    const client = await serve(t, {}, (ctx) => { ctx.session = { user: 'ann' } })
    assert.equal((await client.get('/')).status, 500)
    assert.equal(client.errors[0].code, 'ERR_SESSION_VALUE')
  })

  test('of an app that fails is saved, and an error of that is emitted', async (t) => {
    const store = new session.MemoryStore()
    store.set = (id, data, callback) => callback(Object.assign(new Error('no'), { code: 'NO' }))
    const client = await serve(t, { store }, (ctx) => {
      count(ctx)
      ctx.throw(418)
    })
    const { status, setCookie } = await client.get('/')
    assert.deepEqual([status, setCookie.length], [418, 1])
    assert.deepEqual(client.errors.map(({ code, status }) => code ?? status), ['NO', 418])
  })
})

describe('the cookie', () => {
  test('is added to others, also to those that are arguments of writeHead', async (t) => {
    const sent = []
    for (const headers of [{ 'Set-Cookie': 'b=2' }, ['Set-Cookie', 'b=2'], { 'X-Other': '1' }, undefined]) {
      const client = await serve(t, {}, (ctx) => {
        count(ctx)
        ctx.respond = false
        ctx.res.setHeader('Set-Cookie', 'a=1')
        ctx.res.writeHead(200, headers)
        ctx.res.end()
      })
      const { setCookie } = await client.get('/')
      sent.push(setCookie.map((line) => line.split('=')[0]))
    }
    assert.deepEqual(sent, [['a', 'b', 'connect.sid'], ['a', 'b', 'connect.sid'], ['a', 'connect.sid'], ['a', 'connect.sid']])
  })

  test('is set once, also after headers that are invalid', async (t) => {
    const client = await serve(t, {}, (ctx) => {
      count(ctx)
      assert.throws(() => ctx.res.writeHead(200, { 'no name': '1' }))
    })
    assert.equal((await client.get('/')).setCookie.length, 1)
  })

  test('is sent before a body that is a stream, and by an app that responds itself', async (t) => {
    const client = await serve(t, {}, (ctx) => {
      count(ctx)
      const body = new PassThrough()
      setImmediate(() => body.end('the body'))
      return body
    })
    const { setCookie, body } = await client.get('/')
    assert.deepEqual([setCookie.length, body], [1, 'the body'])
  })

  test('that cannot be sent becomes an error of the app, not of the response', async (t) => {
    const client = await serve(t, { cookie: { domain: 'a b' } }, count)
    const { status, setCookie } = await client.get('/')
    assert.deepEqual([status, setCookie], [200, []])
    assert.deepEqual(client.errors.map(({ code, option }) => [code, option]), [['ERR_SESSION_OPTION', 'cookie.domain']])
  })

  test('has \'auto\' resolved from an object, not from a function, as in express-session', async (t) => {
    const attributes = async (cookie) => {
      const client = await serve(t, { cookie }, ({ session: { cookie: { secure, sameSite } } }) => ({ secure, sameSite }))
      return (await client.get('/')).json
    }
    const auto = { secure: 'auto', sameSite: 'auto' }
    assert.deepEqual(await attributes(auto), { secure: false, sameSite: 'lax' })
    assert.deepEqual(await attributes(() => auto), auto)
  })

  test('is not set for an id that is no string', async (t) => {
    for (const id of [7, undefined, Promise.resolve('id')]) {
      const store = new session.MemoryStore()
      const client = await serve(t, { store, genid: () => id }, count)
      const { status, setCookie } = await client.get('/')
      assert.deepEqual([status, setCookie, store.sessions], [200, [], Object.create(null)])
    }
  })

  test('is read from what a client sends as bytes beyond ASCII', async (t) => {
    const store = new session.MemoryStore()
    store.sessions.é = JSON.stringify({ cookie: {}, views: 4 })
    const client = await serve(t, { store }, (ctx) => String(ctx.session.views))
    const signed = signature.sign('é', 'a secret')
    const raw = await new Promise((resolve, reject) => {
      http.get({ port: client.port, headers: { cookie: `connect.sid=s:${signed}` } }, (response) => {
        response.setEncoding('utf8').on('data', resolve)
      }).on('error', reject)
    })
    assert.equal(raw, '4')
  })
})
