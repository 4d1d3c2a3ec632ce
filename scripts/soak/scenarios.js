'use strict'

/**
 * The scenarios of the soak. Each belongs to a row of the README's table of faults, and has the options of an app and the requests of a
 * visitor. At its end, no record remains in its store.
 */

const Koa = require('koa')
const mount = require('koa-mount')

const session = require('../..')

const { of } = session

/** Options that read the id from an unsigned cookie, so that a visitor may send any id. */
const UNSIGNED = { signed: false, maxAge: 60000 }

class MemoryStore {
  records = new Map()
  async get (id) { return this.records.get(id) }
  async set (id, record) { this.records.set(id, record) }
  async destroy (id) { this.records.delete(id) }
}

const failing = async () => { throw new Error('the store is down') }
const brokenStore = { get: failing, set: failing, destroy: failing }

const header = {
  get: async (ctx) => ctx.get('x-id'),
  set (ctx, id) { ctx.set('x-id', id) },
  remove () {}
}

const later = () => new Promise((resolve) => setImmediate(resolve))

const cookieOf = (data) => `koa.sess=${Buffer.from(JSON.stringify(data)).toString('base64')}`
const aged = (left, data) => ({ user: 'ann', ...data, _expire: Date.now() + left, _maxAge: 60000 })

/** The middleware of every app. */
const ROUTES = {
  '/in' (ctx) { ctx.session.user = { name: 'ann', at: Date.now() } },
  '/me' (ctx) { return ctx.session.user },
  '/free' () {},
  '/out' (ctx) { ctx.session = null },
  '/empty' (ctx) { ctx.session = {} },
  '/swap' (ctx) {
    ctx.session = null
    ctx.session = { user: 'bob' }
  },
  '/new' (ctx) { return ctx.session.regenerate() },
  '/clear' (ctx) { return of(ctx).regenerate({ clear: true }) },
  '/reload' (ctx) { return of(ctx).reload().then(() => {}) },
  '/touch' (ctx) { return of(ctx).touch() },
  '/destroy' (ctx) { return of(ctx).destroy() },
  async '/often' (ctx) {
    ctx.session.views = (ctx.session.views ?? 0) + 1
    await ctx.session.save()
    await ctx.session.save()
  },
  '/age' (ctx) { ctx.session.maxAge = ctx.query.age === undefined ? 'session' : Number(ctx.query.age) },
  '/fail' (ctx) {
    ctx.session.failed = true
    ctx.throw(400, 'failed')
  },
  async '/new-fail' (ctx) {
    await ctx.session.regenerate()
    ctx.throw(500)
  },
  '/big' (ctx) { ctx.session.text = 'x'.repeat(4000) },
  '/bigint' (ctx) { ctx.session.views = { n: 1n } },
  '/underscore' (ctx) { ctx.session._hidden = 1 },
  '/raw' (ctx) {
    ctx.respond = false
    ctx.res.end('raw')
    ctx.session.raw = true
  },
  async '/stream' (ctx) {
    ctx.respond = false
    ctx.session.first = Date.now()
    ctx.res.writeHead(200, { 'Set-Cookie': 'own=1' })
    ctx.res.write('first')
    await later()
    ctx.session.last = Date.now()
    await ctx.session.regenerate().catch(() => {})
    ctx.res.end()
  },
  async '/slow' (ctx) {
    ctx.session.slow = Date.now()
    await later()
    await later()
  },
  async '/load' (ctx) { (await of(ctx).load()).user = 'ann' },
  async '/commit' (ctx) {
    ctx.session.user = 'ann'
    await ctx.commitSession()
    ctx.session = null
    await ctx.commitSession()
  },
  '/admin' (ctx) {
    ctx.session.user = 'ann'
    ctx.admin.user = 'root'
  },
  '/options' (ctx) {
    ctx.sessionOptions.domain = 'b.example'
    ctx.session.user = 'ann'
  }
}

const visit = (...paths) => async (visitor) => {
  for (const path of paths) await visitor.get(path)
}

/** Sends requests with cookies that a client made up. */
const send = (...headers) => async (visitor) => {
  for (const each of headers) await visitor.get('/me', typeof each === 'function' ? each() : each)
}

