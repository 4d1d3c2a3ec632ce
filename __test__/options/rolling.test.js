'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { start } = require('../app')
const { START_MS, freeze } = require('../clock')
const { decode } = require('../forge')
const { MODES } = require('../modes')

const MAX_AGE_MS = 3600000

const respond = (ctx) => {
  if (ctx.path === '/login') ctx.session.user = 'Zoë'
  if (ctx.path === '/read') return { user: ctx.session.user }
}

describe('rolling', () => {
  test('sends a cookie that was read with a new time', async (t) => {
    const clock = freeze(t)
    const client = await start(t, respond, { options: { rolling: true, maxAge: MAX_AGE_MS } })
    await client.get('/login')
    clock.now += 1000
    const { lines, json } = await client.get('/read')
    assert.deepEqual(json, { user: 'Zoë' })
    assert.deepEqual(decode(lines), { user: 'Zoë', _expire: START_MS + 1000 + MAX_AGE_MS, _maxAge: MAX_AGE_MS })
    assert.ok(lines[0].includes('; expires=Mon, 01 Jan 2024 01:00:01 GMT;'))
  })

  test('leaves a cookie that was not touched', async (t) => {
    const client = await start(t, respond, { options: { rolling: true } })
    await client.get('/login')
    assert.deepEqual((await client.get('/')).lines, [])
  })

  for (const mode of ['store', 'ContextStore', 'externalKey']) {
    test(`saves a stored session on every request: ${mode}`, async (t) => {
      const { options, store } = MODES[mode]()
      const client = await start(t, respond, { options: { ...options, rolling: true } })
      await client.get('/login')
      store.calls.length = 0
      const { lines } = await client.get('/')
      assert.ok(lines.length > 0)
      const [get, set] = store.calls
      assert.equal(store.calls.length, 2)
      assert.equal(get[3].rolling, true)
      assert.deepEqual([set[4].rolling, set[4].changed], [true, false])
    })
  }

  for (const [mode, more] of [['store'], ['ContextStore'], ['externalKey'], ['store', { merge: true }]]) {
    test(`ends a session that nobody visits, even if the store keeps it: ${mode}${more ? ', merge' : ''}`, async (t) => {
      const clock = freeze(t)
      const { options } = MODES[mode]()
      const client = await start(t, respond, { options: { ...options, ...more, rolling: true, maxAge: MAX_AGE_MS } })
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
      const client = await start(t, respond, { options: { ...MODES[mode]().options, rolling: true } })
      assert.deepEqual((await client.get('/read')).lines, [])
    }
  })

  test('is off by default', async (t) => {
    for (const mode of Object.keys(MODES)) {
      const { options, store } = MODES[mode]()
      const client = await start(t, respond, { options })
      await client.get('/login')
      store?.take()
      assert.deepEqual((await client.get('/read')).lines, [])
      if (store) assert.deepEqual(store.take(), ['get'])
    }
  })
})
