'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const fc = require('fast-check')

const { MemoryStore } = require('../../stores/memory')
const { createApp, handle } = require('../harness/app')
const { contextStoreOf } = require('../harness/modes')
const { CountingStore } = require('../harness/store')

const COOKIE = 'koa.sess'
const recordOf = (store, id) => JSON.parse(store.records.get(id) ?? 'null')

/** The places of sessions: the options, and how to read the stored data by the cookie's value. */
const PLACES = {
  cookie: () => ({ options: {}, read: (value) => value && JSON.parse(Buffer.from(value, 'base64').toString()) }),
  'plain store' (store = new CountingStore()) {
    return { options: { store }, read: (id) => recordOf(store, id) }
  },
  ContextStore (store = new CountingStore()) {
    return { options: { ContextStore: contextStoreOf(store) }, read: (id) => recordOf(store, id) }
  },
  merge (store = new CountingStore()) {
    return { options: { store, merge: true }, read: (id) => recordOf(store, id) }
  },
  MemoryStore (store = new MemoryStore()) {
    return { options: { store }, read: (id) => id && JSON.parse(store.load(id)?.data ?? 'null') }
  }
}

/** A browser: its app, its cookie, and the operations of each request. */
class Visitor {
  constructor ({ options, read }, underscoreKeys) {
    this.read = read
    this.underscoreKeys = underscoreKeys
    this.app = createApp({ ...options, signed: false, underscoreKeys }, (ctx) => this.respond(ctx))
    this.app.on('error', (err) => this.log.push(`500 ${err.message}`))
  }

  respond (ctx) {
    for (const [name, ...args] of this.program) {
      try {
        operations[name](ctx, ...args)
      } catch (err) {
        // An error like in strict mode, the same in each place.
        this.log.push(err.name)
      }
      this.look(ctx.session)
    }
    this.expected = wanted(ctx.session, this.underscoreKeys)
  }

  look (session) {
    this.prototype ??= Object.getPrototypeOf(session)
    assert.equal(Object.getPrototypeOf(session), this.prototype)
    assert.equal(session.injected, undefined)
  }

  /** Runs a program in a request; returns what it read, and the stored data. */
  async run (program) {
    Object.assign(this, { program, log: [], expected: undefined })
    const { status, setCookie } = await handle(this.app, this.cookie ? { cookie: `${COOKIE}=${this.cookie}` } : {})
    for (const line of setCookie) this.cookie = line.slice(COOKIE.length + 1).split(';')[0]
    const { _expire, _maxAge, _session, ...data } = this.read(this.cookie) ?? {}
    return { status, log: this.log, data, expected: this.expected }
  }
}

/** Names of the session's own members: data with these names are stored, but not loaded. */
const ACCESSORS = new Set(['length', 'populated', 'maxAge', 'externalKey'])
const RESERVED = new Set(['__proto__', '_expire', '_maxAge', '_session', '_requireSave'])

/** Returns what must be stored, by the properties of the session only. */
function wanted (session, underscoreKeys) {
  const entries = Object.entries(Object.getOwnPropertyDescriptors(session))
    .filter(([key, { enumerable }]) => enumerable && key !== 'isNew' && !(underscoreKeys ? RESERVED.has(key) : key[0] === '_'))
    .map(([key, { value, get }]) => [key, get ? get() : value])
    .filter(([, value]) => typeof value !== 'function')
  return JSON.parse(JSON.stringify(Object.fromEntries(entries)))
}

/** Returns data as JSON with sorted keys, since stores that merge have their own order. */
function canonical (data) {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return JSON.stringify(data)
  return `{${Object.entries(data).filter(([key]) => !ACCESSORS.has(key)).sort(([a], [b]) => a < b ? -1 : 1).map(([key, value]) => `${JSON.stringify(key)}:${canonical(value)}`).join()}}`
}

class Money {
  constructor (cents) { this.cents = cents }
  method () {}
  toJSON () { return `${this.cents} c` }
}

class Plain {
  own = 1
  get derived () { return 2 }
  method () {}
}

const INJECTED = '{"injected":true,"isNew":"injected"}'
const functions = [
  () => () => 1, () => Object.assign(() => 1, { toJSON: () => 'a function' }), () => class { static toJSON () { return 'a class' } }
]
// Each place gets new values. As `_maxAge` of an assigned object, a number would be its maxAge.
const values = fc.oneof(
  fc.oneof(fc.integer({ min: 60000, max: 60002 }), fc.constantFrom('', 'a', 'session', '"_x":1', null, true, undefined, NaN, -0, Infinity)).map((value) => () => value),
  fc.constantFrom(...functions),
  fc.constantFrom(
    () => new Money(5), () => new Plain(), () => new Date(0), () => Symbol('s'), () => new Map([[1, 2]]), () => [1, [undefined, () => {}]],
    () => ({ a: { _b: 1, c () {}, d: undefined } }), () => ({ toJSON: 'data' }), () => JSON.parse(INJECTED), () => JSON.parse(`{"__proto__":${INJECTED},"a":1}`),
    () => Object.create({ inherited: 1 }), () => Object.create(null), () => new Proxy({ a: 1 }, {})
  )
)
const keys = fc.oneof({ weight: 5, arbitrary: fc.constantFrom('a', 'b', 'c', 'user', '1', '10') },
  { weight: 2, arbitrary: fc.constantFrom('__proto__', '_hidden', 'toJSON', 'save', 'constructor', 'hasOwnProperty', 'then') },
  { weight: 1, arbitrary: fc.constantFrom('isNew', 'maxAge', 'length', 'populated', 'externalKey', '_expire', '_maxAge', '_session', '_requireSave') })
