'use strict'

// Sessions of compat/minimal and compat/generic that one request destroys while others use them. Each call of the store waits until the test lets it run.

const { AsyncLocalStorage } = require('node:async_hooks')
const { IncomingMessage, ServerResponse } = require('node:http')
const { Socket } = require('node:net')
const { describe, test } = require('node:test')
const assert = require('node:assert/strict')

const Koa = require('koa')

const generic = require('../../compat/generic')
const minimal = require('../../compat/minimal')
const Random = require('../differential/random')

const SCRIPTS = 200
const KEYS = ['a', 'b', 'c', 'd']
const ID = 'x'.repeat(32)

const ENTRIES = {
  minimal: { make: (options) => minimal({ key: 'sid', ...options }), record: `sid:${ID}`, base: { base: 1 } },
  eager: { make: (options) => generic({ key: 'sid', prefix: '', cookie: { signed: false }, ...options }), record: ID, base: { base: 1, cookie: { signed: false } } },
  defer: { make: (options) => generic({ key: 'sid', prefix: '', cookie: { signed: false }, defer: true, ...options }), record: ID, base: { base: 1, cookie: { signed: false } } }
}

/** Things that wait until the test lets them go on, in an order of its own. */
class Stage {
  #waiting = []

  /** Waits under a name, then runs `act`, which is synchronous. */
  wait (name, act = () => {}) {
    return new Promise((resolve) => { this.#waiting.push({ name, go: () => resolve(act()) }) })
  }

  /** Lets the waiting ones go on one by one, until nothing waits. `choose` gets their names, and returns the place of one. */
  async run (choose = () => 0) {
    for (;;) {
      await new Promise(setImmediate)
      if (this.#waiting.length === 0) return
      this.#waiting.splice(choose(this.#waiting.map(({ name }) => name)), 1)[0].go()
    }
  }
}

/** An app with one stored session, whose store has JSON, and the requests to it. */
class World {
  stage = new Stage()
  records = new Map()
  request = new AsyncLocalStorage()
  onSet = () => {}
  onDestroying = () => {}
  onDestroyed = () => {}

  constructor ({ make, record, base }, options, data = {}) {
    this.key = record
    this.records.set(record, JSON.stringify({ ...base, ...data }))
    const store = {
      get: (key) => this.stage.wait('get', () => this.#read(key)),
      set: (key, value) => {
        const json = JSON.stringify(value)
        const request = this.request.getStore()
        return this.stage.wait('set', () => {
          this.records.set(key, json)
          this.onSet(key, request)
        })
      },
      destroy: (key) => {
        this.onDestroying()
        return this.stage.wait('destroy', () => {
          this.records.delete(key)
          this.onDestroyed(key)
        })
      }
    }
    this.app = new Koa()
    this.app.silent = true
    this.handler = make({ store, ...options })
  }

  #read (key) {
    const json = this.records.get(key)
    return json && JSON.parse(json)
  }

  /** Returns the data of the record; undefined if there is none. */
  get data () {
    const data = this.#read(this.key)
    if (data !== undefined) for (const key of ['base', 'cookie']) delete data[key]
    return data
  }

  /** Sends a request with the session's id. */
  async send (play, request) {
    const req = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url: '/', headers: { cookie: `sid=${ID}` } })
    const ctx = this.app.createContext(req, new ServerResponse(req))
    await this.request.run(request, () => this.handler(ctx, () => play(ctx)))
    return ctx
  }
}

/** Runs requests that have all loaded the session before the first of them changes it, and end one after the other. */
async function together (world, ...changes) {
  const sent = changes.map((change) => world.send(async (ctx) => {
    const session = await ctx.session
    await world.stage.wait('step')
    await change(ctx, session)
  }))
  await world.stage.run()
  return Promise.all(sent)
}

for (const [name, entry] of Object.entries(ENTRIES)) {
  describe(name, () => {
    test('keys called __proto__ and constructor are merged as data', async () => {
      const world = new World(entry)
      const own = (value) => ({ value, writable: true, enumerable: true, configurable: true })
      await together(world, (_, session) => { Object.defineProperty(session, '__proto__', own({ isAdmin: true })) }, (_, session) => { session.constructor = 1 })
      assert.deepEqual(Object.entries(world.data).sort(), [['__proto__', { isAdmin: true }], ['constructor', 1]])
    })

    test('a request that loads the session while it is being destroyed does not bring it back', async () => {
      const world = new World(entry)
      let late
      world.onDestroying = () => { late = world.send(async (ctx) => { (await ctx.session).b = 2 }) }
      const logout = world.send(async (ctx) => {
        await ctx.session
        ctx.session = null
      })
      // The store reads the record for the late request, and destroys it then.
      await world.stage.run((names) => Math.max(names.indexOf('get'), 0))
      await Promise.all([logout, late])
      assert.equal(world.data, undefined)
    })

    test('saveSession() after a logout does not bring the session back under another id', { skip: name === 'minimal' }, async () => {
      const world = new World(entry)
      const late = world.send(async (ctx) => {
        const session = await ctx.session
        await world.send(async (other) => {
          await other.session
          other.session = null
        })
        session.b = 2
        await ctx.saveSession()
      })
      await world.stage.run()
      const { res } = await late
      assert.equal(world.records.size, 0)
      assert.equal(res.getHeader('Set-Cookie'), undefined)
    })

    test('a new id after a logout gets only what the request has changed', { skip: name !== 'minimal' }, async () => {
      const world = new World(entry)
      const renew = (ctx, session, user) => {
        if (user) session.user = user
        ctx.sessionHandler.regenerateId()
      }
      const [, idle, login] = await together(world, (ctx) => { ctx.session = null }, renew, (ctx, session) => renew(ctx, session, 'ada'))
      assert.equal(idle.res.getHeader('Set-Cookie'), undefined)
      assert.notEqual(login.res.getHeader('Set-Cookie'), undefined)
      assert.deepEqual([...world.records.values()], ['{"user":"ada"}'])
    })

    test('a session that is assigned unread does not come back after a logout', { skip: name !== 'defer' }, async () => {
      const world = new World(entry)
      const late = world.send(async (ctx) => {
        ctx.session = { a: 1 }
        await world.send(async (other) => { other.session = null })
      })
      await world.stage.run()
      await late
      assert.equal(world.records.size, 0)
    })

    test('a request may store a session again that it has destroyed itself', { skip: name === 'minimal' }, async () => {
      const world = new World(entry, {}, { a: 1 })
      const sent = world.send(async (ctx) => {
        const { cookie } = await ctx.session
        ctx.session = null
        await ctx.saveSession()
        ctx.session = { cookie, b: 2 }
      })
      await world.stage.run()
      await sent
      assert.deepEqual(world.data, { b: 2 })
    })

    test(`${SCRIPTS} random interleavings keep the last change of each key, and destroyed sessions destroyed`, async () => {
      for (let seed = 1; seed <= SCRIPTS; seed++) {
        const { data, expected } = await playScript(entry, new Random(seed), name !== 'minimal')
        assert.deepEqual(data, expected, `seed ${seed}`)
      }
    })
  })
}

/** Plays 2 to 4 requests at once, and notes what each write to the store must have changed. */
async function playScript (entry, random, canSave) {
  const world = new World(entry, {}, { a: 0, b: 0 })
  let expected = { a: 0, b: 0 }
  world.onSet = (key, request) => {
    if (key !== world.key) return
    expected ??= { isRevived: true }
    for (const name of KEYS) {
      const value = request.session[name]
      if (value === request.known[name]) continue
      if (value === undefined) delete expected[name]
      else expected[name] = value
    }
    request.known = { ...request.session }
  }
  world.onDestroyed = (key) => { if (key === world.key) expected = undefined }
  let value = 0

  const sent = random.times(2 + random.below(3), () => {
    const request = {}
    const steps = random.times(1 + random.below(4), () => random.weighted({ set: 4, delete: 2, save: canSave ? 1 : 0, destroy: 0.7 }))
    const isLate = random.chance(0.5)
    const play = async (ctx) => {
      const session = request.session = await ctx.session
      request.known = { ...session }
      for (const step of steps) {
        await world.stage.wait('step')
        const name = random.pick(KEYS)
        if (step === 'set') session[name] = ++value
        else if (step === 'delete') delete session[name]
        else if (step === 'save') await ctx.saveSession()
        else {
          ctx.session = null
          return
        }
      }
    }
    return isLate ? world.stage.wait('step').then(() => world.send(play, request)) : world.send(play, request)
  })
  await world.stage.run((names) => random.below(names.length))
  await Promise.all(sent)
  return { data: world.data, expected }
}
