'use strict'

/** Responses during which the session fails while the headers are sent (`early`). */

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { of } = require('../harness/app')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')
const { settled } = require('../harness/waiting')

const failure = new Error('a hook')

/** Starts an app that sends its headers itself, after `act` has used the session. */
function begin (t, opts, act = (ctx) => { ctx.session.user = 'ann' }, then = () => {}) {
  return start(t, { early: true, ...opts }, async (ctx) => {
    await act(ctx)
    ctx.respond = false
    ctx.res.statusCode = 200
    ctx.res.setHeader('x-own', '1')
    ctx.res.write('do')
    await then(ctx)
    ctx.res.end('ne')
  })
}

async function visit (server, headers) {
  const answer = await server.get('/', headers)
  await settled()
  assert.deepEqual([answer.status, answer.body, answer.headers['x-own']], [200, 'done', '1'])
  return { setCookie: answer.setCookie, reasons: server.events.named('session:uncommitted').map(({ reason }) => reason) }
}

describe('early: a hook that throws while the headers are sent', () => {
  const hooks = {
    'domain: a function that throws': { domain: () => { throw failure } },
    'beforeSave throws': { beforeSave: () => { throw failure } },
    'encode throws': { encode: () => { throw failure } }
  }
  for (const [what, opts] of Object.entries(hooks)) {
    test(`${what}: the headers are sent without the cookie, and the error is emitted once`, async (t) => {
      const server = await begin(t, opts)
      const { setCookie, reasons } = await visit(server)
      assert.deepEqual([setCookie, reasons], [[], ['failed']])
      assert.equal(server.errors.length, 1)
      assert.equal(server.errors[0], failure)
    })
  }

  test('a domain that no cookie can have', async (t) => {
    const server = await begin(t, { domain: (ctx) => ctx.get('x-domain') })
    const { setCookie, reasons } = await visit(server, { 'x-domain': 'a;b' })
    assert.deepEqual([setCookie, reasons], [[], ['failed']])
    assert.deepEqual(server.errors.map(({ code, option }) => [code, option]), [['ERR_SESSION_OPTION', 'domain']])
  })

  test('a BigInt', async (t) => {
    const server = await begin(t, {}, (ctx) => { ctx.session.big = 1n })
    const { setCookie, reasons } = await visit(server)
    assert.deepEqual([setCookie, reasons], [[], ['failed']])
    assert.deepEqual(server.errors.map(({ code }) => code), ['ERR_SESSION_VALUE'])
  })

  test('externalKey.set throws', async (t) => {
    const store = new CountingStore()
    const externalKey = { get: () => undefined, set: () => { throw failure } }
    const server = await begin(t, { store, externalKey })
    const { reasons } = await visit(server)
    assert.deepEqual(reasons, ['failed'])
    assert.equal(server.errors[0], failure)
  })

  test('with a store, the record of a loaded session is written nevertheless', async (t) => {
    const store = new CountingStore()
    let fails = false
    const domain = () => {
      if (fails) throw failure
    }
    const server = await begin(t, { store, domain }, (ctx) => { ctx.session.n = (ctx.session.n ?? 0) + 1 })
    const { setCookie } = await visit(server)
    const cookie = setCookie.map((line) => line.slice(0, line.indexOf(';'))).join('; ')
    fails = true
    const answer = await visit(server, { cookie })
    assert.deepEqual(answer.setCookie, [])
    assert.equal(answer.reasons[0], 'failed')
    assert.equal(store.data(store.ids()[0]).n, 2)
  })

  test('headers that the app passes to writeHead are sent, too', async (t) => {
    const server = await start(t, { early: true, beforeSave: () => { throw failure } }, (ctx) => {
      ctx.session.user = 'ann'
      ctx.respond = false
      ctx.res.writeHead(201, { 'x-own': '1', 'set-cookie': 'own=1' }).end('done')
    })
    const answer = await server.get('/')
    assert.deepEqual([answer.status, answer.headers['x-own'], answer.setCookie], [201, '1', ['own=1']])
  })
})

describe('early: a hook that returns a promise', () => {
  for (const fails of [false, true]) {
    test(`externalKey.set ${fails ? 'rejects' : 'resolves'}: the event has the reason asynchronous, and the hook is called once`, async (t) => {
      const store = new CountingStore()
      let calls = 0
      const set = async () => {
        calls++
        await settled()
        if (fails) throw failure
      }
      const server = await begin(t, { store, externalKey: { get: () => undefined, set } })
      const { reasons } = await visit(server)
      await settled()
      await settled()
      assert.deepEqual([calls, reasons, store.count('set')], [1, ['asynchronous'], 1])
      assert.deepEqual(server.errors, fails ? [failure] : [])
    })
  }

  test('beforeSave rejects: its error is emitted', async (t) => {
    const server = await begin(t, { beforeSave: async () => { throw failure } })
    const { setCookie, reasons } = await visit(server)
    assert.deepEqual([setCookie, reasons, server.errors], [[], ['asynchronous'], [failure]])
  })

  test('externalKey.remove rejects: its error is emitted', async (t) => {
    const store = new CountingStore()
    store.records.set('an-id', JSON.stringify({ user: 'ann', _expire: Date.now() + 60000, _maxAge: 60000 }))
    const externalKey = { get: () => 'an-id', set: () => {}, remove: async () => { throw failure } }
    const server = await begin(t, { store, externalKey }, (ctx) => { ctx.session = null })
    await visit(server)
    assert.deepEqual([server.errors, store.ids()], [[failure], []])
  })
})

