'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { cookieHeader, encode } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { refuses } = require('../harness/refusal')
const { visit } = require('../harness/server')
const { fails } = require('./attribute')

describe('key', () => {
  test("is 'koa.sess' by default", async (t) => {
    const client = await visit(t, {}, (ctx) => { ctx.session.a = 1 })
    await client.get()
    assert.deepEqual([...client.jar.keys()], ['koa.sess', 'koa.sess.sig'])
  })

  for (const mode of ['cookie', 'store', 'ContextStore']) {
    test(`names the cookie and its signature: ${mode}`, async (t) => {
      const { options } = MODES[mode]()
      const client = await visit(t, { ...options, key: 'sid' }, (ctx) => { ctx.session.a = 1 })
      await client.get()
      assert.deepEqual([...client.jar.keys()], ['sid', 'sid.sig'])
    })
  }

  // Each of these would mean something else in a regular expression.
  for (const key of ['a.b', 'a+b', 'a$b', '(a)', '[a]', 'a|b', 'a*', '__Host-a', 'a b']) {
    test(`takes ${key} as it stands`, async (t) => {
      const client = await visit(t, { key }, (ctx) => ({ name: ctx.session.name }))
      const header = `aXb=1; ab=2; a=3; ${cookieHeader(encode({ name: 'Zoë' }), undefined, key)}`
      assert.deepEqual((await client.get('/', { cookie: header })).json, { name: 'Zoë' })
    })
  }

  test('is part of what is signed', async (t) => {
    const client = await visit(t, { key: 'other' }, (ctx) => ({ isNew: ctx.session.isNew }))
    const header = cookieHeader(encode({ name: 'Zoë' })).replaceAll('koa.sess', 'other')
    assert.deepEqual((await client.get('/', { cookie: header })).json, { isNew: true })
  })
})

for (const key of ['a=b', 'a;b', 'a\r\nb']) fails({ key })

refuses('key', [[1, 'number'], [{}, 'object'], [['a'], 'array']])
