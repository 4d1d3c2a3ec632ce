'use strict'

/** Sessions in handlers of web sockets: a ctx that is made of the upgrade request, without a response. */

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { describe, test } = require('node:test')

const SocketIoKoa = require('koa-socket.io')
const koaSocketSession = require('koa-socket-session')
const { Server } = require('socket.io')
const { io: connect } = require('socket.io-client')
const { createRequire } = require('node:module')
// koa-socket.io needs socket.io 1, and brings its own.
const connect1 = createRequire(require.resolve('koa-socket.io'))('socket.io-client')

const { MemoryStore } = require('../../stores/memory')
const { of, session } = require('../harness/app')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')
const { settled } = require('../harness/waiting')

const ROUTES = {
  async '/in' (ctx) {
    await of(ctx).load()
    ctx.session.user = 'ann'
  },
  '/out' (ctx) { ctx.session = null },
  '/count' (ctx) { ctx.session.n = (ctx.session.n ?? 0) + 1 },
  '/me' (ctx) { return { ...ctx.session } }
}

const MODES = {
  cookie: () => ({}),
  'a plain store': () => ({ store: new CountingStore() }),
  MemoryStore: () => ({ store: new MemoryStore() }),
  'a plain store, lazy': () => ({ store: new CountingStore(), lazy: true })
}

/** Starts an app, and keeps its HTTP server. */
async function startWithServer (t, opts, how = {}) {
  let http
  const { createServer } = require('node:http')
  const server = await start(t, opts, ROUTES, { ...how, listen: (callback) => (http = createServer(callback)) })
  return { server, http }
}

describe('socket.io 4, and app.createContext(req)', () => {
  /** Makes socket.io respond to each message with the result of `act` for the session of the upgrade request. */
  async function begin (t, opts, act, how) {
    const io = new Server({ transports: ['websocket'] })
    // Closed before the server: an open socket would prevent the server from closing.
    t.after(() => io.close())
    const { server, http } = await startWithServer(t, opts, how)
    io.attach(http)
    io.use((socket, next) => {
      const ctx = server.app.createContext(socket.request)
      socket.data.ctx = ctx
      of(ctx).load().then(() => next(), next)
    })
    io.on('connection', (socket) => socket.on('act', (answer) => {
      Promise.resolve(act(socket.data.ctx)).then(answer, (err) => answer({ code: err.code ?? err.message }))
    }))
    const open = async (cookie) => {
      const socket = connect(`http://127.0.0.1:${server.port}`, { transports: ['websocket'], extraHeaders: { cookie }, forceNew: true })
      t.after(() => socket.close())
      await Promise.race([once(socket, 'connect'), once(socket, 'connect_error').then(([err]) => { throw err })])
      return socket
    }
    return { server, open }
  }

  for (const [mode, makeOptions] of Object.entries(MODES)) {
    test(`${mode}: the session of the upgrade request is read`, async (t) => {
      const { server, open } = await begin(t, makeOptions(), (ctx) => ({ user: ctx.session.user, isNew: ctx.session.isNew }))
      const ann = server.visitor()
      await ann.get('/in')
      const socket = await open(ann.cookie)
      assert.deepEqual(await socket.emitWithAck('act'), { user: 'ann', isNew: false })
      const stranger = await open('other=1')
      assert.deepEqual(await stranger.emitWithAck('act'), { isNew: true })
      assert.deepEqual(server.errors, [])
    })

    test(`${mode}: cookies by an older key, and forged ones, throw nothing`, async (t) => {
      const keys = ['old key']
      const { server, open } = await begin(t, makeOptions(), (ctx) => ({ user: ctx.session.user }), { keys })
      const ann = server.visitor()
      await ann.get('/in')
      keys.unshift('new key')
      const socket = await open(ann.cookie)
      assert.deepEqual(await socket.emitWithAck('act'), { user: 'ann' })
      const forged = await open(ann.cookie.replace(/sig=.*/, 'sig=AAAAAAAAAAAAAAAAAAAAAAAAAAA'))
      assert.deepEqual(await forged.emitWithAck('act'), {})
      const withKoasCookies = server.app.createContext({ headers: { cookie: ann.cookie.replace(/sig=.*/, 'sig=A') }, socket: {}, url: '/' })
      assert.equal(withKoasCookies.cookies.get('x'), undefined)
      await of(withKoasCookies).load()
      assert.equal(withKoasCookies.session.user, undefined)
    })
  }

  for (const mode of ['a plain store', 'MemoryStore']) {
    test(`${mode}: save() writes the store, and session:uncommitted says that no cookie can be sent`, async (t) => {
      const { server, open } = await begin(t, MODES[mode](), async (ctx) => {
        ctx.session.n = 7
        await ctx.session.save()
        return { n: ctx.session.n }
      })
      const ann = server.visitor()
      await ann.get('/in')
      const socket = await open(ann.cookie)
      assert.deepEqual(await socket.emitWithAck('act'), { n: 7 })
      await settled()
      assert.deepEqual((await ann.get('/me')).json, { user: 'ann', n: 7 })
      assert.deepEqual(server.events.named('session:uncommitted').map(({ reason }) => reason), ['no-response'])
    })

    test(`${mode}: regenerate() is refused, and null ends the session`, async (t) => {
      const { server, open } = await begin(t, MODES[mode](), async (ctx) => {
        await of(ctx).regenerate().then(() => assert.fail(), (err) => assert.equal(err.code, 'ERR_SESSION_HEADERS_SENT'))
        await of(ctx).destroy()
        return 'done'
      })
      const ann = server.visitor()
      await ann.get('/in')
      const socket = await open(ann.cookie)
      assert.equal(await socket.emitWithAck('act'), 'done')
      assert.deepEqual((await ann.get('/me')).json, {})
    })
  }

  test('reload() reads the changes and the logout of other requests', async (t) => {
    const { server, open } = await begin(t, { store: new CountingStore() }, async (ctx) => {
      await of(ctx).reload()
      return { ...ctx.session }
    })
    const ann = server.visitor()
    await ann.get('/in')
    const socket = await open(ann.cookie)
    await ann.get('/count')
    assert.deepEqual(await socket.emitWithAck('act'), { user: 'ann', n: 1 })
    await ann.get('/out')
    assert.deepEqual(await socket.emitWithAck('act'), {})
  })
})

