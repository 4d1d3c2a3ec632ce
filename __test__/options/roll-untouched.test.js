'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { decodeCookie, encode } = require('../harness/forge')
const { refuses } = require('../harness/refusal')
const { start } = require('../harness/server')

const routes = {
  '/in' (ctx) { ctx.session.user = 'ann' },
  '/free' () { return 'free' },
  '/fail' () { throw Object.assign(new Error('gone'), { status: 410, expose: true }) }
}

const maxAge = 60000
const unsigned = { signed: false, maxAge }

/** A cookie with some time left, in milliseconds. */
const cookieOf = (left) => ({ cookie: `koa.sess=${encode({ user: 'ann', _expire: Date.now() + left, _maxAge: maxAge })}` })

describe('fault 20: rollUntouched, for unread cookies', () => {
  test('rolling: the cookie is sent again, and no other', async (t) => {
    const server = await start(t, { maxAge, rolling: true, rollUntouched: true }, routes)
    const ann = server.visitor()
    await ann.get('/in')
    const before = Date.now()
    const { cookies, status } = await ann.get('/free')
    assert.equal(status, 200)
    const data = decodeCookie(cookies.get('koa.sess'))
    assert.equal(data.user, 'ann')
    assert.ok(data._expire >= before + maxAge)
    assert.ok(cookies.has('koa.sess.sig'))
  })

  test('renew: only if less than half is left', async (t) => {
    const server = await start(t, { ...unsigned, renew: true, rollUntouched: true }, routes)
    assert.deepEqual((await server.get('/free', cookieOf(maxAge * 0.6))).setCookie, [])
    const { setCookie } = await server.get('/free', cookieOf(maxAge * 0.4))
    assert.equal(setCookie.length, 1)
    assert.ok(decodeCookie(setCookie[0])._expire > Date.now() + maxAge * 0.9)
  })

  test('nothing is sent to a visitor without a session, or with a bad one', async (t) => {
    const server = await start(t, { maxAge, rolling: true, rollUntouched: true }, routes)
    assert.deepEqual((await server.get('/free')).setCookie, [])
    assert.deepEqual((await server.get('/free', cookieOf(maxAge))).setCookie, [])
    assert.deepEqual(server.errors, [])
  })

  test('nothing is sent without rolling and renew', async (t) => {
    const server = await start(t, { ...unsigned, rollUntouched: true }, routes)
    assert.deepEqual((await server.get('/free', cookieOf(maxAge * 0.1))).setCookie, [])
  })

  test('the cookie is also sent again if the app fails', async (t) => {
    const server = await start(t, { ...unsigned, rolling: true, rollUntouched: true }, routes)
    const { status, setCookie } = await server.get('/fail', cookieOf(maxAge * 0.4))
    assert.deepEqual([status, setCookie.length], [410, 1])
    assert.ok(decodeCookie(setCookie[0])._expire > Date.now() + maxAge * 0.9)
  })

  test('nothing is sent under autoCommit: false', async (t) => {
    const server = await start(t, { ...unsigned, rolling: true, rollUntouched: true, autoCommit: false }, routes)
    assert.deepEqual((await server.get('/free', cookieOf(maxAge))).setCookie, [])
  })

  test('without the option, an unread cookie is not sent again', async (t) => {
    const server = await start(t, { ...unsigned, rolling: true }, routes)
    assert.deepEqual((await server.get('/free', cookieOf(maxAge))).setCookie, [])
  })
})

refuses('rollUntouched', [[1, 'number'], ['true', 'string']])
