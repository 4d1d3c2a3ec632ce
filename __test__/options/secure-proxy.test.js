'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { visit } = require('../harness/server')

/** Returns the attributes that `options` give to the cookie, and asserts that its signature has the same. */
async function attributesOf (t, options, how) {
  const client = await visit(t, options, (ctx) => { ctx.session.a = 1 }, how)
  const { setCookie } = await client.get()
  const attributes = setCookie.map((line) => line.slice(line.indexOf(';')))
  assert.ok(attributes.length > 0 && new Set(attributes).size === 1)
  return attributes[0]
}

describe('secureProxy', () => {
  test('is not set by default', async (t) => {
    assert.equal(await attributesOf(t, {}), '; path=/; httponly')
  })

  test('is passed on to `cookies`', async (t) => {
    const expected = await attributesOf(t, { secureProxy: true }, { session: require('koa-session').default })
    assert.equal(await attributesOf(t, { secureProxy: true }), expected)
    assert.equal(expected, '; path=/; secure; httponly')
  })
})
