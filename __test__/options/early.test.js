'use strict'

/** The cookie that is sent if the headers are sent before the middleware ends; early-later.test.js tests what happens afterwards. */

const assert = require('node:assert/strict')
const http = require('node:http')
const http2 = require('node:http2')
const { Readable } = require('node:stream')
const { pipeline } = require('node:stream/promises')
const { describe, test } = require('node:test')

const { request, requestHttp2 } = require('../harness/client')
const { decodeCookie } = require('../harness/forge')
const { refuses } = require('../harness/refusal')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')
const { settled } = require('../harness/waiting')

const PROTOCOLS = {
  'HTTP/1.1': { ask: request, listen: http.createServer },
  'HTTP/2': { ask: requestHttp2, listen: http2.createServer }
}

const namesOf = (answer) => answer.setCookie.map((line) => line.slice(0, line.indexOf('=')))
const cookieOf = (answer) => answer.setCookie.map((line) => line.slice(0, line.indexOf(';'))).join('; ')

const SESSION = ['koa.sess', 'koa.sess.sig']

/** Waits until the headers have been sent. */
const pause = () => settled()

/** Ways of sending headers, and what the response must contain besides the cookie. */
const WAYS = {
  'res.end': { act: (res) => { res.end('done') } },
  'res.end without a body': { body: '', act: (res) => { res.end() } },
  'res.write': {
    async act (res) {
      res.write('do')
      await pause()
      res.end('ne')
    }
  },
  'res.flushHeaders': {
    async act (res) {
      res.flushHeaders()
      await pause()
      res.end('done')
    }
  },
  'a pipe': { act: (res) => pipeline(Readable.from(['do', 'ne']), res) },
  'writeHead(status)': { status: 201, act: (res) => { res.writeHead(201).end('done') } },
  'writeHead(status, message)': { status: 201, message: 'Fine', act: (res) => { res.writeHead(201, 'Fine').end('done') } },
  'writeHead(status, object)': {
    status: 201, x: 'a, b', act: (res) => { res.writeHead(201, { 'X-A': ['a', 'b'], 'content-type': 'text/css' }).end('done') }
  },
  'writeHead(status, message, object)': {
    status: 201, message: 'Fine', x: 'a', act: (res) => { res.writeHead(201, 'Fine', { 'x-a': 'a' }).end('done') }
  },
  'writeHead(status, undefined, object)': { status: 201, x: 'a', act: (res) => { res.writeHead(201, undefined, { 'x-a': 'a' }).end('done') } },
  'writeHead, an object with a cookie': {
    cookies: ['own'], x: 'a', act: (res) => { res.writeHead(200, { 'x-a': 'a', 'Set-Cookie': 'own=1' }).end('done') }
  },
  'writeHead, an object with cookies': {
    cookies: ['own', 'two'], act: (res) => { res.writeHead(200, { 'set-cookie': ['own=1', 'two=2'] }).end('done') }
  },
  'writeHead, pairs': { x: 'a', act: (res) => { res.writeHead(200, [['X-A', 'a'], ['x-b', 'b']]).end('done') } },
  'writeHead, three pairs': { x: 'a', act: (res) => { res.writeHead(200, [['X-A', 'a'], ['x-b', 'b'], ['x-c', 'c']]).end('done') } },
  'writeHead, pairs with cookies': {
    cookies: ['own', 'two'], x: 'a', act: (res) => { res.writeHead(200, [['Set-Cookie', 'own=1'], ['x-a', 'a'], ['set-cookie', 'two=2']]).end('done') }
  },
  'writeHead, a flat list': { x: 'a', act: (res) => { res.writeHead(200, ['X-A', 'a', 'x-b', 'b']).end('done') } },
  'writeHead, a flat list with cookies': {
    cookies: ['own', 'two'], x: 'a', act: (res) => { res.writeHead(200, ['Set-Cookie', 'own=1', 'x-a', 'a', 'SET-COOKIE', ['two=2']]).end('done') }
  },
  'writeHead, an empty list': { act: (res) => { res.writeHead(200, []).end('done') } }
}

