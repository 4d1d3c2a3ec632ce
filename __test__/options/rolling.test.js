'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { START_MS, freeze } = require('../harness/clock')
const { decode } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { refuses } = require('../harness/refusal')
const { visit } = require('../harness/server')

const MAX_AGE_MS = 3600000

const respond = (ctx) => {
  if (ctx.path === '/login') ctx.session.user = 'Zoë'
  if (ctx.path === '/read') return { user: ctx.session.user }
}

describe('rolling', () => {
  test('if the app read the session, its cookie is sent again, with a new expiry', async (t) => {
    const clock = freeze(t)
    const client = await visit(t, { rolling: true, maxAge: MAX_AGE_MS }, respond)
    await client.get('/login')
    clock.now += 1000
    const { setCookie, json } = await client.get('/read')
    assert.deepEqual(json, { user: 'Zoë' })
    assert.deepEqual(decode(setCookie), { user: 'Zoë', _expire: START_MS + 1000 + MAX_AGE_MS, _maxAge: MAX_AGE_MS })
    assert.ok(setCookie[0].includes('; expires=Mon, 01 Jan 2024 01:00:01 GMT;'))
  })

  test('does not send a cookie that was not read', async (t) => {
    const client = await visit(t, { rolling: true }, respond)
    await client.get('/login')
    assert.deepEqual((await client.get('/')).setCookie, [])
  })

  for (const mode of ['store', 'ContextStore', 'externalKey']) {
    test(`saves a stored session on every request: ${mode}`, async (t) => {
      const { options, store } = MODES[mode]()
      const client = await visit(t, { ...options, rolling: true }, respond)
      await client.get('/login')
      store.reset()
      const { setCookie } = await client.get('/')
      assert.ok(setCookie.length > 0)
      const [get, set] = store.calls
      assert.equal(store.calls.length, 2)
      assert.equal(get.options.rolling, true)
      assert.deepEqual([set.options.rolling, set.options.changed], [true, false])
    })
  }

  for (const [mode, more] of [['store'], ['ContextStore'], ['externalKey'], ['store', { merge: true }]]) {
    test(`ends a session without requests, even if the store keeps it: ${mode}${more ? ', merge' : ''}`, async (t) => {
      const clock = freeze(t)
      const { options } = MODES[mode]()
      const client = await visit(t, { ...options, ...more, rolling: true, maxAge: MAX_AGE_MS }, respond)
      await client.get('/login')
      const { cookie } = client
      clock.now += MAX_AGE_MS - 1
      assert.deepEqual((await client.get('/read', { cookie })).json, { user: 'Zoë' })
      clock.now += MAX_AGE_MS
      assert.deepEqual((await client.get('/read', { cookie })).json, { user: 'Zoë' })
      clock.now += MAX_AGE_MS + 1
      assert.deepEqual((await client.get('/read', { cookie })).json, {})
    })
  }

  test('sends nothing to a visitor without a session', async (t) => {
    for (const mode of Object.keys(MODES)) {
      const client = await visit(t, { ...MODES[mode]().options, rolling: true }, respond)
      assert.deepEqual((await client.get('/read')).setCookie, [])
    }
  })

  test('is off by default', async (t) => {
    for (const mode of Object.keys(MODES)) {
      const { options, store } = MODES[mode]()
      const client = await visit(t, options, respond)
      await client.get('/login')
      store?.take()
      assert.deepEqual((await client.get('/read')).setCookie, [])
      if (store) assert.deepEqual(store.take(), ['get'])
    }
  })
})

refuses('rolling', [['true', 'string']])
