'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { KEYS, eachKoa } = require('../harness/app')
const { MODES } = require('../harness/modes')
const { refuses } = require('../harness/refusal')
const { start, visit } = require('../harness/server')
const { CountingStore } = require('../harness/store')
const { warned, warnings } = require('../harness/warnings')
const { attribute } = require('./attribute')

const KEY = 'koa.sess'
const TLS = { 'x-forwarded-proto': 'https' }

const routes = {
  '/in' (ctx) { ctx.session.n = Number(ctx.query.n); return 'good' },
  '/out' (ctx) { ctx.session = null; return 'good' },
  async '/anew' (ctx) { ctx.session.n = 9; await ctx.session.regenerate(); return 'good' },
  '/look' (ctx) { return { n: ctx.session.n ?? null } }
}

const isSecure = (line) => /; secure(;|$)/.test(line)

for (const mode of ['cookie', 'store']) {
  eachKoa(`fault 1: ${mode} mode: a request without TLS gets its response, without the cookie`, async (t, Koa) => {
    const store = mode === 'store' ? new CountingStore() : undefined
    const server = await start(t, { store, secure: true }, routes, { Koa })
    const answer = await server.get('/in?n=1')
    assert.equal(answer.status, 200)
    assert.equal(answer.body, 'good')
    assert.deepEqual(answer.setCookie, [])
    assert.deepEqual(server.errors, [])
    const event = await server.event('session:uncommitted')
    assert.equal(event.reason, 'insecure')
    assert.equal(event.name, 'session')
    assert.ok((await warned('KOA_SESSION_RS_INSECURE')).message.includes('app.proxy'))
  })

  test(`fault 1: ${mode} mode: with app.proxy and X-Forwarded-Proto the cookie is sent, and is secure`, async (t) => {
    const store = mode === 'store' ? new CountingStore() : undefined
    const server = await start(t, { store, secure: true }, routes, { proxy: true })
    const visitor = server.visitor()
    const { setCookie } = await visitor.get('/in?n=1', TLS)
    assert.equal(setCookie.length, 2)
    assert.ok(setCookie.every(isSecure))
    assert.deepEqual((await visitor.get('/look', TLS)).json, { n: 1 })
    // A cookie that was sent over TLS is also read without TLS, as in koa-session.
    assert.deepEqual((await visitor.get('/look')).json, { n: 1 })
    await server.settled()
    assert.deepEqual(server.events.named('session:uncommitted'), [])
  })
}

test('fault 1: a new session is not written, since the browser would not get its id', async (t) => {
  const store = new CountingStore()
  const server = await start(t, { store, secure: true }, routes)
  await server.get('/in?n=1')
  assert.deepEqual(store.calls, [])
  assert.equal(store.records.size, 0)
})

test('fault 1: a loaded session is written', async (t) => {
  const store = new CountingStore()
  const server = await start(t, { store, secure: true }, routes, { proxy: true })
  const visitor = server.visitor()
  await visitor.get('/in?n=1', TLS)
  const [id] = store.ids()
  store.reset()
  const answer = await visitor.get('/in?n=2')
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.setCookie, [])
  assert.equal(store.count('set'), 1)
  assert.equal(store.data(id).n, 2)
  assert.equal((await server.event('session:uncommitted')).reason, 'insecure')
  assert.deepEqual((await visitor.get('/look')).json, { n: 2 })
})

test('fault 1: a logout destroys the record, although the cookie cannot be cleared', async (t) => {
  const store = new CountingStore()
  const server = await start(t, { store, secure: true }, routes, { proxy: true })
  const visitor = server.visitor()
  await visitor.get('/in?n=1', TLS)
  const answer = await visitor.get('/out')
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.setCookie, [])
  assert.equal(store.records.size, 0)
  assert.equal((await server.event('session:uncommitted')).reason, 'insecure')
})

