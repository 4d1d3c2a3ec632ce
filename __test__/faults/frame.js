'use strict'

/**
 * What the tests of the faults share: a real server, visitors with cookie jars, a store that counts its calls.
 *
 * FAULTS_SUBJECT=koa-session runs a file against koa-session 7.0.2 in place of ours: then each file of a fix has to fail.
 *
 *   const { test } = require('node:test')
 *   const { start, CountingStore } = require('./frame')
 *
 *   test('row 0: what is wanted', async (t) => {
 *     const store = new CountingStore()
 *     const server = await start(t, { store, maxAge: 1000 }, {
 *       '/in' (ctx) { ctx.session.user = ctx.query.user },       // without a body: 'ok'
 *       '/me' (ctx) { return { user: ctx.session.user } }         // what it returns is the body
 *     })
 *     const ann = server.visitor()
 *     await ann.get('/in?user=ann')
 *     assert.deepEqual((await ann.get('/me')).json, { user: 'ann' })
 *     assert.equal(store.count('set'), 1)
 *   })
 *
 * start(t, opts, routes, how) -> Promise<server>; the server is closed after the test.
 *   opts    options of session(); a function (app) => opts is called first; null: the app calls session() itself, in how.before
 *   routes  one function (ctx, next), or an object of them by path
 *   how     { Koa (default: Koa 3), keys (['a key']), proxy (app.proxy), before (app) => {}: what is to be used ahead of
 *             the session, session: another middleware factory, listen: (callback) => a server other than http's }
 * server    { app, port, errors, events, visitor(), get(path, headers), event(name), settled(), close() }
 *   errors  what came to the app's 'error', in order
 *   events  every session:* event, in order: { name: 'session:saved', event: {...} }; named(name) gives those of one
 *   event   waits for the first event of a name (also one that was there already) and gives it; fails after two seconds
 *   settled waits until events that are due have come
 *   get     a request without a jar
 * visitor() -> { jar: Map of name -> value, get(path, headers), post(path, headers), header: the Cookie header }
 *   An answer is { status, headers, body, json (a getter), setCookie: all lines, cookies: Map of name -> line }.
 *   It rejects where the connection breaks. An expired line empties the jar; path, domain and secure are not looked at.
 *
 * CountingStore: a Map of JSON text behind async functions.
 *   records   Map of id -> JSON text;  data(id) its parsed record;  ids() all ids
 *   calls     [{ operation, id, value (JSON text, of set), ttl, options }], in order;  count(operation?);  last(operation);  reset()
 *   before    { get, set, destroy }: async (id) => {} run ahead of the operation, to be slow or to throw
 *   fail(operation, error)   that operation throws from now on;  mend() ends that
 *   hold(operation)   the next such call waits: -> { reached: promise, open() }; holdAfter: it is done, and answers late
 *
 * gate() -> { reached: promise, pass(): what a route awaits, open() }: stops a request at a known place.
 * koas      { koa3, koa2 }: classes of Koa;  eachKoa(title, async (t, Koa) => {}) makes a test for each.
 * warnings  the process warnings so far, { code, message };  warned(code) -> Promise of one
 * session, of, isUpstream, cookieData(line or value) (a cookie-mode value decoded), cookieText(object) (and encoded).
 */

const http = require('node:http')
const { test } = require('node:test')

const isUpstream = process.env.FAULTS_SUBJECT === 'koa-session'
const subject = isUpstream ? require('koa-session') : require('../..')
const session = subject.default ?? subject
const of = session.of ?? (() => { throw new Error('koa-session has no handle') })

const koas = { koa3: classOf(require('koa')), koa2: classOf(require('koa2')) }

const EVENTS = [
  'missed', 'expired', 'invalid', 'created', 'saved', 'destroyed', 'regenerated', 'oversize', 'uncommitted', 'discarded', 'conflict'
].map((name) => `session:${name}`)

/** koa-session has to fail here, and may do so soon. */
const PATIENCE_MS = isUpstream ? 2000 : 30_000

const warnings = []
process.on('warning', ({ code, message }) => warnings.push({ code, message }))

function classOf (required) {
  return required.default ?? required
}

/** Starts an app with a session. */
async function start (t, opts, routes, how = {}) {
  const { Koa = koas.koa3, keys = ['a key'], proxy = false, before, listen = http.createServer } = how
  const app = new Koa()
  app.keys = keys
  app.proxy = proxy
  const { errors, events } = watch(app)
  const given = typeof opts === 'function' ? opts(app) : opts
  before?.(app)
  if (given !== null) app.use((how.session ?? session)(given, app))
  app.use((ctx, next) => answer(ctx, next, routes))
  const server = listen(app.callback())
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  const close = () => new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections?.()
  })
  t.after(close)
  return {
    app,
    port,
    errors,
    events,
    close,
    settled,
    visitor: () => new Visitor(port),
    get: (path, headers) => request(port, 'GET', path, headers),
    event: (name) => waitFor(`event ${name}`, () => events.named(name)[0])
  }
}

