'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { start } = require('../app')
const { cookieHeader, encode } = require('../forge')
const { MODES } = require('../modes')

const respond = (ctx) => {
  if (ctx.path === '/login') ctx.session.user = 'Zoë'
  return { user: ctx.session.user }
}

describe('signed', () => {
  test('is on by default: an unsigned cookie is nobody', async (t) => {
    for (const signed of [true, undefined]) {
      const client = await start(t, respond, { options: { signed } })
      const value = encode({ user: 'Zoë' })
      assert.deepEqual((await client.get('/', { cookie: cookieHeader(value) })).json, { user: 'Zoë' })
      assert.deepEqual((await client.get('/', { cookie: `koa.sess=${value}` })).json, {})
      assert.deepEqual((await client.get('/', { cookie: `koa.sess=${value}; koa.sess.sig=` })).json, {})
    }
  })

  for (const mode of ['cookie', 'store', 'ContextStore']) {
    test(`false sends no signature and asks for none: ${mode}`, async (t) => {
      const { options } = MODES[mode]()
      for (const keys of [undefined, ['a secret']]) {
        const client = await start(t, respond, { keys, options: { ...options, signed: false } })
        const { lines } = await client.get('/login')
        assert.equal(lines.length, 1)
        client.jar.set('koa.sess.sig', 'wrong')
        assert.deepEqual((await client.get()).json, { user: 'Zoë' })
      }
    })
  }

  for (const keys of [undefined, null]) {
    test(`true without app.keys (${keys}) is an error once there is something to sign`, async (t) => {
      const client = await start(t, respond, { keys })
      assert.equal((await client.get()).status, 200)
      const errors = []
      client.app.on('error', (error) => errors.push(error.message))
      const { status, lines } = await client.get('/login')
      assert.deepEqual([status, lines], [500, []])
      assert.deepEqual(errors, ['.keys required for signed cookies'])
    })
  }
})
