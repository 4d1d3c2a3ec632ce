'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')

const { eachKoa } = require('../harness/app')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

/** Ends the response without Koa. */
function endRaw (ctx, body = 'raw') {
  ctx.respond = false
  ctx.res.statusCode = 200
  ctx.res.end(body)
}

/** Waits until the middleware has ended, which is after the response. */
async function after (server, count, what) {
  for (let i = 0; i < 200 && what() < count; i++) await new Promise((resolve) => setTimeout(resolve, 5))
  await server.settled()
}

eachKoa('fault 2: after the headers were sent, the store is written, the cookie is skipped, and nothing throws', async (t, Koa) => {
  const store = new CountingStore()
  const server = await start(t, { store }, (ctx) => {
    ctx.session.n = 1
    endRaw(ctx)
  }, { Koa })
  const answer = await server.get('/')
  assert.equal(answer.body, 'raw')
  assert.deepEqual(answer.setCookie, [])
  await after(server, 1, () => store.count('set'))
  assert.deepEqual(server.errors, [])
  assert.equal(store.count('set'), 1)
  assert.deepEqual([...store.records.values()].map((text) => JSON.parse(text).n), [1])
  const [event] = server.events.named('session:uncommitted')
  assert.equal(event.reason, 'headers-sent')
})

eachKoa('fault 2: cookie mode: the cookie is skipped, and an event is emitted', async (t, Koa) => {
  const server = await start(t, {}, (ctx) => {
    ctx.session.n = 1
    endRaw(ctx)
  }, { Koa })
  assert.deepEqual((await server.get('/')).setCookie, [])
  await server.settled()
  assert.deepEqual(server.errors, [])
  assert.deepEqual(server.events.named('session:uncommitted').map(({ reason }) => reason), ['headers-sent'])
  assert.deepEqual(server.events.named('session:saved'), [])
})

test('fault 2: a handler that streams events can change a loaded session', async (t) => {
  const store = new CountingStore()
  const server = await start(t, { store }, {
    '/in' (ctx) { ctx.session.n = 1 },
    async '/events' (ctx) {
      ctx.respond = false
      ctx.res.setHeader('Content-Type', 'text/event-stream')
      ctx.res.flushHeaders()
      for (let i = 0; i < 3; i++) {
        ctx.session.n++
        ctx.res.write(`data: ${ctx.session.n}\n\n`)
        await new Promise((resolve) => setImmediate(resolve))
      }
      ctx.res.end()
    }
  })
  const visitor = server.visitor()
  await visitor.get('/in')
  const [id] = store.ids()
  store.reset()
  const answer = await visitor.get('/events')
  assert.equal(answer.body, 'data: 2\n\ndata: 3\n\ndata: 4\n\n')
  await after(server, 1, () => store.count('set'))
  assert.equal(store.count('set'), 1)
  assert.equal(store.data(id).n, 4)
  assert.deepEqual(server.errors, [])
})

test('fault 2: a logout after the headers destroys the record', async (t) => {
  const store = new CountingStore()
  const server = await start(t, { store }, {
    '/in' (ctx) { ctx.session.n = 1 },
    '/out' (ctx) {
      endRaw(ctx)
      ctx.session = null
    }
  })
  const visitor = server.visitor()
  await visitor.get('/in')
  await visitor.get('/out')
  await after(server, 1, () => store.count('destroy'))
  assert.equal(store.records.size, 0)
  assert.deepEqual(server.errors, [])
  assert.deepEqual(server.events.named('session:uncommitted').map(({ reason }) => reason), ['headers-sent'])
})

test('fault 2: regenerate after the headers rejects, and the session stays under its id', async (t) => {
  const store = new CountingStore()
  const codes = []
  const server = await start(t, { store }, {
    '/in' (ctx) { ctx.session.n = 1 },
    async '/anew' (ctx) {
      endRaw(ctx)
      ctx.session.n = 2
      await ctx.session.regenerate().catch(({ code }) => codes.push(code))
    },
    '/look' (ctx) { return { n: ctx.session.n ?? null } }
  })
  const visitor = server.visitor()
  await visitor.get('/in')
  const ids = store.ids()
  await visitor.get('/anew')
  await after(server, 2, () => store.count('set'))
  assert.deepEqual(codes, ['ERR_SESSION_HEADERS_SENT'])
  assert.deepEqual(store.ids(), ids)
  assert.deepEqual(server.errors, [])
  assert.deepEqual((await visitor.get('/look')).json, { n: 2 })
})

test('fault 2: nothing is hooked without early, nor with it for an unread session in cookie mode', async (t) => {
  const hooks = []
  const look = (ctx) => { hooks.push(Object.hasOwn(ctx.res, 'writeHead') || Object.hasOwn(ctx.res, 'end')) }
  const untouched = await start(t, { early: true }, look)
  await untouched.get('/')
  const without = await start(t, { store: new CountingStore() }, (ctx) => {
    ctx.session.n = 1
    look(ctx)
  })
  await without.get('/')
  assert.deepEqual(hooks, [false, false])
})

// early.test.js and early-later.test.js test all ways of sending headers.
for (const mode of ['cookie', 'store']) {
  eachKoa(`fault 2: early: ${mode} mode: a response that is sent before the middleware ends has its cookie`, async (t, Koa) => {
    const store = mode === 'store' ? new CountingStore() : undefined
    const server = await start(t, { store, early: true }, {
      '/in' (ctx) {
        ctx.session.n = 1
        endRaw(ctx)
      },
      '/look' (ctx) { return { n: ctx.session.n ?? null } }
    }, { Koa })
    const visitor = server.visitor()
    assert.equal((await visitor.get('/in')).setCookie.length, 2)
    await server.settled()
    assert.deepEqual((await visitor.get('/look')).json, { n: 1 })
    assert.deepEqual(server.errors, [])
  })
}

test('fault 2: early: header pairs passed to writeHead are sent, with their Set-Cookie beside the session\'s', async (t) => {
  const server = await start(t, { early: true }, (ctx) => {
    ctx.respond = false
    ctx.session.n = 1
    ctx.res.writeHead(201, [['Set-Cookie', 'a=1'], ['X-A', '1'], ['set-cookie', 'b=2']])
    ctx.res.end('x')
  })
  const answer = await server.get('/')
  assert.equal(answer.status, 201)
  assert.equal(answer.headers['x-a'], '1')
  assert.deepEqual([...answer.cookies.keys()], ['a', 'b', 'koa.sess', 'koa.sess.sig'])
})
