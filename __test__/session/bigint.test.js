'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const VALUES = {
  'session.balance': (session) => { session.balance = 1n },
  'session.user.balance': (session) => { session.user = { name: 'ann', balance: 1n } },
  'session.rows.1.n': (session) => { session.rows = [{ n: 1 }, { n: 2n }] }
}

for (const kind of ['cookie', 'store']) {
  describe(`fault 31: a BigInt, in ${kind} mode`, () => {
    for (const [path, put] of Object.entries(VALUES)) {
      test(`the error names ${path}`, async (t) => {
        const store = kind === 'store' ? new CountingStore() : undefined
        const server = await start(t, { store }, (ctx) => put(ctx.session))
        const answer = await server.get('/')
        assert.deepEqual([answer.status, answer.setCookie], [500, []])
        assert.equal(server.errors.length, 1)
        const [err] = server.errors
        assert.ok(err instanceof TypeError)
        assert.equal(err.code, 'ERR_SESSION_VALUE')
        assert.match(err.message, new RegExp(`(^|\\s)${path}(\\s|$)`))
        assert.equal(store?.count('set') ?? 0, 0)
      })
    }

    test('with a circular reference, the error is that of JSON.stringify', async (t) => {
      const server = await start(t, {}, (ctx) => {
        ctx.session.self = {}
        ctx.session.self.again = ctx.session.self
      })
      assert.equal((await server.get('/')).status, 500)
      assert.ok(server.errors[0] instanceof TypeError)
      assert.equal(server.errors[0].code, undefined)
    })

    test('a BigInt with a toJSON is saved', async (t) => {
      const server = await start(t, {}, (ctx) => {
        ctx.session.views = Object.assign(Object(1n), { toJSON: () => '1' })
        return { views: ctx.session.views }
      })
      assert.equal((await server.get('/')).status, 200)
    })
  })
}