/** A long prefix of ids, so that a leaked id shows in memory. */
const prefix = 'x'.repeat(1000)

const stored = (opts) => ({ store: new MemoryStore(), maxAge: 60000, prefix, ...opts })

/** Sends concurrent requests, of which the last ends the session while the first is in flight. */
async function race (visitor) {
  await visitor.get('/in')
  await Promise.all([visitor.get('/slow'), visitor.get('/often'), visitor.get('/out')])
}

/** Signs with one key, then with a new key in front of it. */
async function rotate (visitor, app) {
  await visitor.get('/in')
  app.keys = ['the new key', 'the key']
  await visit('/me', '/me', '/out')(visitor)
  app.keys = ['the key']
}

/** Makes an app, sends it a request, and drops it. */
async function restart (visitor) {
  const app = appOf({ opts: () => Object.freeze({ key: null, sameSite: true, store: undefined }) })
  visitor.callback = app.callback()
  await visit('/in', '/me', '/out')(visitor)
}

/** @type {Array<{ row: number|string, opts?: () => object, before?: (app: object) => void, play: Function }>} */
const SCENARIOS = [
  { row: 1, opts: () => ({ secure: true }), play: visit('/in', '/out') },
  { row: 1, opts: () => stored({ secure: true }), play: visit('/in', '/out') },
  { row: 1, opts: () => ({ secure: 'force' }), play: visit('/in', '/me', '/out') },
  { row: 2, play: visit('/in', '/raw', '/out') },
  { row: 2, opts: stored, play: visit('/in', '/raw', '/out') },
  { row: 2, opts: () => ({ early: true }), play: visit('/stream', '/in', '/stream', '/out') },
  { row: 2, opts: () => stored({ early: true }), play: visit('/stream', '/in', '/stream', '/out') },
  { row: 4, opts: stored, play: race },
  { row: 5, play: visit('/fail', '/me', '/new-fail', '/out') },
  { row: 5, opts: stored, play: visit('/fail', '/me', '/new-fail', '/out') },
  { row: 6, opts: () => ({ ...UNSIGNED, store: brokenStore }), play: send({ cookie: 'koa.sess=an-id' }) },
  {
    row: 6,
    opts: () => ({ ...UNSIGNED, store: brokenStore, onStoreError: async () => 'anonymous' }),
    play: send({ cookie: 'koa.sess=an-id' })
  },
  { row: 6, opts: () => ({ store: brokenStore, onStoreError: () => 'ignore' }), play: visit('/in', '/out') },
  { row: 7, opts: () => stored({ lazy: true }), play: visit('/load', '/free', '/me', '/out') },
  { row: 7, opts: () => stored({ ignore: () => true }), play: visit('/free', '/in') },
  { row: 9, play: visit('/big', '/out') },
  {
    row: 10,
    opts: () => stored({ genid: async () => `id-${process.hrtime.bigint()}`, valid: async () => true, beforeSave: async () => {} }),
    play: visit('/in', '/me', '/new', '/out')
  },
  { row: 10, opts: () => ({ valid: async () => true, beforeSave: async () => {} }), play: visit('/in', '/me', '/out') },
  { row: 11, opts: () => stored({ externalKey: header }), play: external },
  { row: 12, opts: stored, play: visit('/in', '/swap', '/out') },
  { row: 13, opts: () => stored({ maxAge: 'session' }), play: visit('/in', '/often', '/out') },
  { row: 15, opts: () => ({ ...UNSIGNED, configMaxAge: true }), play: send(() => ({ cookie: cookieOf({ ...aged(90000), _maxAge: 90000 }) })) },
  { row: 16, play: visit('/in', '/me', '/in', '/out') },
  { row: 17, opts: stored, play: visit('/often', '/often', '/out') },
  { row: 18, opts: () => stored({ autoCommit: false }), play: visit('/commit') },
  {
    row: 19,
    opts: stored,
    before (app) { app.use(session({ as: 'admin', key: 'admin' }, app)) },
    play: visit('/admin', '/admin', '/out')
  },
  { row: 19, opts: null, before: mountChild, play: visit('/child', '/child') },
  { row: 20, opts: () => ({ rolling: true, rollUntouched: true, maxAge: 60000 }), play: visit('/in', '/free', '/out') },
  { row: 20, opts: () => ({ ...UNSIGNED, renew: true }), play: send(() => ({ cookie: cookieOf(aged(20000)) })) },
  { row: '21, 22', play: restart },
  { row: 23, opts: () => ({ underscoreKeys: true }), play: visit('/underscore', '/me', '/out') },
  { row: 23, play: visit('/underscore', '/out') },
  {
    row: 24,
    opts: () => UNSIGNED,
    play: send(() => ({ cookie: cookieOf(aged(20000, { save: 1, toJSON: 2, maxAge: 3, isNew: 4, length: 5 })) }))
  },
  { row: 25, opts: () => ({ domain: () => 'a.example', maxAge: 60000 }), play: rotate },
  { row: 25, opts: () => stored({ sameSite: 'lax' }), play: rotate },
  { row: 26, play: send({ cookie: 'koa.sess=a; koa.sess=b; koa.sess=c; koa.sess=d; koa.sess=e; koa.sess.sig=x' }) },
  { row: 27, opts: () => ({ clearOnlySent: true }), play: visit('/out', '/in', '/out') },
  {
    row: 28,
    opts: () => ({ ...stored(), ...UNSIGNED }),
    before (app) { app.on('session:missed', () => { throw new Error('a listener') }) },
    play: send({ cookie: 'koa.sess=gone' })
  },
  {
    row: 29,
    opts: () => ({ ...stored({ idPattern: /^x*[0-9a-f-]+$/ }), ...UNSIGNED }),
    play: send({ cookie: 'koa.sess=../../etc/passwd' }, { cookie: 'koa.sess=xyz' }, () => ({ cookie: `koa.sess=${Date.now()}` }))
  },
  { row: 30, opts: () => UNSIGNED, play: send({ cookie: cookieOf('text') }, { cookie: cookieOf([1]) }, { cookie: 'koa.sess=junk' }) },
  { row: 31, play: visit('/bigint') },
  { row: 31, opts: stored, play: visit('/bigint') },
  { row: 32, opts: () => ({ cacheControl: true }), play: visit('/in', '/me', '/fail', '/out') },
  { row: 34, play: visit('/in', '/empty') },
  { row: 'handle', opts: stored, play: visit('/in', '/reload', '/touch', '/clear', '/destroy') },
  { row: 'handle', play: visit('/in', '/reload', '/touch', '/clear', '/destroy') },
  { row: 'attributes', opts: () => stored({ domain: () => 'a.example', secure: () => 'force', expires: () => new Date() }), play: visit('/options', '/out') },
  { row: 'attributes', opts: () => ({ path: () => '/;' }), play: visit('/in') },
  { row: 'maxAge', play: visit('/age', '/age?age=1000', '/age?age=x', '/out') },
  { row: 'expired', opts: () => UNSIGNED, play: send(() => ({ cookie: cookieOf(aged(-1)) })) }
]

async function external (visitor) {
  const res = await visitor.get('/in')
  const renewed = await visitor.get('/new', { 'x-id': res.getHeader('x-id') })
  await visitor.get('/out', { 'x-id': renewed.getHeader('x-id') })
}

function mountChild (app) {
  const child = new Koa()
  child.use(session({}, child))
  child.use((ctx) => { ctx.session.views = Date.now() })
  app.use(mount('/child', child))
}

/** Makes the app of a scenario. */
function appOf ({ opts = () => ({}), before }) {
  const app = new Koa()
  app.keys = ['the key']
  app.silent = true
  app.on('error', () => {})
  const given = opts?.()
  before?.(app)
  if (opts !== null) app.use(session(given, app))
  app.use(async (ctx) => {
    const body = await ROUTES[ctx.path]?.(ctx)
    if (ctx.respond !== false) ctx.body = body ?? 'ok'
  })
  return Object.assign(app, { store: given?.store })
}

module.exports = { SCENARIOS, appOf }
