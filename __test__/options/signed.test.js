'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { cookieHeader, encode } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { refuses } = require('../harness/refusal')
const { visit } = require('../harness/server')

const respond = (ctx) => {
  if (ctx.path === '/login') ctx.session.user = 'Zoë'
  return { user: ctx.session.user }
}

describe('signed', () => {
  test('is true by default: an unsigned cookie is ignored', async (t) => {
    for (const signed of [true, undefined]) {
      const client = await visit(t, { signed }, respond)
      const value = encode({ user: 'Zoë' })
      assert.deepEqual((await client.get('/', { cookie: cookieHeader(value) })).json, { user: 'Zoë' })
      assert.deepEqual((await client.get('/', { cookie: `koa.sess=${value}` })).json, {})
      assert.deepEqual((await client.get('/', { cookie: `koa.sess=${value}; koa.sess.sig=` })).json, {})
    }
  })

  for (const mode of ['cookie', 'store', 'ContextStore']) {
    test(`false sends no signature and requires none: ${mode}`, async (t) => {
      const { options } = MODES[mode]()
      for (const keys of [undefined, ['a secret']]) {
        const client = await visit(t, { ...options, signed: false }, respond, { keys })
        const { setCookie } = await client.get('/login')
        assert.equal(setCookie.length, 1)
        client.jar.set('koa.sess.sig', 'wrong')
        assert.deepEqual((await client.get()).json, { user: 'Zoë' })
      }
    })
  }

  for (const keys of [undefined, null]) {
    test(`true without app.keys (${keys}) is an error once there is something to sign`, async (t) => {
      const client = await visit(t, {}, respond, { keys })
      assert.equal((await client.get()).status, 200)
      const errors = []
      client.app.on('error', (error) => errors.push(error.message))
      const { status, setCookie } = await client.get('/login')
      assert.deepEqual([status, setCookie], [500, []])
      assert.deepEqual(errors, ['.keys required for signed cookies'])
    })
  }
})

refuses('signed', [[1, 'number']])
