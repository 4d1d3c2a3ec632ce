'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { START_MS, freeze } = require('../harness/clock')
const { MODES } = require('../harness/modes')
const { refuses } = require('../harness/refusal')
const { visit } = require('../harness/server')

const respond = (ctx) => {
  if (ctx.path === '/login') ctx.session.user = ctx.query.user
  return { user: ctx.session.user, isNew: ctx.session.isNew }
}

describe('valid', () => {
  for (const [mode, make] of Object.entries(MODES)) {
    test(`is called with ctx and the data as it was saved: ${mode}`, async (t) => {
      freeze(t)
      const calls = []
      const client = await visit(t, {
        ...make().options,
        maxAge: 1000,
        valid (...args) {
          calls.push([args.length, args[0].path, JSON.stringify(args[1])])
          return true
        }
      }, respond)
      await client.get('/login?user=zoe')
      assert.deepEqual(calls, [])
      assert.deepEqual((await client.get('/read')).json, { user: 'zoe', isNew: false })
      assert.deepEqual(calls, [[2, '/read', `{"user":"zoe","_expire":${START_MS + 1000},"_maxAge":1000}`]])
    })

    test(`refuses a session by a falsy result: ${mode}`, async (t) => {
      for (const answer of [false, 0, '', null, undefined]) {
        const client = await visit(t, { ...make().options, valid: () => answer }, respond)
        await client.get('/login?user=zoe')
        assert.deepEqual((await client.get()).json, { isNew: true })
      }
    })

    test(`accepts a session by any truthy result: ${mode}`, async (t) => {
      for (const answer of [true, 1, 'false', {}]) {
        const client = await visit(t, { ...make().options, valid: () => answer }, respond)
        await client.get('/login?user=zoe')
        assert.deepEqual((await client.get()).json, { user: 'zoe', isNew: false })
      }
    })

    test(`is not called for an expired session: ${mode}`, async (t) => {
      const clock = freeze(t)
      let calls = 0
      const client = await visit(t, { ...make().options, maxAge: 1000, valid: () => ++calls }, respond)
      await client.get('/login?user=zoe')
      const cookie = client.cookie
      clock.now += 1001
      assert.deepEqual((await client.get('/', { cookie })).json, { isNew: true })
      assert.equal(calls, 0)
    })

    test(`may throw: its error fails the request: ${mode}`, async (t) => {
      const client = await visit(t, { ...make().options, valid () { throw Object.assign(new Error('no'), { status: 403 }) } }, respond)
      await client.get('/login?user=zoe')
      assert.equal((await client.get()).status, 403)
    })
  }
})

refuses('valid', [[true, 'boolean']])
