'use strict'

/** The two sides that a script runs on: express-session in an Express app, and our middleware in a Koa app. */

const { once } = require('node:events')
const http = require('node:http')

const express = require('express')
const expressSession = require('express-session')
const Koa = require('koa')
const signature = require('cookie-signature')

const session = require('../../../compat/express-session')

/** The sources of the secrets: the first signs. */
const SECRETS = ['first secret', 'second secret', 'third secret']

/** Gives a class the methods of a store that logs its calls, and fails when it is told to. */
const logging = (Base) => class extends Base {
  records = new Map()
  log = []

  constructor (how) {
    super()
    this.how = how
    if (how.hasTouch) this.touch = (id, session, callback) => this.#answer('touch', [id, session], callback, () => {})
  }

  get (id, callback) {
    this.#answer('get', [id], callback, () => {
      if (this.how.fails === 'missing') throw Object.assign(new Error('no file'), { code: 'ENOENT' })
      const json = this.records.get(id)
      return json === undefined ? undefined : JSON.parse(json)
    })
  }

  set (id, session, callback) {
    const json = JSON.stringify(session)
    this.#answer('set', [id, session], callback, () => { this.records.set(id, json) })
  }

  destroy (id, callback) {
    this.#answer('destroy', [id], callback, () => { this.records.delete(id) })
  }

  #answer (method, [id, session], callback = () => {}, run) {
    this.log.push([method, id, session === undefined ? '' : JSON.stringify(session)])
    const { fails, callsBack } = this.how
    const reply = () => {
      let value
      try {
        if (fails === method) throw new Error(`the store fails: ${method}`)
        value = run()
      } catch (err) {
        return callback(err)
      }
      callback(null, value)
    }
    const isLate = callsBack === 'late' || (callsBack === 'mixed' && this.log.length % 2 === 0)
    if (isLate) setImmediate(reply)
    else reply()
  }
}

const ExpressStore = logging(expressSession.Store)
const STORES = { express: ExpressStore, ours: logging(session.Store), none: logging(class {}) }

/** Runs one operation on `host`, which is req or ctx. Returns what it showed. */
async function operate (host, { name, value, isPromise }, state) {
  const current = host.session
  if (!current) return 'none'
  state.first ??= current
  const call = (target, method) => new Promise((resolve) => {
    const settle = (err) => resolve(err ? 'failed' : 'done')
    if (isPromise && state.hasPromises) target[method]().then(() => settle(), settle)
    else target[method](settle)
  })
  switch (name) {
    case 'read': return [current.id, Object.keys(current), current.cookie.maxAge, current.cookie.originalMaxAge]
    case 'set': current[`key${value}`] = [1, 'text', { deep: [value] }, null][value]; return
    case 'delete': delete current[`key${value}`]; return
    case 'nest': (current.nested ??= {})[value] = value; return
    case 'reorder': {
      const { key0 } = current
      delete current.key0
      current.key0 = key0
      return
    }
    case 'maxAge': current.cookie.maxAge = [5000, null, 0, 90000][value]; return
    case 'expires': current.cookie.expires = [new Date(Date.now() + 5000), null, new Date(Date.now() - 1), false][value]; return
    case 'attribute': Object.assign(current.cookie, [{ httpOnly: false }, { path: '/p' }, { sameSite: 'lax' }, { domain: 'example.org' }][value]); return
    case 'regenerate': case 'destroy': case 'reload': case 'save': return call(current, name)
    case 'touch': case 'resetMaxAge': return current[name]() === current
    case 'null': host.session = null; return
    case 'drop': delete host.session; return
    case 'saveOld': return call(state.first, 'save')
    // A key with a method's name: it is saved, and not loaded.
    case 'method': if (value === 0) current.regenerate = 'a key'; return
    case 'generate': if (value === 0) host.sessionStore.generate(host); return
    case 'id': if (value === 0) host.sessionID = 5; return
    case 'later': state.advance(400); return
    case 'throw': throw new Error('the app fails')
  }
}

/** Runs the operations of a request, and returns the body. */
async function run (host, { operations, isEarly }, how) {
  const state = { ...how }
  const shown = [Boolean(host.sessionStore), host.sessionID]
  // Once the headers are sent, Express would drop the connection, and the session with it, and Koa would leave the response open.
  const fail = (err) => {
    if (!isEarly) throw err
    return 'thrown'
  }
  for (const operation of operations) shown.push(await operate(host, operation, state).catch(fail) ?? null)
  return JSON.stringify([...shown, host.sessionID, host.session])
}

function optionsOf ({ options: { isKey, isCookieFunction, isSecretText, name, cookie, ...options } }, secrets, genid) {
  return {
    ...options,
    [isKey ? 'key' : 'name']: name,
    secret: isSecretText ? secrets[0] : secrets,
    cookie: isCookieFunction && cookie ? ({ url }) => ({ ...cookie, ...url.startsWith('/q') && { path: '/q' } }) : cookie,
    genid
  }
}

/** One side: an app for a script, with a jar and a log. */
class Side {
  #jar
  #server
  #handle

  /**
   * @param {function} make
   * @param {(ms: number) => void} advance moves the clock
   */
  constructor (make, advance) {
    this.make = make
    this.advance = advance
    this.#server = http.createServer((req, res) => this.#handle(req, res))
  }

