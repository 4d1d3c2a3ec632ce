'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { cookieHeader } = require('../harness/forge')
const { MODES, externalKey } = require('../harness/modes')
const { errorOf, refusesMethods } = require('../harness/refusal')
const { visit } = require('../harness/server')

const respond = (ctx) => {
  if (ctx.path === '/login') ctx.session.user = 'zoe'
  if (ctx.path === '/logout') ctx.session = null
  return { user: ctx.session?.user }
}

/** Makes a genid that numbers the ids, so that calls are predictable. */
function numbered () {
  let number = 0
  return () => `id${++number}`
}

describe('externalKey', () => {
  const inHeader = { get: (ctx) => ctx.get('x-session'), set: (ctx, value) => ctx.set('x-session', value) }

  test('replaces the cookie', async (t) => {
    const { options, store } = MODES.store()
    const client = await visit(t, { ...options, externalKey: inHeader, genid: numbered() }, respond)
    const login = await client.get('/login')
    assert.deepEqual([login.headers['x-session'], login.setCookie], ['id1', []])
    assert.deepEqual((await client.get('/', { 'x-session': 'id1' })).json, { user: 'zoe' })
    assert.deepEqual((await client.get('/', { cookie: cookieHeader('id1') })).json, {})
    await client.get('/logout', { 'x-session': 'id1' })
    assert.equal(store.records.size, 0)
  })

  test('is called with ctx and the id', async (t) => {
    const calls = []
    const spy = {
      get (...args) {
        calls.push(['get', args.length, args[0].path])
        return externalKey.get(...args)
      },
      set (...args) {
        calls.push(['set', args.length, args[0].path, args[1]])
        return externalKey.set(...args)
      }
    }
    const client = await visit(t, { ...MODES.store().options, externalKey: spy, genid: numbered() }, respond)
    await client.get('/login')
    await client.get('/read')
    assert.deepEqual(calls, [['get', 1, '/login'], ['set', 2, '/login', 'id1'], ['get', 1, '/read']])
  })

  for (const nothing of [undefined, null, '', false]) {
    test(`that returns ${JSON.stringify(nothing)} means a visitor without a session`, async (t) => {
      const { options, store } = MODES.store()
      const client = await visit(t, { ...options, externalKey: { get: () => nothing, set () {} } }, respond)
      assert.deepEqual((await client.get()).json, {})
      assert.deepEqual(store.take(), [])
    })
  }

  test('is ignored without a store', async (t) => {
    const client = await visit(t, { externalKey: inHeader }, respond)
    await client.get('/login')
    assert.deepEqual((await client.get()).json, { user: 'zoe' })
  })
})

const none = () => {}

refusesMethods('externalKey', [
  [{ set: none }, 'externalKey.get', 'undefined'],
  [{ get: none }, 'externalKey.set', 'undefined']
])

for (const externalKey of ['a', 1, true, none]) {
  test(`externalKey as ${typeof externalKey} names externalKey`, () => {
    const error = errorOf({ externalKey })
    assert.ok(error.message.split('\n')[0].includes('externalKey'))
    assert.equal(error.code, 'ERR_SESSION_OPTION')
    assert.ok(error.option.startsWith('externalKey'))
  })
}