for (const [protocol, { ask, listen }] of Object.entries(PROTOCOLS)) {
  for (const kind of ['cookie', 'store']) {
    describe(`early: the cookie is sent with the headers, in ${kind} mode over ${protocol}`, () => {
      for (const [way, { act, status = 200, message, x, cookies = [], body = 'done' }] of Object.entries(WAYS)) {
        test(way, async (t) => {
          const store = kind === 'store' ? new CountingStore() : undefined
          const server = await start(t, { store, early: true }, async (ctx) => {
            if (ctx.path === '/me') return { user: ctx.session.user ?? null }
            ctx.respond = false
            ctx.status = 200
            ctx.session.user = 'ann'
            await act(ctx.res)
            await pause()
            if (store) ctx.session.later = true
          }, { listen })
          const answer = await ask(server.port, { path: '/' })
          assert.deepEqual([answer.status, answer.body], [status, body])
          if (ask === request && message) assert.equal(answer.message, message)
          assert.equal(answer.headers['x-a'], x)
          assert.deepEqual(namesOf(answer), [...cookies, ...SESSION])
          // The record is written at the end of the middleware, which may be after the response.
          await server.event('session:saved')
          const again = await ask(server.port, { path: '/me', headers: { cookie: cookieOf(answer) } })
          assert.equal(again.body, '{"user":"ann"}')
          if (store) {
            assert.equal(store.count('set'), 1)
            assert.equal(store.data(store.ids()[0]).later, true)
          }
          await settled()
          assert.deepEqual([server.errors, server.events.named('session:uncommitted')], [[], []])
          assert.deepEqual(server.events.named('session:saved').map(({ reason }) => reason), ['changed'])
        })
      }

      test('informational responses (1xx) do not send the cookie', async (t) => {
        const store = kind === 'store' ? new CountingStore() : undefined
        const server = await start(t, { store, early: true }, async (ctx) => {
          ctx.respond = false
          ctx.status = 200
          assert.equal(ctx.session.user, undefined)
          ctx.res.writeContinue()
          ctx.res.writeEarlyHints?.({ link: '</style.css>; rel=preload' })
          await pause()
          ctx.session.user = 'ann'
          ctx.res.end('done')
        }, { listen })
        const answer = await ask(server.port, { path: '/' })
        assert.deepEqual([answer.status, answer.body], [200, 'done'])
        assert.deepEqual(namesOf(answer), SESSION)
        if (ask === request) assert.ok(answer.hints.includes(100) && answer.hints.includes(103), String(answer.hints))
        assert.deepEqual(server.errors, [])
      })

      test('cookies that were set before stay, beside those of writeHead', async (t) => {
        const store = kind === 'store' ? new CountingStore() : undefined
        const server = await start(t, { store, early: true }, async (ctx) => {
          ctx.respond = false
          ctx.cookies.set('first', '1', { signed: false })
          ctx.session.user = 'ann'
          await ctx.session.save()
          ctx.res.writeHead(200, { 'Set-Cookie': ['own=1'] }).end('done')
        }, { listen })
        const answer = await ask(server.port, { path: '/' })
        assert.deepEqual(namesOf(answer).sort(), ['first', ...SESSION, 'own'])
        assert.equal(store?.count('set') ?? 1, 1)
      })

      test('null clears it', async (t) => {
        const store = kind === 'store' ? new CountingStore() : undefined
        const server = await start(t, { store, early: true }, (ctx) => {
          if (ctx.path === '/in') {
            ctx.session.user = 'ann'
            return 'in'
          }
          ctx.respond = false
          ctx.session = null
          ctx.res.end('done')
        }, { listen })
        const cookie = cookieOf(await ask(server.port, { path: '/in' }))
        const answer = await ask(server.port, { path: '/', headers: { cookie } })
        assert.deepEqual(namesOf(answer), SESSION)
        for (const line of answer.setCookie) assert.match(line, /expires=Thu, 01 Jan 1970/)
        await settled()
        assert.equal(store?.ids().length ?? 0, 0)
        assert.equal(server.events.named('session:uncommitted').length, 0)
      })

      test('a session that has nothing to save sends nothing', async (t) => {
        const store = kind === 'store' ? new CountingStore() : undefined
        const server = await start(t, { store, early: true }, (ctx) => {
          if (ctx.path === '/in') {
            ctx.session.user = 'ann'
            return 'in'
          }
          ctx.respond = false
          ctx.res.end(ctx.session.user ?? 'nobody')
        }, { listen })
        assert.deepEqual((await ask(server.port, { path: '/' })).setCookie, [])
        const answer = await ask(server.port, { path: '/', headers: { cookie: cookieOf(await ask(server.port, { path: '/in' })) } })
        assert.deepEqual([answer.body, answer.setCookie], ['ann', []])
      })
    })
  }
}

