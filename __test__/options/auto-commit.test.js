'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { decode } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { refuses } = require('../harness/refusal')
const { visit } = require('../harness/server')

describe('autoCommit', () => {
  for (const [mode, make] of Object.entries(MODES)) {
    test(`false leaves the commit to the app: ${mode}`, async (t) => {
      const { options, store } = make()
      const client = await visit(t, { ...options, autoCommit: false }, async (ctx) => {
        ctx.session.views = (ctx.session.views ?? 0) + 1
        if (ctx.path === '/commit') await ctx.session.manuallyCommit()
        return { views: ctx.session.views }
      })

      const idle = await client.get()
      assert.deepEqual([idle.json, idle.setCookie], [{ views: 1 }, []])
      if (store) assert.deepEqual(store.take(), [])

      assert.deepEqual((await client.get('/commit')).json, { views: 1 })
      assert.ok(client.jar.size > 0)
      if (store) assert.deepEqual(store.take(), ['set'])

      assert.deepEqual((await client.get('/commit')).json, { views: 2 })
      assert.deepEqual((await client.get()).json, { views: 3 })
      assert.deepEqual((await client.get()).json, { views: 3 })
    })
  }

  test('true also saves changes before an error of the app', async (t) => {
    const { options, store } = MODES.store()
    const client = await visit(t, options, (ctx) => {
      ctx.session.a = 1
      ctx.throw(418)
    })
    assert.equal((await client.get()).status, 418)
    assert.deepEqual(store.take(), ['set'])
  })

  test('true saves when the app has sent its body as a stream', async (t) => {
    const { Readable } = require('node:stream')
    const client = await visit(t, { autoCommit: true }, (ctx) => {
      ctx.session.a = 1
      ctx.body = Readable.from(['a', 'b'])
    })
    const response = await client.get()
    assert.equal(response.body, 'ab')
    assert.equal(decode(response.setCookie).a, 1)
  })
})

refuses('autoCommit', [[1, 'number']])
