'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { encode } = require('../harness/forge')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const show = (ctx) => ({ isNew: ctx.session.isNew, keys: Object.keys(ctx.session), length: ctx.session.length })
const EMPTY = { isNew: true, keys: [], length: 0 }

const VALUES = ['text', 7, -1, true, ['a', 'b'], []]

/** The sources of a session's data, with the options of each. */
const WAYS = {
  'the cookie': (value) => ({ opts: {}, cookie: encode(JSON.stringify(value)) }),
  'an own decode': (value) => ({ opts: { decode: (text) => JSON.parse(Buffer.from(text, 'base64')) }, cookie: encode(JSON.stringify(value)) }),
  'the store': (value) => {
    const store = new CountingStore()
    store.records.set('an-id', JSON.stringify(value))
    return { opts: { store }, cookie: 'an-id' }
  },
  'a cookie, with the option valid': (value) => ({ opts: { valid: () => true }, cookie: encode(JSON.stringify(value)) })
}

for (const [way, make] of Object.entries(WAYS)) {
  describe(`fault 30: from ${way}`, () => {
    for (const value of VALUES) {
      test(`${JSON.stringify(value)} is a new session, and session:invalid`, async (t) => {
        const { opts, cookie } = make(value)
        const server = await start(t, { ...opts, signed: false }, show)
        const answer = await server.get('/', { cookie: `koa.sess=${cookie}` })
        assert.deepEqual([answer.status, answer.json], [200, EMPTY])
        await server.settled()
        assert.deepEqual(server.events.map(({ name }) => name), ['session:invalid'])
        assert.deepEqual(server.events[0].event.value, value)
      })
    }
  })
}