test('fault 1: regenerate keeps the id that the browser has, and saves', async (t) => {
  const store = new CountingStore()
  const server = await start(t, { store, secure: true }, routes, { proxy: true })
  const visitor = server.visitor()
  await visitor.get('/in?n=1', TLS)
  const [id] = store.ids()
  const answer = await visitor.get('/anew')
  assert.equal(answer.status, 200)
  assert.deepEqual(store.ids(), [id])
  assert.equal(store.data(id).n, 9)
  assert.deepEqual((await visitor.get('/look')).json, { n: 9 })
  await visitor.get('/anew', TLS)
  assert.notDeepEqual(store.ids(), [id])
})

test('fault 1: an error of the route is not replaced', async (t) => {
  const server = await start(t, { secure: true }, (ctx) => {
    ctx.session.n = 1
    ctx.throw(418)
  })
  assert.equal((await server.get('/')).status, 418)
  assert.deepEqual(server.errors.map(({ status }) => status), [418])
})

test('fault 1: one warning a process', async (t) => {
  const server = await start(t, { secure: true }, routes)
  await server.get('/in?n=1')
  await server.get('/in?n=1')
  await warned('KOA_SESSION_RS_INSECURE')
  await server.settled()
  assert.equal(warnings.filter(({ code }) => code === 'KOA_SESSION_RS_INSECURE').length, 1)
  assert.equal(server.events.named('session:uncommitted').length, 2)
})

test('fault 1: the workaround ctx.cookies.secure = true still works', async (t) => {
  const server = await start(t, { secure: true }, (ctx) => {
    ctx.cookies.secure = true
    ctx.session.n = 1
  })
  const { setCookie } = await server.get('/')
  assert.equal(setCookie.length, 2)
  assert.ok(setCookie.every(isSecure))
})

for (const [name, secure] of [['unset', undefined], ["'auto'", 'auto'], ["a function that gives 'auto'", () => 'auto']]) {
  test(`fault 1: secure ${name}: secure over TLS, and not secure without`, async (t) => {
    const server = await start(t, { secure }, routes, { proxy: true })
    const plain = (await server.get('/in?n=1')).setCookie
    const tls = (await server.get('/in?n=1', TLS)).setCookie
    assert.deepEqual([plain.length, tls.length], [2, 2])
    assert.ok(!plain.some(isSecure))
    assert.ok(tls.every(isSecure))
  })
}

// With a Keygrip of another algorithm, the cookie is written by ctx.cookies.
const otherKeys = () => new (require('keygrip'))(KEYS, 'sha256')

for (const [writer, keys] of [['the core', () => KEYS], ['ctx.cookies', otherKeys]]) {
  test(`fault 1: secure 'force', written by ${writer}: secure even over plain HTTP`, async (t) => {
    const store = new CountingStore()
    const before = (app) => app.use((ctx, next) => {
      ctx.cookies.set('other', '1')
      return next()
    })
    const opts = { store, secure: 'force', sameSite: 'lax', partitioned: true }
    const server = await start(t, opts, routes, { keys: keys(), before })
    const visitor = server.visitor()
    const { setCookie, cookies } = await visitor.get('/in?n=1')
    assert.equal(setCookie.length, 3)
    const own = [cookies.get(KEY), cookies.get(`${KEY}.sig`)]
    for (const line of own) assert.match(line, /=[^;]+; path=\/; samesite=lax; secure; httponly; partitioned$/)
    assert.ok(!isSecure(cookies.get('other')))
    assert.deepEqual((await visitor.get('/look')).json, { n: 1 })
    const cleared = await visitor.get('/out')
    assert.match(cleared.cookies.get(KEY), /=; path=\/; expires=Thu, 01 Jan 1970 00:00:00 GMT; samesite=lax; secure; httponly; partitioned$/)
    assert.equal(store.records.size, 0)
    assert.deepEqual(server.events.named('session:uncommitted'), [])
  })
}

