'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { START_MS, freeze } = require('../harness/clock')
const { PLACES } = require('../harness/places')
const { errorOf, refuses } = require('../harness/refusal')
const { start } = require('../harness/server')

const MINUTE = 60000

const ROUTES = {
  '/in' (ctx) { ctx.session.user = 'ann' },
  '/count' (ctx) { ctx.session.count = (ctx.session.count ?? 0) + 1 },
  '/me': (ctx) => ({ user: ctx.session.user ?? null })
}

describe('touchAfter', () => {
  for (const [place, options] of Object.entries(PLACES)) {
    test(`with rolling, an unchanged session is saved at most once in that time, and a changed one always: ${place}`, async (t) => {
      const clock = freeze(t)
      const server = await start(t, { ...options(), maxAge: 60 * MINUTE, rolling: true, touchAfter: 10 * MINUTE }, ROUTES)
      const client = server.visitor()
      await client.get('/in')
      const saved = []
      for (const [minute, path] of [[1, '/me'], [9, '/me'], [10, '/me'], [11, '/count'], [12, '/me'], [20, '/me'], [21, '/me'], [80, '/me']]) {
        clock.now = START_MS + minute * MINUTE
        const before = server.events.named('session:saved').length
        assert.equal((await client.get(path)).status, 200)
        await server.settled()
        const event = server.events.named('session:saved')[before]
        if (event) saved.push([minute, event.reason])
      }
      assert.deepEqual(saved, [[10, 'rolling'], [11, 'changed'], [21, 'rolling'], [80, 'rolling']])
      assert.equal((await client.get('/me')).json.user, 'ann')
    })
  }

  test('does not fit an app without rolling', () => {
    for (const rolling of [undefined, false]) {
      const { code, option } = errorOf({ touchAfter: MINUTE, rolling })
      assert.deepEqual([code, option], ['ERR_SESSION_OPTION', 'rolling'])
    }
  })
})

refuses('touchAfter', [['1', 'string'], [0, 'number'], [-1, 'number'], [NaN, 'nan']], { rolling: true })