describe('koa-socket-session 1.2.0', () => {
  /** Runs the middleware for each message, on the ctx that koa-socket-session keeps for a socket. */
  async function begin (t, opts, act) {
    let middleware
    const io = new SocketIoKoa()
    t.after(() => io.socket.close())
    const { server, http } = await startWithServer(t, null, {
      before: (app) => app.use(middleware = session(opts, app))
    })
    const socketSession = koaSocketSession(server.app, middleware)
    io.use(socketSession, '/')
    io.on('connect', async ({ socket }) => {
      socket.on('act', async (ctx) => {
        let answer
        await socketSession(ctx, async () => { answer = await act(ctx.koaContext) })
        ctx.callback(answer)
      })
      socket.emit('ready')
    }, '/')
    io.start(http)
    const open = async (cookie) => {
      const socket = connect1(`http://127.0.0.1:${server.port}`, { extraHeaders: { cookie }, transports: ['polling'], forceNew: true })
      t.after(() => socket.close())
      await new Promise((resolve, reject) => socket.on('ready', resolve).on('error', reject))
      return () => new Promise((resolve) => socket.emit('act', null, resolve))
    }
    return { server, open }
  }

  for (const mode of ['cookie', 'a plain store', 'MemoryStore']) {
    test(`${mode}: the session of the upgrade request is read`, async (t) => {
      const { server, open } = await begin(t, MODES[mode](), (ctx) => ({ ...ctx.session }))
      const ann = server.visitor()
      await ann.get('/in')
      assert.deepEqual(await (await open(ann.cookie))(), { user: 'ann' })
    })
  }

  for (const mode of ['a plain store', 'MemoryStore']) {
    test(`${mode}: each message loads the session again`, async (t) => {
      const { server, open } = await begin(t, MODES[mode](), (ctx) => ({ ...ctx.session }))
      const ann = server.visitor()
      await ann.get('/in')
      const send = await open(ann.cookie)
      assert.deepEqual(await send(), { user: 'ann' })
      await ann.get('/count')
      assert.deepEqual(await send(), { user: 'ann', n: 1 })
      await ann.get('/out')
      assert.deepEqual(await send(), {})
    })

    test(`${mode}: a message does not revive a session that has ended`, async (t) => {
      const opts = MODES[mode]()
      const { server, open } = await begin(t, opts, (ctx) => {
        ctx.session.seen = Date.now()
        return ctx.session.user ?? 'nobody'
      })
      const ann = server.visitor()
      await ann.get('/in')
      const send = await open(ann.cookie)
      assert.equal(await send(), 'ann')
      const cookie = ann.cookie
      await ann.get('/out')
      assert.equal(await send(), 'nobody')
      assert.equal((await server.get('/me', { cookie })).json.user, undefined)
    })
  }
})