function watch (app) {
  const errors = []
  const events = []
  events.named = (name) => events.filter((each) => each.name === name).map(({ event }) => event)
  app.on('error', (err) => errors.push(err))
  for (const name of EVENTS) app.on(name, (event) => events.push({ name, event }))
  return { errors, events }
}

async function answer (ctx, next, routes) {
  const route = typeof routes === 'function' ? routes : routes[ctx.path]
  if (route === undefined) return next()
  const body = await route.call(routes, ctx, next)
  if (body !== undefined) ctx.body = body
  else if (ctx.respond !== false && ctx.body === undefined && !ctx.headerSent && ctx.status === 404) ctx.body = 'ok'
}

class Visitor {
  jar = new Map()
  #port

  constructor (port) { this.#port = port }

  get header () { return [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ') }
  get (path, headers) { return this.#send('GET', path, headers) }
  post (path, headers) { return this.#send('POST', path, headers) }

  async #send (method, path, headers) {
    const { header } = this
    const answer = await request(this.#port, method, path, { ...(header && { cookie: header }), ...headers })
    for (const line of answer.setCookie) this.#keep(line)
    return answer
  }

  #keep (line) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
    const expires = /; expires=([^;]+)/i.exec(line)
    if (expires && Date.parse(expires[1]) <= Date.now()) this.jar.delete(name)
    else this.jar.set(name, value)
  }
}

function request (port, method, path, headers = {}) {
  return new Promise((resolve, reject) => {
    const req = http.request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (res) => {
      const chunks = []
      res.on('data', (chunk) => chunks.push(chunk))
      res.on('error', reject)
      res.on('end', () => resolve(toAnswer(res, Buffer.concat(chunks).toString())))
    })
    req.on('error', reject)
    req.end()
  })
}

function toAnswer ({ statusCode: status, headers }, body) {
  const setCookie = headers['set-cookie'] ?? []
  const cookies = new Map(setCookie.map((line) => [line.slice(0, line.indexOf('=')), line]))
  return { status, headers, body, setCookie, cookies, get json () { return JSON.parse(body) } }
}

class CountingStore {
  records = new Map()
  calls = []
  before = {}
  #held = []

  count (operation) {
    return this.calls.filter((call) => operation === undefined || call.operation === operation).length
  }

  last (operation) { return this.calls.findLast((call) => call.operation === operation) }
  reset () { this.calls.length = 0 }
  ids () { return [...this.records.keys()] }

  data (id) {
    const text = this.records.get(id)
    return text === undefined ? undefined : JSON.parse(text)
  }

  fail (operation, error) { this.before[operation] = async () => { throw error } }
  mend () { this.before = {} }
  hold (operation) { return this.#hold(operation, 'before') }
  holdAfter (operation) { return this.#hold(operation, 'after') }

  #hold (operation, when) {
    const held = gate()
    this.#held.push({ operation, when, held })
    return held
  }

  get (id, ttl, options) {
    return this.#run({ operation: 'get', id, ttl, options }, () => this.data(id))
  }

  set (id, record, ttl, options) {
    const value = JSON.stringify(record)
    return this.#run({ operation: 'set', id, value, ttl, options }, () => { this.records.set(id, value) })
  }

  destroy (id, options) {
    return this.#run({ operation: 'destroy', id, options }, () => { this.records.delete(id) })
  }

  async #run (call, act) {
    const { operation, id } = call
    this.calls.push(call)
    await this.#pass(operation, 'before')
    await this.before[operation]?.(id)
    const result = act()
    await this.#pass(operation, 'after')
    return result
  }

  async #pass (operation, when) {
    const i = this.#held.findIndex((each) => each.operation === operation && each.when === when)
    if (i >= 0) await this.#held.splice(i, 1)[0].held.pass()
  }
}

/** Makes a place where a request stops until the test lets it on. */
function gate () {
  const reached = deferred()
  const opened = deferred()
  return {
    reached: reached.promise,
    pass () {
      reached.resolve()
      return opened.promise
    },
    open: opened.resolve
  }
}

function deferred () {
  let resolve
  const promise = new Promise((_resolve) => { resolve = _resolve })
  return { promise, resolve }
}

/** Waits until events that are due have come. */
async function settled () {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}

async function waitFor (what, find) {
  const start = Date.now()
  for (let found = find(); ; found = find()) {
    if (found !== undefined) return found
    if (Date.now() - start > PATIENCE_MS) throw new Error(`waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const warned = (code) => waitFor(`warning ${code}`, () => warnings.find((warning) => warning.code === code))

/** Makes one test for each Koa. */
function eachKoa (title, run) {
  for (const [name, Koa] of Object.entries(koas)) test(`${title} (${name})`, (t) => run(t, Koa))
}

function cookieData (lineOrValue) {
  const value = /^(?:[^=;]+=)?([^;]*)/.exec(lineOrValue.replace(/=+(?=;|$)/, ''))[1]
  return JSON.parse(Buffer.from(value, 'base64').toString())
}

const cookieText = (data) => Buffer.from(JSON.stringify(data)).toString('base64')

module.exports = {
  start, CountingStore, gate, koas, eachKoa, warnings, warned, session, of, isUpstream, settled, waitFor, cookieData, cookieText
}
