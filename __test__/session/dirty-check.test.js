'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')

const { MemoryStore } = require('../../stores/memory')
const { createApp, handle } = require('../harness/app')
const { contextStoreOf } = require('../harness/modes')
const { CountingStore } = require('../harness/store')
const { RandomData } = require('./random-data')

/** The visitors of each place, from this seed on. A failure names its seed. */
const VISITORS = Number(process.env.SNAPSHOT_VISITORS ?? 250)
const FROM = Number(process.env.SNAPSHOT_FROM ?? 1)

const COOKIE = 'koa.sess'

/** A store that keeps the objects themselves: the app changes them in place. */
class ObjectStore {
  records = new Map()
  writes = 0

  get (id) { return this.records.get(id) }
  destroy (id) { this.records.delete(id) }

  set (id, record) {
    this.writes++
    this.records.set(id, record)
  }
}

class CountingMemoryStore extends MemoryStore {
  writes = 0

  create (...args) { return this.#count(super.create(...args)) }
  merge (...args) { return this.#count(super.merge(...args)) }
  touch (...args) { return this.#count(super.touch(...args)) }

  #count (result) {
    this.writes++
    return result
  }
}

const inBase64 = {
  encode: (data) => Buffer.from(JSON.stringify(data)).toString('base64'),
  decode: (text) => JSON.parse(Buffer.from(text, 'base64').toString())
}

const inText = (options) => (store = new CountingStore()) => ({ options: options(store), writes: () => store.count('set') })

/** The places of sessions: the options, and the number of writes; without `writes`, a write is a cookie that is sent. */
const PLACES = {
  'the cookie': () => ({ options: {} }),
  'the cookie, with the option valid': () => ({ options: { valid: () => true } }),
  'the cookie, with the app\'s own encoding': () => ({ options: inBase64 }),
  'a store of texts': inText((store) => ({ store })),
  'a ContextStore': inText((store) => ({ ContextStore: contextStoreOf(store) })),
  'a store of texts, with the option merge': () => ({ ...inText((store) => ({ store, merge: true }))(), merges: true }),
  'a store of objects' (store = new ObjectStore()) {
    return { options: { store }, writes: () => store.writes, keepsObjects: true }
  },
  'a MemoryStore' (store = new CountingMemoryStore()) {
    return { options: { store }, writes: () => store.writes, merges: true }
  },
  'a MemoryStore, with the option valid' (store = new CountingMemoryStore()) {
    return { options: { store, valid: () => true }, writes: () => store.writes, merges: true }
  }
}

/** Returns the JSON of a session, undefined where JSON.stringify throws; and whether the session has any data. */
function look (session) {
  const entries = Object.entries(session).filter(([, value]) => typeof value !== 'function')
  const isPopulated = entries.length > 0
  try {
    return { text: JSON.stringify(Object.fromEntries(entries)), isPopulated }
  } catch {
    return { text: undefined, isPopulated }
  }
}

/** Returns JSON with its keys in order, but not those of nested objects. */
function sorted (text) {
  return JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text)).sort(([a], [b]) => a < b ? -1 : 1)))
}

/** A browser: it changes its session at random in each request. */
class Visitor {
  constructor ({ options, writes, merges = false, keepsObjects = false }, seed) {
    this.data = new RandomData(seed)
    this.app = createApp({ ...options, signed: false }, (ctx) => this.respond(ctx))
    this.app.on('error', () => {})
    this.storeWrites = writes
    this.same = merges ? (text) => sorted(text) : (text) => text
    this.keepsObjects = keepsObjects
    /** The JSON that is stored; undefined if there is none. */
    this.stored = undefined
  }

  async respond (ctx) {
    this.seen = [look(ctx.session)]
    if (this.isFirst) Object.assign(ctx.session, this.data.data())
    else this.change(ctx.session)
    this.seen.push(look(ctx.session))
    if (!this.isFirst && this.data.random.chance(0.3)) {
      await ctx.session.manuallyCommit()
      if (this.data.random.chance(0.8)) this.change(ctx.session)
      this.seen.push(look(ctx.session))
    }
  }

  change (session) {
    const { random } = this.data
    for (let count = random.below(3); count > 0; count--) {
      this.data.change(session, random.pick(['plain', 'plain', 'plain', 'plain', 'plain', 'reorder', 'odd']))
    }
  }

  /** Makes a request, and checks what it loads, and how often it saves. Returns how often; undefined if the data cannot be saved. */
  async visit (isFirst) {
    this.isFirst = isFirst
    const writes = this.storeWrites?.() ?? 0
    const { status, setCookie } = await handle(this.app, this.cookie ? { cookie: `${COOKIE}=${this.cookie}` } : {})
    for (const line of setCookie) this.cookie = line.slice(COOKIE.length + 1).split(';')[0]
    const [loaded, ...later] = this.seen
    assert.equal(this.same(loaded.text), this.same(this.stored ?? '{}'))
    const failing = later.findIndex(({ text }) => text === undefined)
    assert.equal(status, failing === -1 ? 200 : 500)
    const saves = this.save(failing === -1 ? later : later.slice(0, failing))
    if (this.storeWrites) assert.equal(this.storeWrites() - writes, saves)
    else assert.equal(setCookie.length > 0, saves > 0)
    return failing === -1 ? saves : undefined
  }

  /** Notes what the commits of a request have to store. Returns how many of them have to save. */
  save (seen) {
    let count = 0
    for (const [i, { text, isPopulated }] of seen.entries()) {
      const isDue = this.stored === undefined ? isPopulated : text !== this.seen[i].text
      if (isDue) count++
      if (isDue) this.stored = text
    }
    return count
  }
}

for (const [place, make] of Object.entries(PLACES)) {
  test(`a session is saved where its JSON has changed, and is loaded as that: ${place}`, async () => {
    const found = [0, 0, 0, 0]
    for (let seed = FROM; seed < FROM + VISITORS; seed++) {
      const visitor = new Visitor(make(), seed)
      try {
        for (let i = 0; i < 5; i++) {
          const saves = await visitor.visit(i === 0)
          found[saves ?? 3]++
          // An object in the store stays as the app has changed it, even if that cannot be saved.
          if (saves === undefined && visitor.keepsObjects) break
        }
      } catch (error) {
        error.message = `SNAPSHOT_FROM=${seed} SNAPSHOT_VISITORS=1\n${error.message}`
        throw error
      }
    }
    // Requests that save nothing, once or twice, and those that fail, all occur.
    if (VISITORS >= 100) assert.ok(found.every((count) => count > VISITORS / 10))
  })
}