test('a promise of valid that rejects, after ctx.session has thrown, is no unhandled rejection', async (t) => {
  const rejections = []
  const note = (err) => rejections.push(err)
  process.on('unhandledRejection', note)
  t.after(() => process.off('unhandledRejection', note))
  let isBound = false
  const valid = (...args) => isBound ? Promise.reject(failure) : args.length > 0
  const codes = []
  const server = await start(t, { valid, signed: false }, (ctx) => {
    if (ctx.path === '/in') ctx.session.user = 'ann'
    else {
      try {
        return { user: ctx.session.user }
      } catch (err) {
        codes.push(err.code)
      }
    }
  })
  const ann = server.visitor()
  await ann.get('/in')
  isBound = true
  await ann.get('/')
  await settled()
  assert.deepEqual([codes, rejections], [['ERR_SESSION_NOT_LOADED'], []])
})

test('an error that a callback of save() throws is emitted', async (t) => {
  const server = await start(t, {}, (ctx) => { ctx.session.save(() => { throw failure }) })
  assert.equal((await server.get('/')).status, 200)
  await settled()
  assert.deepEqual(server.errors, [failure])
})

test('hooks that cannot be awaited are refused by name, and their rejection is ignored', async (t) => {
  const reject = async () => { throw failure }
  const hooks = { ignore: reject, domain: reject, encode: reject, decode: reject }
  for (const [option, hook] of Object.entries(hooks)) {
    const server = await start(t, { [option]: hook, signed: false }, (ctx) => { ctx.session.user = 'ann' })
    assert.equal((await server.get('/', { cookie: 'koa.sess=e30=' })).status, 500)
    assert.deepEqual(server.errors.map(({ code, option, received }) => [code, option, received]), [['ERR_SESSION_OPTION', option, 'promise']])
  }
})

test("what a listener of 'error' throws becomes a warning", async (t) => {
  const server = await begin(t, { beforeSave: () => { throw failure } })
  server.app.on('error', () => { throw new Error('a listener') })
  const warned = new Promise((resolve) => process.once('warning', resolve))
  await visit(server)
  assert.match((await warned).message, /a listener/)
})

test("an error of another realm, such as Jest's, becomes a warning too", async (t) => {
  const { runInNewContext } = require('node:vm')
  const server = await start(t, {}, (ctx) => { ctx.session.user = 'ann' })
  server.app.on('error', () => { throw runInNewContext('new Error("another realm")') })
  server.app.on('session:created', () => { throw failure })
  const warned = new Promise((resolve) => process.once('warning', resolve))
  await server.get('/')
  assert.match((await warned).message, /another realm/)
})

test('a second call of writeHead, after one that failed, sends the cookie', async (t) => {
  const thrown = []
  const server = await start(t, { early: true }, (ctx) => {
    ctx.session.user = 'ann'
    ctx.respond = false
    try {
      ctx.res.writeHead(200, { 'x-own': undefined })
    } catch (err) {
      thrown.push(err.code)
    }
    ctx.res.writeHead(200, { 'x-own': '1' }).end('done')
  })
  const { setCookie, headers } = await server.get('/')
  assert.deepEqual([thrown, setCookie.length, headers['x-own'], server.errors], [['ERR_HTTP_INVALID_HEADER_VALUE'], 2, '1', []])
})

test('session.of(ctx): list() and revokeOthers() reject with an Error', async (t) => {
  const { MemoryStore } = require('../../stores/memory')
  class Failing extends MemoryStore {
    list () { return Promise.reject(undefined) } // eslint-disable-line prefer-promise-reject-errors
    destroyAll () { throw null } // eslint-disable-line no-throw-literal
  }
  const codes = []
  const server = await start(t, { store: new Failing(), subject: 'user' }, async (ctx) => {
    ctx.session.user = 'ann'
    await of(ctx).list().catch((err) => codes.push(err.code))
    await of(ctx).revokeOthers().catch((err) => codes.push(err.code))
  })
  await server.get('/')
  assert.deepEqual(codes, ['ERR_SESSION_STORE', 'ERR_SESSION_STORE'])
})