describe('early: the cookie', () => {
  const REASONS = {
    rolling: [{ rolling: true, maxAge: 60000 }, () => {}],
    renew: [{ renew: true, maxAge: 60000 }, () => {}],
    forced: [{ maxAge: 60000 }, (ctx) => { ctx.session.maxAge = 70000 }]
  }
  for (const [reason, [opts, act]] of Object.entries(REASONS)) {
    for (const kind of ['cookie', 'store']) {
      test(`${reason}, in ${kind} mode: is sent once, with one event`, async (t) => {
        const store = kind === 'store' ? new CountingStore() : undefined
        const server = await start(t, { ...opts, store, signed: false, early: true }, (ctx) => {
          ctx.respond = false
          assert.equal(ctx.session.user, 'ann')
          act(ctx)
          ctx.res.end('done')
        })
        const data = { user: 'ann', _expire: Date.now() + 20000, _maxAge: 60000 }
        store?.records.set('an-id', JSON.stringify(data))
        const id = store ? 'an-id' : Buffer.from(JSON.stringify(data)).toString('base64')
        const answer = await server.get('/', { cookie: `koa.sess=${id}` })
        assert.deepEqual(namesOf(answer), ['koa.sess'])
        await settled()
        assert.deepEqual(server.events.map(({ name, event }) => [name, event.reason]), [['session:saved', reason]])
        assert.equal(store?.count('set') ?? 1, 1)
      })
    }
  }

  test('has the data as they are when the headers are sent, after beforeSave', async (t) => {
    const calls = []
    const beforeSave = (ctx, session) => {
      calls.push(ctx.path)
      session.stamp = 1
    }
    const server = await start(t, { early: true, beforeSave }, (ctx) => {
      ctx.respond = false
      ctx.session.user = 'ann'
      ctx.res.end('done')
    })
    const answer = await server.get('/')
    const { user, stamp } = decodeCookie(answer.setCookie[0])
    assert.deepEqual({ user, stamp }, { user: 'ann', stamp: 1 })
    await settled()
    assert.deepEqual([calls, server.events.named('session:uncommitted')], [['/'], []])
  })

  test('is cleared if an unread session was replaced by an empty one', async (t) => {
    const server = await start(t, { early: true }, (ctx) => {
      if (ctx.path === '/in') {
        ctx.session.user = 'ann'
        return 'in'
      }
      ctx.respond = false
      ctx.session = {}
      ctx.res.end('done')
    })
    const answer = await server.get('/', { cookie: cookieOf(await server.get('/in')) })
    assert.deepEqual(namesOf(answer), SESSION)
    for (const line of answer.setCookie) assert.match(line, /expires=Thu, 01 Jan 1970/)
    await settled()
    assert.deepEqual(server.events.named('session:uncommitted'), [])
  })

  test('is replaced by externalKey.set before the headers are sent', async (t) => {
    const store = new CountingStore()
    const externalKey = { get: (ctx) => ctx.get('x-id'), set: (ctx, id) => ctx.set('x-id', id) }
    const server = await start(t, { store, externalKey, early: true }, (ctx) => {
      ctx.respond = false
      ctx.session.user = 'ann'
      ctx.res.end('done')
    })
    const { headers } = await server.get('/')
    await settled()
    assert.deepEqual([headers['x-id']], store.ids())
    assert.equal(headers['set-cookie'], undefined)
  })
})

refuses('early', [[1, 'number'], ['true', 'string']])
