'use strict'

// Random scripts run apps with the options keys, seal and chunks, in all combinations, and compare them with a model. The model knows which
// values a browser's cookies have, and which session the app has to see. PROTECTED_SCRIPTS is the number of scripts; PROTECTED_SEED is the
// seed of the first one.

const assert = require('node:assert/strict')
const http = require('node:http')
const { test } = require('node:test')

const Random = require('../differential/random')
const { KOAS: { koa3: Koa }, session } = require('../harness/app')
const { settled } = require('../harness/waiting')

const SCRIPTS = Number(process.env.PROTECTED_SCRIPTS ?? 400)
const FIRST_SEED = Number(process.env.PROTECTED_SEED ?? 1)
const STEPS = 24

const SEALS = [undefined, false, true, { accept: 'signed' }, { write: 'signed' }, { accept: 'signed', write: 'signed' }]

const keyOf = (number) => `${number}`.padStart(4, '0').repeat(8)

/** Makes a `ctx.cookies` as that of a framework, which does not sign. */
function customCookies (ctx) {
  return {
    secure: false,
    get (name, options) {
      assert.equal(options.signed, false)
      const pair = (ctx.req.headers.cookie ?? '').split('; ').find((each) => each.startsWith(`${name}=`))
      return pair?.slice(name.length + 1)
    },
    set (name, value, options) {
      assert.equal(options.signed, false)
      assert.ok(!('keys' in options))
      const lines = [ctx.res.getHeader('Set-Cookie') ?? []].flat().filter((line) => !line.startsWith(`${name}=`))
      ctx.res.setHeader('Set-Cookie', [...lines, `${name}=${value ?? ''}; custom`])
    }
  }
}

class Script {
  /** The cookies of the browser. */
  jar = new Map()
  /** The values that were sent: each with its cookies, its data (with a store: its id), its key, and whether it is sealed. */
  sent = []
  records = new Map()
  events = []
  errors = []
  keys = [keyOf(0)]
  nextKey = 1
  counter = 0

  constructor (seed) {
    this.random = new Random(seed)
    const { random } = this
    this.hasOwnKeys = random.chance(0.5)
    this.isCustom = random.chance(0.3)
    this.mode = random.pick(['cookie', 'cookie', 'cookie', 'store', 'externalKey'])
    this.name = random.pick(['session', 'other'])
    this.isEarly = random.chance(0.3)
    this.key = random.pick(['koa.sess', '__Host-s', 's'])
    this.options = { key: this.key, maxAge: 60000, early: this.isEarly, seal: random.pick(SEALS), chunks: random.pick([undefined, 1, 2, 4]) }
    // At least one of the options, so that this package protects the cookie.
    if (!this.hasOwnKeys && !this.options.seal && this.options.chunks === undefined) this.options.chunks = 2
    if (this.hasOwnKeys) this.options.keys = this.keys
    if (this.name !== 'session') this.options.as = this.name
    if (this.mode !== 'cookie') this.options.store = this.#store()
    if (this.mode === 'externalKey') this.options.externalKey = this.#externalKey()
    this.app = this.#makeApp()
  }