const entries = fc.array(fc.tuple(keys, values), { maxLength: 4 })
// Own keys, also `__proto__`.
const objectOf = (list) => Object.fromEntries(list.map(([key, make]) => [key, make()]))

/** Merges two levels: deeper, `__proto__` in the data would reach the prototype of all objects, and the test's own. */
function merge (target, source) {
  for (const [key, value] of Object.entries(source)) {
    if (isObject(value) && isObject(target[key])) Object.assign(target[key], value)
    else target[key] = value
  }
}

const isObject = (value) => typeof value === 'object' && value !== null

/** What an app does to its session, by name. */
const operations = {
  set: ({ session }, key, make) => { session[key] = make() },
  assign: ({ session }, list) => { Object.assign(session, objectOf(list)) },
  loop ({ session }, list) {
    for (const [key, value] of Object.entries(objectOf(list))) session[key] = value
  },
  merge: ({ session }, list) => merge(session, objectOf(list)),
  delete: ({ session }, key) => { delete session[key] },
  define: ({ session }, key, make, flags) => { Object.defineProperty(session, key, { value: make(), configurable: true, ...flags }) },
  getter ({ session }, key, make, { enumerable }) {
    const value = make()
    Object.defineProperty(session, key, { get: () => value, enumerable, configurable: true })
  },
  // Objects of these sizes are created in different ways.
  widen ({ session }) {
    for (let i = 0; i < 20; i++) session[`k${i}`] = i
  },
  lengthen: ({ session }) => { session.text = 'x'.repeat(700) },
  freeze: ({ session }) => { Object.freeze(session) },
  replace: (ctx, list) => { ctx.session = objectOf(list) },
  replaceFrozen: (ctx, list) => { ctx.session = Object.freeze(objectOf(list)) },
  replaceInstance: (ctx, list) => { ctx.session = Object.defineProperties(new Plain(), Object.getOwnPropertyDescriptors(objectOf(list))) },
  replaceInherited: (ctx, list) => { ctx.session = Object.create(objectOf(list)) },
  replaceBare: (ctx, list) => { ctx.session = Object.assign(Object.create(null), objectOf(list)) },
  replaceProxy: (ctx, list) => { ctx.session = new Proxy(objectOf(list), {}) },
  replaceSelf: (ctx) => { ctx.session = ctx.session } // eslint-disable-line no-self-assign
}

const flags = fc.record({ enumerable: fc.boolean(), writable: fc.boolean() })
const step = (weight, name, ...args) => ({ weight, arbitrary: fc.tuple(fc.constant(name), ...args) })
const steps = fc.oneof(
  step(12, 'set', keys, values), step(4, 'assign', entries), step(4, 'loop', entries), step(2, 'merge', entries), step(4, 'delete', keys),
  step(2, 'define', keys, values, flags), step(2, 'getter', keys, values, flags), step(1, 'widen'), step(1, 'lengthen'), step(1, 'freeze'),
  ...['replace', 'replaceFrozen', 'replaceInstance', 'replaceInherited', 'replaceBare', 'replaceProxy'].map((name) => step(1, name, entries)), step(1, 'replaceSelf')
)
const programs = fc.array(fc.array(steps, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 })

for (const underscoreKeys of [false, true]) {
  test(`any program stores the same in all places: underscoreKeys ${underscoreKeys}`, async () => {
    await fc.assert(fc.asyncProperty(programs, async (program) => {
      const visitors = Object.entries(PLACES).map(([place, make]) => [place, new Visitor(make(), underscoreKeys)])
      for (const [i, request] of program.entries()) {
        let first
        for (const [place, visitor] of visitors) {
          const { status, log, data, expected } = await visitor.run(request)
          const where = `${place}, request ${i}`
          assert.deepEqual([status, log.filter((line) => line.startsWith('500'))], [200, []], where)
          assert.equal(canonical(data), canonical(expected), where)
          first ??= { log, data: canonical(data) }
          assert.deepEqual({ log, data: canonical(data) }, first, where)
        }
      }
    }), { numRuns: 250, includeErrorInReport: true })
  })
}
