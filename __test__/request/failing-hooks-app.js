'use strict'

// Plays the cases of failing-hooks-cases.js, one in each request, in a process of its own, without a handler for uncaught errors.
// GET / with the headers x-case (JSON) and x-fails (1: the hook fails now). GET /emitted?case=... returns the emitted errors.

const { once } = require('node:events')
const http = require('node:http')
const http2 = require('node:http2')
const { Readable } = require('node:stream')
const { pipeline } = require('node:stream/promises')
const { setTimeout: wait } = require('node:timers/promises')

const Koa = require('koa')
const session = require('../..')
const { MemoryStore } = require('../../stores/memory')
const { CountingStore } = require('../harness/store')
const { FAILURES, HOOKS } = require('./failing-hooks-cases')

const apps = new Map()

/** Returns the app of a case, which is shared by all ways of responding: the request chooses the way. */
function appOf (given) {
  const name = JSON.stringify({ ...given, way: undefined })
  if (!apps.has(name)) apps.set(name, createApp(given))
  return apps.get(name)
}

/** Makes the app of a case. The current request decides whether the hook fails. */
function createApp ({ hook, failure, timing, early }) {
  const state = { fails: false, way: undefined, calls: 0, emitted: [] }
  function fail (proceed) {
    if (!state.fails) return proceed?.()
    state.calls++
    if (timing === 'rejects') return Promise.reject(FAILURES[failure]())
    throw FAILURES[failure]()
  }
  const app = new Koa()
  app.silent = true
  app.keys = ['a secret key of some length']
  const { options, act = 'change', listener, errorListener } = HOOKS[hook]
  app.on('error', (err) => {
    state.emitted.push({ isError: err instanceof Error, code: err?.code, cause: err instanceof Error && 'cause' in err ? String(err.cause) : undefined })
    if (errorListener) throw new Error('a listener of error')
  })
  if (listener) app.on('session:saved', () => fail())
  app.use(session({ early, ...options(fail, { records: new Map(), CountingStore, MemoryStore }) }, app))
  app.use(async (ctx) => {
    // A failure here is in the app's own call, and fails the request.
    await perform[act](ctx)
    await ways[state.way](ctx)
  })
  return { state, handle: app.callback() }
}

const perform = {
  change (ctx) {
    // With ignore, or if the load failed, there is no session.
    if (ctx.session) ctx.session = { ...ctx.session, user: 'ann', count: (ctx.session.count ?? 0) + 1 }
  },
  save (ctx) { ctx.session._requireSave = true },
  remove (ctx) { ctx.session = null },
  BigInt (ctx) { ctx.session.big = 1n },
  async regenerate (ctx) {
    ctx.session.user = 'ann'
    if (!ctx.session.isNew) await ctx.session.regenerate()
  },
  async list (ctx) {
    ctx.session.user = 'ann'
    if (!ctx.session.isNew) await session.of(ctx).list()
  },
  async revokeOthers (ctx) {
    ctx.session.user = 'ann'
    if (!ctx.session.isNew) await session.of(ctx).revokeOthers()
  }
}

const CHUNKS = ['head', 'tail']

function raw (ctx) {
  ctx.respond = false
  ctx.res.statusCode = 200
  return ctx.res
}

const ways = {
  body (ctx) { ctx.body = 'headtail' },
  'stream body' (ctx) { ctx.body = Readable.from(CHUNKS) },
  write (ctx) { end(raw(ctx)) },
  async 'write after a wait' (ctx) {
    raw(ctx)
    await wait(1)
    end(ctx.res)
  },
  pipeline (ctx) { return pipeline(Readable.from(CHUNKS), raw(ctx)) },
  async timer (ctx) {
    setTimeout(() => end(raw(ctx)), 1)
    ctx.respond = false
    await once(ctx.res, 'close')
  },
  'timer, not awaited' (ctx) {
    raw(ctx)
    setTimeout(() => end(ctx.res), 2)
  },
  writeHead (ctx) { raw(ctx).writeHead(200, { 'x-own': '1' }).end('headtail') },
  http2 (ctx) { end(raw(ctx)) },
  async aborted (ctx) {
    raw(ctx).write('head')
    await once(ctx.res, 'close')
    ctx.res.end('tail')
  }
}

function end (res) {
  res.write('head')
  res.end('tail')
}

function answer (req, res) {
  const { pathname, searchParams } = new URL(req.url, 'http://localhost')
  if (pathname === '/emitted') {
    const { state } = appOf(JSON.parse(searchParams.get('case')))
    res.end(JSON.stringify({ calls: state.calls, emitted: state.emitted }))
    state.calls = state.emitted.length = 0
    return
  }
  const given = JSON.parse(req.headers['x-case'])
  const { state, handle } = appOf(given)
  state.way = given.way
  state.fails = req.headers['x-fails'] === '1'
  return handle(req, res)
}

const servers = [http.createServer(answer), http2.createServer(answer)]
Promise.all(servers.map((server) => once(server.listen(0, '127.0.0.1'), 'listening'))).then(() => {
  process.send(servers.map((server) => server.address().port))
})
process.on('disconnect', () => process.exit())