  #store () {
    return {
      get: (id) => this.records.has(id) ? JSON.parse(this.records.get(id)) : undefined,
      set: (id, record) => { this.records.set(id, JSON.stringify(record)) },
      destroy: (id) => { this.records.delete(id) }
    }
  }

  #externalKey () {
    return {
      get: (ctx) => ctx.get('x-id') || undefined,
      set: (ctx, id) => { this.id = id },
      remove: () => { this.id = undefined }
    }
  }

  #makeApp () {
    const app = new Koa()
    app.silent = true
    app.keys = this.hasOwnKeys ? ['a key of the app alone'] : this.keys
    for (const event of ['missed', 'forged', 'oversize']) app.on(`session:${event}`, () => this.events.push(event))
    app.on('error', (error) => this.errors.push(error))
    if (this.isCustom) {
      app.use((ctx, next) => {
        Object.defineProperty(ctx, 'cookies', { value: customCookies(ctx), configurable: true })
        return next()
      })
    }
    if (this.name !== 'session') app.use(session({ key: 'plain', signed: false }, app))
    app.use(session(this.options, app))
    app.use((ctx) => this.act(ctx))
    return app
  }

  /** Sends a request; `act` is what the app does. */
  async request (act, jar = this.jar) {
    this.act = async (ctx) => {
      ctx.body = {}
      await act(ctx)
      if (!this.isEarly) return
      ctx.respond = false
      ctx.res.writeHead(200)
      ctx.res.end('{}')
    }
    this.events = []
    this.errors = []
    const cookie = [...jar].map((pair) => pair.join('=')).join('; ')
    const req = new http.IncomingMessage(null)
    const headers = { host: 'localhost', ...(cookie && { cookie }), ...(this.id && { 'x-id': this.id }) }
    Object.assign(req, { method: 'GET', url: '/', headers, socket: { encrypted: false } })
    const res = new http.ServerResponse(req)
    await this.app.callback()(req, res)
    await settled()
    return { status: res.statusCode, lines: [res.getHeader('set-cookie') ?? []].flat() }
  }

  /** Stores the cookies of a response in the jar, as a browser does. */
  keep (lines, jar = this.jar) {
    for (const line of lines) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
  }

  get isSealing () { return Boolean(this.options.seal) && this.options.seal.write !== 'signed' }

  /** Notes a value that a response has sent. */
  note (lines, data) {
    const cookies = lines.map((line) => /^([^=]+)=([^;]*)/.exec(line).slice(1)).filter(([, value]) => value !== '')
    if (cookies.some(([name]) => name === this.key)) {
      this.sent.push({ cookies, data, key: this.keys[0], isSealed: this.isSealing })
    }
  }

  /** Notes a value that a response has sent again, or only its signature if the value is the same. Returns whether it has. */
  noteReissued (lines, { cookies, data }) {
    const signature = lines.find((line) => line.startsWith(`${this.key}.sig=`) && !line.startsWith(`${this.key}.sig=;`))
    if (lines.some((line) => line.startsWith(`${this.key}=`))) this.note(lines, data)
    else if (signature) this.note([`${cookies[0].join('=')};`, signature], data)
    else return false
    return true
  }

  /** Returns the value that the jar holds whole, if there is one. */
  valueIn (jar) {
    return this.sent.findLast(({ cookies }) => cookies.every(([name, value]) => jar.get(name) === value))
  }

  /** Returns whether the app accepts a value. */
  accepts ({ key, isSealed }) {
    const { seal } = this.options
    const isAccepted = isSealed ? Boolean(seal) : !seal || seal.accept === 'signed' || seal.write === 'signed'
    return isAccepted && this.keys.includes(key)
  }

  /** Returns the data that the app has to see in a request with these cookies; undefined for none. */
  expected (jar) {
    if (this.mode === 'externalKey') return this.id === undefined ? undefined : this.#recordOf(this.id)
    const value = this.valueIn(jar)
    if (value === undefined || !this.accepts(value)) return undefined
    return this.mode === 'cookie' ? value.data : this.#recordOf(value.data)
  }

  #recordOf (id) {
    const record = this.records.get(id)
    return record === undefined ? undefined : JSON.parse(record).text
  }

  /** Returns the names of the session's cookies in the jar. */
  get names () { return [...this.jar.keys()].filter((name) => name === this.key || name.startsWith(`${this.key}.`)).sort() }

  async read () {
    const expected = this.expected(this.jar)
    const before = this.mode === 'externalKey' ? undefined : this.valueIn(this.jar)
    let seen
    const { lines } = await this.request((ctx) => { seen = ctx[this.name].text })
    assert.equal(seen, expected)
    if (before && expected !== undefined) {
      const isOutdated = before.key !== this.keys[0] || before.isSealed !== this.isSealing
      const isSent = this.noteReissued(lines, before)
      // A value that does not fit any more, under its new protection, stays as it is.
      if (!isOutdated) assert.equal(isSent, false)
      else if (this.options.chunks === undefined) assert.equal(isSent, true)
    }
    if (expected === undefined && before === undefined) assert.ok(!lines.some((line) => line.startsWith(`${this.key}=`)))
    this.keep(lines)
    if (before && expected !== undefined) this.checkJar()
    if (this.mode !== 'externalKey') this.checkEvents(before, expected)
  }

  /** Checks that the browser has no other cookies of the session than those of the current value. */
  checkJar () {
    const value = this.valueIn(this.jar)
    const names = value.cookies.map(([name]) => name).sort()
    const isOwn = (name) => this.options.chunks !== undefined || !/\.\d+$/.test(name)
    assert.deepEqual(this.names.filter(isOwn), names.filter(isOwn))
  }

  checkEvents (value, expected) {
    // A cookie that is too large for a browser may be sealed again.
    const events = this.options.chunks === undefined ? this.events.filter((event) => event !== 'oversize') : this.events
    if (expected !== undefined) return assert.deepEqual(events, [])
    if (value === undefined || this.accepts(value)) return
    // Where cookies are signed, a sealed one has no signature: it counts as absent, or as missed if it has several parts.
    const withoutSignature = value.cookies.length > 1 ? ['missed'] : []
    assert.deepEqual(events, value.isSealed && !this.options.seal ? withoutSignature : ['forged'])
  }

  async write (length) {
    const text = `${this.counter++}`.padEnd(length, 'x')
    const before = this.expected(this.jar)
    let id
    const { status, lines } = await this.request((ctx) => {
      ctx[this.name].text = text
      id = this.mode === 'cookie' ? undefined : ctx[this.name].externalKey
    })
    if (this.mode === 'externalKey') return assert.equal(this.#recordOf(this.id), text)
    if (this.errors.length > 0) {
      assert.equal(this.errors[0].code, 'ERR_SESSION_OVERSIZE')
      assert.ok(length > 1000 && this.options.chunks !== undefined && this.mode === 'cookie')
      assert.equal(status, this.isEarly ? 200 : 500)
      assert.ok(this.events.includes('oversize') && (before === undefined || this.events.length === 1))
      if (before !== undefined) this.noteReissued(lines, this.valueIn(this.jar))
      return this.keep(lines)
    }
    const isKnown = this.mode === 'store' && before !== undefined
    const isSent = lines.some((line) => line.startsWith(`${this.key}=`))
    if (!isKnown) assert.ok(isSent)
    if (isSent) this.note(lines, this.mode === 'cookie' ? text : id)
    for (const line of lines) {
      if (this.options.chunks !== undefined) assert.ok(/^[^;]*/.exec(line)[0].length <= 4097)
    }
    this.keep(lines)
    assert.equal(this.expected(this.jar), text)
    this.checkJar()
  }

  async remove () {
    const { lines } = await this.request((ctx) => { ctx[this.name] = null })
    this.keep(lines)
    if (this.mode === 'externalKey') return assert.equal(this.id, undefined)
    const left = this.names.filter((name) => name === this.key || this.options.chunks !== undefined)
    assert.deepEqual(left.filter((name) => !name.endsWith('.sig')), [])
    assert.equal(this.expected(this.jar), undefined)
  }

  /** Removes the last key, puts a new one in front, or both. */
  rotate () {
    if (this.keys.length > 2 || this.random.chance(0.3)) this.keys.pop()
    if (this.keys.length === 0 || this.random.chance(0.7)) this.keys.unshift(keyOf(this.nextKey++))
  }

  changeOptions () {
    const { random } = this
    if (random.chance(0.5)) this.options.seal = random.pick(SEALS)
    else this.options.chunks = random.pick([1, 2, 4])
    if (!this.hasOwnKeys && !this.options.seal && this.options.chunks === undefined) this.options.chunks = 2
  }

  /** Alters a cookie: the app must not see the session any more. */
  async tamper () {
    if (this.mode === 'externalKey' || this.names.length === 0) return
    const name = this.random.pick(this.names)
    const value = this.jar.get(name)
    const at = this.random.below(value.length)
    const changed = new Map(this.jar).set(name, `${value.slice(0, at)}${value[at] === 'A' ? 'B' : 'A'}${value.slice(at + 1)}`)
    const whole = this.valueIn(changed)
    let seen
    await this.request((ctx) => { seen = ctx[this.name].text }, changed)
    assert.equal(seen, whole && this.accepts(whole) ? this.expected(changed) : undefined)
  }

  /** Writes in two requests with the same cookies; the browser stores some cookies of each response. */
  async crossResponses () {
    if (this.mode !== 'cookie') return
    const answers = []
    for (const length of [9000, 9000]) {
      const text = `${this.counter++}`.padEnd(length, 'y')
      const jar = new Map(this.jar)
      const { lines } = await this.request((ctx) => { ctx[this.name].text = text })
      if (this.errors.length > 0) return
      this.note(lines, text)
      this.keep(lines, jar)
      answers.push(jar)
    }
    const mixed = new Map()
    for (const [i, name] of [...answers[0].keys()].entries()) mixed.set(name, answers[i % 2].get(name) ?? answers[0].get(name))
    const whole = this.valueIn(mixed)
    let seen
    await this.request((ctx) => { seen = ctx[this.name].text }, mixed)
    if (whole) return assert.equal(seen, whole.data)
    assert.equal(seen, undefined)
    if (this.options.chunks > 2) assert.deepEqual(this.events, ['missed'])
  }

  /** Removes a cookie of the session from the jar, and reads. */
  async loseCookie () {
    if (this.mode !== 'cookie' || this.names.length < 2) return
    this.jar.delete(this.random.pick(this.names))
    await this.read()
  }

  async play () {
    const { random } = this
    for (let step = 0; step < STEPS; step++) {
      const action = random.pick([
        'read', 'read', 'write', 'write', 'long', 'remove', 'rotate', 'options', 'tamper', 'crossResponses', 'loseCookie'
      ])
      if (action === 'write') await this.write(1 + random.below(3000))
      else if (action === 'long') await this.write(1 + random.below(14000))
      else if (action === 'rotate') this.rotate()
      else if (action === 'options') this.changeOptions()
      else await this[action]()
    }
  }
}

test(`${SCRIPTS} random scripts agree with the model of protected cookies`, async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SCRIPTS; seed++) {
    try {
      await new Script(seed).play()
    } catch (error) {
      error.message = `script ${seed} (PROTECTED_SEED=${seed} PROTECTED_SCRIPTS=1): ${error.message}`
      throw error
    }
  }
})
