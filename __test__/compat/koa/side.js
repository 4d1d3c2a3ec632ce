'use strict'

const Keygrip = require('keygrip')
const Koa = require('koa')

const { SECRETS } = require('./generate')
const { LoggingStore } = require('./store')

const ODD = { undefined: () => undefined, function: () => () => 1, date: () => new Date(0), NaN: () => NaN, bigint: () => 1n }

const isObject = (value) => typeof value === 'object' && value !== null

function jsonOf (value) {
  try {
    return String(JSON.stringify(value))
  } catch (err) {
    return err.name
  }
}

const ASSIGNED = {
  undefined: () => undefined,
  copy: (session) => isObject(session) ? { ...session } : session,
  reversed: (session) => isObject(session) ? Object.fromEntries(Object.entries(session).reverse()) : session,
  bare: () => Object.assign(Object.create(null), { a: 1 })
}

/** What apps do. `session` is what ctx.session is, or resolves to. Each returns what the log shows. */
const OPERATIONS = {
  read: (ctx, session) => jsonOf(session),
  set: (ctx, session, key, json) => { if (isObject(session)) session[key] = JSON.parse(json) },
  odd: (ctx, session, key, odd) => { if (isObject(session)) session[key] = ODD[odd]() },
  remove: (ctx, session, key) => { if (isObject(session)) delete session[key] },
  nest: (ctx, session, key, json) => { if (isObject(session?.[key])) session[key].nested = JSON.parse(json) },
  clear: (ctx, session) => { if (isObject(session)) for (const key of Object.keys(session)) if (key !== 'cookie') delete session[key] },
  assign: (ctx, session, what) => { ctx.session = what in ASSIGNED ? ASSIGNED[what](session) : JSON.parse(what) },
  delete: (ctx) => { delete ctx.session },
  regenerate: (ctx) => ctx.sessionHandler ? ctx.sessionHandler.regenerateId() : ctx.regenerateSession().then(jsonOf),
  save: async (ctx) => { await ctx.saveSession() },
  sessionSave: (ctx, session, value) => { ctx.sessionSave = value },
  attribute: (ctx, session, name, value) => { if (isObject(session?.cookie)) session.cookie[name] = value?.date === undefined ? value : new Date(value.date) },
  noCookie: (ctx, session) => { if (isObject(session)) delete session.cookie },
  id: (ctx) => ctx.sessionId
}

/** Operations that do not read the session first. */
const UNREAD = ['assign', 'id', 'sessionSave', 'delete']

const attributesOf = (given) => Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value?.date === undefined ? value : new Date(value.date)]))

/** One implementation that plays a script: its app and store, and a visitor's cookies. */
class Side {
  jar = new Map()
  #spare = new Map()
  #app = new Koa({ proxy: true })
  #handler
  #stage
  #store
  #request
  #log
  #ids = 0

  constructor (middleware, script, stage) {
    this.#stage = stage
    this.script = script
    this.#store = new LoggingStore(script.methods)
    if (script.keys) this.#app.keys = script.keys.map((place) => SECRETS[place])
    this.#app.on('error', (err) => this.#log.push(`error: ${err.name}: ${err.message}`))
    const options = this.#options(script.options)
    const use = middleware(options)
    this.#app.use((ctx, next) => use(ctx, next))
    this.#app.use((ctx, next) => this.#request.outcome === 'twice' ? use(ctx, next) : next())
    this.#app.use((ctx) => this.#run(ctx))
    this.#handler = this.#app.callback()
  }

  get name () { return this.script.options.key ?? (this.script.isGeneric ? 'koa.sid' : 'koa:sess') }

