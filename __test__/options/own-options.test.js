'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { KOAS, session } = require('../harness/app')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const { koa2: Koa } = KOAS

const touch = (ctx) => {
  ctx.sessionOptions.domain = 'example.org'
  ctx.session.maxAge = 5000
  ctx.session.views = 1
}

/** Makes an object that records each write to it. */
function watched (target, writes) {
  const note = (kind) => (object, name, ...rest) => {
    writes.push([kind, String(name)])
    return Reflect[kind](object, name, ...rest)
  }
  return new Proxy(target, {
    set: note('set'),
    defineProperty: note('defineProperty'),
    deleteProperty: note('deleteProperty'),
    setPrototypeOf: note('setPrototypeOf')
  })
}

const KINDS = {
  cookie: () => ({ maxAge: 1000 }),
  store: () => ({ maxAge: 1000, store: new CountingStore() }),
  externalKey: () => ({ store: new CountingStore(), externalKey: Object.freeze({ get: () => undefined, set () {} }) }),
  'functions of ctx': () => ({ domain: () => 'a.example', secure: () => false, expires: () => new Date(Date.now() + 1000) })
}

describe("fault 22: the caller's options are never written to", () => {
  for (const [kind, make] of Object.entries(KINDS)) {
    test(`${kind}: nothing is written`, async (t) => {
      const opts = make()
      const before = { ...opts }
      const writes = []
      const server = await start(t, watched(opts, writes), touch)
      assert.equal((await server.get('/')).status, 200)
      assert.deepEqual(writes, [])
      assert.deepEqual(Object.entries(opts), Object.entries(before))
    })

    test(`${kind}: frozen ones work`, async (t) => {
      const server = await start(t, Object.freeze(make()), touch)
      const { status } = await server.get('/')
      assert.equal(status, 200)
      assert.deepEqual(server.errors, [])
    })
  }

  test('one object for two apps', async (t) => {
    const opts = Object.freeze({ key: 'mine' })
    for (let i = 0; i < 2; i++) {
      const server = await start(t, opts, touch)
      assert.equal((await server.get('/')).cookies.size, 2)
    }
    assert.equal(typeof session(opts, new Koa()), 'function')
  })
})
