'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { MemoryStore } = require('../../stores/memory')
const { of } = require('../harness/app')
const { refuses } = require('../harness/refusal')
const { isIn, list, loggedIn, startUsers } = require('./users')

describe('maxSessions', () => {
  test('is no limit by default', async (t) => {
    const server = await startUsers(t)
    const visitors = []
    for (let i = 0; i < 10; i++) visitors.push(await loggedIn(server, 'ann'))
    assert.equal((await list(visitors[0])).length, 10)
  })

  test('destroys the oldest if it is a number', async (t) => {
    const server = await startUsers(t, { maxSessions: 2 })
    const begin = Date.now()
    t.mock.timers.enable({ apis: ['Date'], now: begin })
    const visitors = []
    for (let i = 0; i < 4; i++) {
      t.mock.timers.setTime(begin + i)
      visitors.push(await loggedIn(server, 'ann'))
    }
    assert.deepEqual(await Promise.all(visitors.map(isIn)), [false, false, true, true])
  })

  const refusing = { maxSessions: { max: 1, overflow: 'refuse' } }

  test('refuses the next with 409, and sends no cookie', async (t) => {
    const server = await startUsers(t, refusing)
    const first = await loggedIn(server, 'ann')
    const second = server.visitor()
    const answer = await second.get('/login?user=ann')
    assert.deepEqual([answer.status, answer.setCookie], [409, []])
    // The message is for visitors, so it does not mention the option.
    assert.doesNotMatch(answer.body, /option|subject|maxSessions|koa|commit/i)
    assert.equal(await isIn(first), true)
    await first.get('/logout')
    assert.equal((await second.get('/login?user=ann')).status, 200)
    assert.equal(await isIn(second), true)
  })

  test('refuses a login without a new id, and the session does not change', async (t) => {
    const server = await startUsers(t, refusing)
    await loggedIn(server, 'ann')
    const second = server.visitor()
    await second.get('/set?basket=1')
    assert.equal((await second.get('/login-in-place?user=ann')).status, 409)
    assert.deepEqual((await second.get('/me')).json, { basket: 1 })
    assert.equal((await second.get('/login?user=ann')).status, 409)
    assert.deepEqual((await second.get('/me')).json, { basket: 1 })
  })

  test('lets the app handle the error', async (t) => {
    const server = await startUsers(t, refusing, {
      async '/try' (ctx) {
        ctx.session.user = 'ann'
        try {
          await of(ctx).commit()
        } catch (err) {
          return { code: err.code, status: err.status }
        }
      }
    })
    await loggedIn(server, 'ann')
    const { status, json, setCookie } = await server.visitor().get('/try')
    assert.deepEqual([status, json, setCookie], [200, { code: 'ERR_SESSION_LIMIT', status: 409 }, []])
    assert.deepEqual(server.errors, [])
  })

  test('does not count the session itself for the limit', async (t) => {
    const server = await startUsers(t, refusing)
    const ann = await loggedIn(server, 'ann')
    for (const path of ['/set?a=1', '/login?user=ann', '/login-in-place?user=ann', '/touch']) {
      assert.equal((await ann.get(path)).status, 200)
    }
    assert.equal(await isIn(ann), true)
  })
})

const store = new MemoryStore()

refuses('maxSessions', [[1, 'undefined', 'subject']], { store })
refuses('maxSessions', [
  [0, 'number'], [0.5, 'number'], [-1, 'number'], ['1', 'string'], [{ max: 1 }, 'object'], [{ max: 1, overflow: 'newest' }, 'object'],
  [{ max: 0, overflow: 'refuse' }, 'object']
], { subject: 'user', store })