  #options ({ cookie, genSid, ttl, valid, beforeSave, errorHandler, sessionIdStore, ...rest }) {
    const options = { ...rest, store: this.#store }
    if (cookie?.as) options.cookie = cookie.as === 'function' ? () => attributesOf(cookie.given) : attributesOf(cookie.given)
    else if (cookie) options.cookie = attributesOf(cookie)
    if (ttl !== undefined) options.ttl = ttl === 'function' ? (session) => Object.keys(session).length * 1000 : ttl
    const id = () => `own-id-${++this.#ids}-${'x'.repeat(20)}`
    if (genSid) options.genSid = genSid === 'async' ? async () => id() : id
    if (valid) options.valid = () => !this.#request.isInvalid
    if (beforeSave) options.beforeSave = (ctx, session) => { session.saved = ctx.path }
    if (errorHandler) {
      options.errorHandler = (err, operation) => {
        this.#log.push(`handler: ${operation} ${err.message}`)
        if (errorHandler === 'rethrow') throw err
      }
    }
    if (sessionIdStore) {
      options.sessionIdStore = {
        get () { return this.get('x-session') || undefined },
        set (id) { this.set('x-session', id) },
        reset () { this.remove('x-session') }
      }
    }
    return options
  }

  async #run (ctx) {
    const { operations, outcome } = this.#request
    if (outcome === 'throwFirst') ctx.throw(500)
    if (outcome === 'cookie') ctx.append('Set-Cookie', 'other=1; path=/')
    if (outcome === 'early') {
      ctx.respond = false
      ctx.res.end('early')
    }
    for (const [name, ...args] of operations) {
      try {
        const session = UNREAD.includes(name) ? name === 'assign' && args[0] in ASSIGNED ? await ctx.session : undefined : await ctx.session
        if ((name === 'save' || name === 'regenerate') && !ctx.saveSession && !ctx.sessionHandler) continue
        const shown = await OPERATIONS[name](ctx, session, ...args)
        if (shown !== undefined) this.#log.push(`${name}: ${shown}`)
      } catch (err) {
        this.#log.push(`${name}: ${err.name}: ${err.message}`)
      }
    }
    if (outcome === 'throw') ctx.throw(500)
    ctx.body = 'body'
  }

  /** Plays a request, and returns its record. */
  async play (request) {
    this.#request = request
    this.#log = []
    this.#store.log = []
    this.#store.fails = request.fails
    const recordsBefore = [...this.#store.records]
    if (request.rotate && this.script.keys) this.#app.keys = request.rotate.map((place) => SECRETS[place])
    for (const edit of request.edits) this[edit]()
    const cookie = this.#cookie(request)
    const headers = { host: 'example.com', ...(cookie && { cookie }), ...(request.https && { 'x-forwarded-proto': 'https' }), ...(this.id && { 'x-session': this.id }) }
    const { status, headers: lines, body } = await this.#stage.send(this.#handler, { method: 'GET', path: request.path, headers })
    const valuesOf = (name) => lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2))
    const setCookie = valuesOf('set-cookie')
    for (const line of setCookie) this.#keep(line)
    if (this.script.options.sessionIdStore) this.id = valuesOf('x-session')[0] ?? this.id
    return { log: this.#log, store: this.#store.log, status, setCookie, id: valuesOf('x-session'), body, records: [...this.#store.records], recordsBefore }
  }

  #keep (line) {
    const [, name, value] = /^([^=]*)=([^;]*)/.exec(line)
    const expires = /; expires=([^;]+)/.exec(line)
    if (expires && Date.parse(expires[1]) <= Date.now()) this.jar.delete(name)
    else this.jar.set(name, value)
  }

  #cookie ({ edits }) {
    const pairs = [...this.jar].map((pair) => pair.join('='))
    if (edits.includes('twin')) pairs.push(`${this.name}=${'t'.repeat(32)}`, `${this.name}.sig=${'t'.repeat(27)}`)
    if (edits.includes('others')) pairs.unshift(`x${this.name}=1`, `${this.name}x=2`)
    return pairs.join('; ')
  }

  twin () {}
  others () {}
  drop () { this.jar.delete(this.name) }
  dropSignature () { this.jar.delete(`${this.name}.sig`) }
  forge () { if (this.jar.has(`${this.name}.sig`)) this.jar.set(`${this.name}.sig`, 'x'.repeat(27)) }
  unknown () { this.#put('u'.repeat(32)) }
  long () { this.#put('l'.repeat(5000)) }
  hostile () { this.#put('a/../b') }
  old () { [this.jar, this.#spare] = [this.#spare, this.jar] }

  #put (id) {
    this.jar.set(this.name, id)
    if (this.script.keys) this.jar.set(`${this.name}.sig`, new Keygrip(this.#app.keys).sign(`${this.name}=${id}`))
  }
}

module.exports = { Side }
