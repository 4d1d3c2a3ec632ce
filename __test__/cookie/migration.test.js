'use strict'

// The migrations of docs/security.md: from signed cookies to sealed ones and back, from one key to another, and from one cookie to
// several. At each step, servers with the settings of the step before are still running.

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const { default: koaSession } = require('koa-session')

const { session } = require('../harness/app')
const { start } = require('../harness/server')

const A = 'a'.repeat(32)
const B = 'b'.repeat(32)

const ROUTES = {
  '/add' (ctx) {
    ctx.session.views = (ctx.session.views ?? 0) + 1
    if (ctx.query.length) ctx.session.text = 'x'.repeat(Number(ctx.query.length))
  },
  '/get': (ctx) => ({ views: ctx.session.views ?? 0, length: ctx.session.text?.length })
}

/**
 * Plays a migration: visits the servers of one step after another with one browser, and at each step also servers of the step before.
 *
 * @param {Array<{ options: object, keys: string[], upstream?: boolean, path?: string, only?: boolean }>} steps only: the servers of the
 *   step before have been stopped when this one begins
 */
async function migrate (t, steps) {
  const servers = []
  for (const { options, keys, upstream } of steps) {
    servers.push(await start(t, { ...options }, ROUTES, { keys, session: upstream ? koaSession : session }))
  }
  const visitor = servers[0].visitor()
  let views = 0
  for (const [i, { path = '/add', only }] of steps.entries()) {
    const running = i > 0 && !only ? [i, i - 1, i, i - 1, i] : [i, i]
    for (const each of running) {
      visitor.port = servers[each].port
      assert.equal((await visitor.get('/get')).json.views, views, `step ${i}: read on server ${each}`)
      await visitor.get(each === i ? path : '/add')
      assert.equal((await visitor.get('/get')).json.views, ++views, `step ${i}: written on server ${each}`)
    }
  }
  return visitor
}

const UPSTREAM = { options: {}, keys: [A], upstream: true }

describe('migration', () => {
  test('from koa-session to sealed cookies, with app.keys', async (t) => {
    const visitor = await migrate(t, [
      UPSTREAM,
      { options: {}, keys: [A] },
      { options: { seal: { accept: 'signed', write: 'signed' } }, keys: [A] },
      { options: { seal: { accept: 'signed' } }, keys: [A] },
      { options: { seal: true }, keys: [A] }
    ])
    assert.match(visitor.jar.get('koa.sess'), /^A/)
    assert.ok(!visitor.jar.has('koa.sess.sig'))
  })

  test('from koa-session to cookies that are sealed with the option keys', async (t) => {
    const visitor = await migrate(t, [
      UPSTREAM,
      // koa-session has to verify cookies that the next step signs.
      { options: {}, keys: [A, B], upstream: true },
      { options: { keys: [B], seal: { accept: 'signed', write: 'signed' } }, keys: [A, B] },
      { options: { keys: [B], seal: { accept: 'signed' } }, keys: [A, B] },
      { options: { keys: [B], seal: true }, keys: [A] }
    ])
    assert.match(visitor.jar.get('koa.sess'), /^A/)
  })

  test('from sealed cookies back to koa-session', async (t) => {
    await migrate(t, [
      { options: { seal: true }, keys: [A] },
      { options: { seal: { accept: 'signed' } }, keys: [A] },
      { options: { seal: { write: 'signed' } }, keys: [A] },
      { options: {}, keys: [A] },
      UPSTREAM
    ])
  })

  for (const seal of [undefined, true]) {
    test(`from one key to another, ${seal ? 'sealed' : 'signed'}`, async (t) => {
      await migrate(t, [
        { options: { keys: [A], seal }, keys: ['the app\'s'] },
        // All servers have to accept the new key before one uses it.
        { options: { keys: [A, B], seal }, keys: ['the app\'s'] },
        { options: { keys: [B, A], seal }, keys: ['the app\'s'] },
        { options: { keys: [B], seal }, keys: ['the app\'s'] }
      ])
    })
  }

  test('from app.keys to the option keys', async (t) => {
    await migrate(t, [
      { options: {}, keys: [A] },
      { options: {}, keys: [A, B] },
      { options: { keys: [B, A] }, keys: [A, B] },
      { options: { keys: [B] }, keys: [A] }
    ])
  })

  test('from one cookie to several, and back', async (t) => {
    const visitor = await migrate(t, [
      UPSTREAM,
      { options: {}, keys: [A] },
      { options: { chunks: 3 }, keys: [A] },
      { options: { chunks: 3 }, keys: [A], path: '/add?length=4000', only: true },
      { options: { chunks: 4 }, keys: [A] },
      { options: { chunks: 4 }, keys: [A], path: '/add?length=10' },
      { options: { chunks: 1 }, keys: [A] },
      { options: {}, keys: [A] },
      UPSTREAM
    ])
    assert.deepEqual([...visitor.jar.keys()].sort(), ['koa.sess', 'koa.sess.sig'])
  })
})
