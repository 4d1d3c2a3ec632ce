'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { START_MS, freeze } = require('../harness/clock')
const { decode } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { refuses } = require('../harness/refusal')
const { visit } = require('../harness/server')

const MAX_AGE_MS = 10000

const respond = (ctx) => {
  if (ctx.path === '/login') ctx.session.user = 'Zoë'
  if (ctx.path === '/idle') return 'untouched'
  return { user: ctx.session.user }
}

/** Creates a session, moves the clock, and returns the next response. */
async function visitLater (t, passed, options, path) {
  const clock = freeze(t)
  const client = await visit(t, { renew: true, maxAge: MAX_AGE_MS, ...options }, respond)
  await client.get('/login')
  clock.now += passed
  return client.get(path)
}

describe('renew', () => {
  for (const mode of Object.keys(MODES)) {
    for (const [passed, sent] of [[4999, false], [5000, false], [5001, true], [9999, true]]) {
      test(`${sent ? 'sends' : 'leaves'} a session of 10000 ms after ${passed} ms: ${mode}`, async (t) => {
        const { options } = MODES[mode]()
        const { setCookie, json } = await visitLater(t, passed, options)
        assert.deepEqual(json, { user: 'Zoë' })
        assert.equal(setCookie.length > 0, sent)
        if (sent && mode === 'cookie') assert.equal(decode(setCookie)._expire, START_MS + passed + MAX_AGE_MS)
      })
    }
  }

  for (const mode of Object.keys(MODES)) {
    test(`${mode === 'cookie' ? 'leaves' : 'sends'} a session that the request does not touch: ${mode}`, async (t) => {
      const { setCookie } = await visitLater(t, 5001, MODES[mode]().options, '/idle')
      assert.equal(setCookie.length > 0, mode !== 'cookie')
    })
  }

  test('uses half of the session\'s own maxAge', async (t) => {
    const clock = freeze(t)
    const client = await visit(t, { renew: true, maxAge: MAX_AGE_MS }, (ctx) => {
      if (ctx.path === '/login') ctx.session = { a: 1, maxAge: 1000 }
      return { maxAge: ctx.session.maxAge }
    })
    await client.get('/login')
    clock.now += 500
    assert.deepEqual((await client.get()).setCookie, [])
    clock.now += 1
    const { setCookie, json } = await client.get()
    assert.deepEqual(json, { maxAge: 1000 })
    assert.equal(decode(setCookie)._expire, START_MS + 501 + 1000)
  })

  test("leaves a session of maxAge 'session'", async (t) => {
    const { setCookie } = await visitLater(t, 1e12, { maxAge: 'session' })
    assert.deepEqual(setCookie, [])
  })

  test('is off by default', async (t) => {
    const { setCookie } = await visitLater(t, 9999, { renew: undefined })
    assert.deepEqual(setCookie, [])
  })
})

refuses('renew', [[1, 'number']])