test('fault 1: secure as a function of ctx, called once a request', async (t) => {
  let calls = 0
  const secure = (ctx) => { calls++; return ctx.get('x-tls') === 'yes' && 'force' }
  const server = await start(t, { secure }, (ctx) => {
    ctx.session.n = 1
    return ctx.session.save()
  })
  const plain = (await server.get('/')).setCookie
  const tls = (await server.get('/', { 'x-tls': 'yes' })).setCookie
  assert.ok(plain.length === 2 && !plain.some(isSecure))
  assert.ok(tls.length === 2 && tls.every(isSecure))
  assert.equal(calls, 2)
})

test('fault 1: a function that returns true has the effect of true', async (t) => {
  const server = await start(t, { secure: () => true }, routes)
  const answer = await server.get('/in?n=1')
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.setCookie, [])
})

const put = (ctx) => { ctx.session.a = 1 }

const attributesOf = (line) => line.replace(/^[^;]*/, '').replace(/; expires=[^;]*/, '')

attribute('secure', {
  values: [[undefined, '; path=/; httponly'], [false, '; path=/; httponly']],
  ofCtx: [['force', '; path=/; secure; httponly'], ['auto', '; path=/; httponly'], [false, '; path=/; httponly']],
  refused: ['yes']
})

refuses('secure', [['true', 'string']])

describe('secure', () => {
  const behindProxy = { before: (app) => { app.proxy = true } }

  /** Sends a request like a proxy that terminates TLS. */
  async function linesBehindProxy (t, options) {
    const client = await visit(t, options, put, { ...behindProxy })
    return (await client.get('/', { 'x-forwarded-proto': 'https' })).setCookie
  }

  for (const [secure, expected] of [[undefined, '; path=/; secure; httponly'], [null, '; path=/; secure; httponly'], [true, '; path=/; secure; httponly'], [false, '; path=/; httponly']]) {
    test(`${secure} over TLS`, async (t) => {
      const setCookie = await linesBehindProxy(t, { secure })
      assert.equal(setCookie.length, 2)
      assert.ok(setCookie.every((line) => line.slice(line.indexOf(';')) === expected))
    })
  }

  test('true over plain HTTP sends no cookie', async (t) => {
    for (const mode of ['cookie', 'store']) {
      const client = await visit(t, { ...MODES[mode]().options, secure: true }, put)
      assert.deepEqual((await client.get()).setCookie, [])
    }
  })

  test('is between samesite and httponly', async (t) => {
    const [line] = await linesBehindProxy(t, { secure: true, sameSite: 'none', partitioned: true })
    assert.ok(line.endsWith('; path=/; samesite=none; secure; httponly; partitioned'))
  })
})

for (const kind of ['cookie', 'store']) {
  test(`secure: () => true over plain HTTP sends no cookie, and fails nothing: ${kind}`, async (t) => {
    const server = await start(t, { store: kind === 'store' ? new CountingStore() : undefined, secure: () => true }, routes)
    const answer = await server.get('/in')
    assert.deepEqual([answer.status, answer.setCookie], [200, []])
    assert.equal((await server.event('session:uncommitted')).reason, 'insecure')
  })
}

test("secure: 'auto' has the effect of undefined", async (t) => {
  const server = await start(t, { secure: 'auto' }, routes)
  assert.deepEqual((await server.get('/in')).setCookie.map(attributesOf), Array(2).fill('; path=/; httponly'))
  const behind = await start(t, { secure: 'auto' }, routes, { proxy: true })
  const { setCookie } = await behind.get('/in', { 'x-forwarded-proto': 'https' })
  assert.deepEqual(setCookie.map(attributesOf), Array(2).fill('; path=/; secure; httponly'))
})

test("secure: 'force' is sent even over plain HTTP", async (t) => {
  for (const encode of [undefined, (data) => Buffer.from(JSON.stringify(data)).toString('base64')]) {
    const server = await start(t, { secure: 'force', sameSite: 'none', encode }, routes)
    for (const path of ['/in', '/out']) {
      const { status, setCookie } = await server.get(path)
      assert.equal(status, 200)
      assert.deepEqual(setCookie.map(attributesOf), Array(2).fill('; path=/; samesite=none; secure; httponly'))
    }
  }
})