  async start () {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  stop () {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  begin (script) {
    this.script = script
    this.#jar = undefined
    this.name = script.options.name ?? 'connect.sid'
    this.secrets = [...SECRETS.slice(0, 2)]
    let count = 0
    const genid = ({ headers }) => `id-${headers.host ? '' : 'no host'}${++count}`
    Object.assign(this, this.make(script, optionsOf(script, this.secrets, genid), this))
  }

  /** Sends a request; returns what the client sees, and the calls of the store. */
  async send (request) {
    this.request = request
    this.store.log = []
    this.store.how.fails = request.fails
    if (request.rotate) this.secrets.unshift(SECRETS[(SECRETS.indexOf(this.secrets[0]) + 1) % SECRETS.length])
    if (request.connection) this.store.emit?.(request.connection)
    const cookie = this.#cookie(request.header)
    // Express itself compares the protocol in lower case only.
    const protocol = this.script.options.proxy === true ? 'HTTPS, http' : 'https, http'
    const headers = { host: 'example.com', ...cookie !== undefined && { cookie }, ...request.isHttps && { 'x-forwarded-proto': protocol } }
    let finished
    const handled = new Promise((resolve) => { finished = resolve })
    this.#handle = (req, res) => this.handler(req, res).then(finished, finished)
    const answer = await this.#ask(request.path, headers)
    await handled
    for (const line of answer.setCookie) this.#keep(line)
    return { ...answer, log: this.store.log }
  }

  #ask (path, headers) {
    const { port } = this.#server.address()
    return new Promise((resolve) => {
      const broken = () => resolve({ status: 'broken', setCookie: [], body: '' })
      // A connection of its own, since Express breaks it where a store fails after the response.
      const asked = http.request({ port, path, headers, agent: false, host: '127.0.0.1' }, async (response) => {
        let body = ''
        try {
          for await (const chunk of response.setEncoding('utf8')) body += chunk
        } catch {
          return broken()
        }
        const { statusCode: status, headers } = response
        resolve({ status, setCookie: headers['set-cookie'] ?? [], body: status === 200 ? body : '' })
      })
      asked.on('error', broken)
      asked.end()
    })
  }

  #keep (line) {
    const [, value] = /^[^=]+=([^;]*)/.exec(line)
    const expires = /; Expires=([^;]+)/.exec(line)
    this.#jar = expires && Date.parse(expires[1]) <= Date.now() ? undefined : value
  }

  /** Makes the Cookie header of a request. */
  #cookie (kind) {
    const { name } = this
    const value = this.#jar
    const signed = (id, secret) => `${name}=${encodeURIComponent(`s:${signature.sign(id, secret)}`)}`
    const own = value && `${name}=${value}`
    const id = value && decodeURIComponent(value).slice(2, decodeURIComponent(value).lastIndexOf('.'))
    switch (kind) {
      case 'none': return undefined
      case 'unknown': return signed('unknown é.id', this.secrets[0])
      case 'empty': return `${name}=`
      case 'garbage': return `;=;${name};%=%; ${name}=s%3A%E0%A4%A`
    }
    if (!value) return undefined
    switch (kind) {
      case 'forged': return `${own.slice(0, -1)}${own.endsWith('A') ? 'B' : 'A'}`
      case 'unsigned': return `${name}=${id}`
      case 'quoted': return `${name}="${value}"`
      case 'twice': return `${own}; ${name}=other`
      case 'second': return `${name}=other; ${own}`
      case 'among': return `a=1; x${name}=2;${name}x=3; b; ${own};c=%`
      case 'malformed': return `${own}%`
      case 'decoded': return `${name}=${decodeURIComponent(value)}`
      case 'spaced': return `a=1;\t ${name} =\t${value} \t; b=2`
      case 'older': return signed(id, this.secrets.at(-1))
      case 'otherSecret': return signed(id, 'another secret')
      default: return own
    }
  }
}

function makeExpress (script, options, side) {
  const store = new ExpressStore({ ...script.store })
  const app = express()
  app.set('env', 'test')
  app.set('trust proxy', script.trustsProxy)
  app.use(expressSession({ ...options, store }))
  app.use(async (req, res) => {
    if (side.request.isEarly) res.write('early')
    const body = await run(req, side.request, { advance: side.advance })
    if (side.request.isEarly) res.end(body)
    else res.send(body)
  })
  const handler = (req, res) => {
    app(req, res)
    return new Promise((resolve) => res.on('close', resolve))
  }
  return { store, handler }
}

function makeKoa (script, options, side) {
  const LoggingStore = STORES[script.store.base]
  const store = new LoggingStore({ ...script.store })
  const app = new Koa({ proxy: script.trustsProxy })
  app.silent = true
  app.use(session({ ...options, store }))
  app.use(async (ctx) => {
    if (side.request.isEarly) {
      ctx.respond = false
      ctx.status = 200
      ctx.res.write('early')
    }
    const body = await run(ctx, side.request, { advance: side.advance, hasPromises: true })
    if (side.request.isEarly) ctx.res.end(body)
    else ctx.body = body
  })
  return { store, handler: app.callback() }
}

const sides = (advance) => [new Side(makeExpress, advance), new Side(makeKoa, advance)]

module.exports = { sides }
