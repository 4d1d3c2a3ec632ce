'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { isUpstream } = require('../harness/app')
const { encode } = require('../harness/forge')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const REASONS = {
  'session:missed': () => ({ opts: { store: new CountingStore() }, cookie: 'koa.sess=gone' }),
  'session:expired': () => ({ opts: {}, cookie: `koa.sess=${encode({ user: 'ann', _expire: 1, _maxAge: 1 })}` }),
  'session:invalid': () => ({ opts: { valid: () => false }, cookie: `koa.sess=${encode({ user: 'ann', _expire: 1e15, _maxAge: 1 })}` })
}

/** Records uncaught exceptions, which would end the process, until the end of the test. */
function uncaught (t) {
  const caught = []
  process.setUncaughtExceptionCaptureCallback((err) => caught.push(err))
  t.after(() => process.setUncaughtExceptionCaptureCallback(null))
  return caught
}

describe('fault 28: a listener that throws', () => {
  for (const [name, make] of Object.entries(REASONS)) {
    test(`${name}: its error is emitted as the app's 'error'`, async (t) => {
      const caught = uncaught(t)
      const { opts, cookie } = make()
      const server = await start(t, { ...opts, signed: false }, (ctx) => ({ isNew: ctx.session.isNew }))
      const failure = new Error('a listener')
      server.app.on(name, () => { throw failure })
      const answer = await server.get('/', { cookie })
      assert.deepEqual([answer.status, answer.json], [200, { isNew: true }])
      await server.settled()
      assert.deepEqual(caught, [])
      assert.equal(server.errors.length, 1)
      assert.equal(server.errors[0], failure)
    })
  }

  test('the error comes with the ctx', async (t) => {
    uncaught(t)
    const server = await start(t, { signed: false, store: new CountingStore() }, () => 'ok')
    server.app.on('session:missed', () => { throw new Error('a listener') })
    const given = []
    server.app.on('error', (err, ctx) => given.push([err.message, ctx?.path]))
    await server.get('/here', { cookie: 'koa.sess=gone' })
    await server.settled()
    assert.deepEqual(given, [['a listener', '/here']])
  })

  test('what is thrown need not be an error', async (t) => {
    const caught = uncaught(t)
    const server = await start(t, { signed: false, store: new CountingStore() }, () => 'ok')
    // Koa's own listener throws for other values than errors.
    server.app.silent = true
    server.app.on('error', server.app.onerror)
    // eslint-disable-next-line no-throw-literal
    server.app.on('session:missed', () => { throw 'a text' })
    await server.get('/', { cookie: 'koa.sess=gone' })
    await server.settled()
    assert.deepEqual(caught, [])
    assert.equal(server.errors.length, 1)
  })

  test('of a lifecycle event: the error is emitted too', { skip: isUpstream }, async (t) => {
    const caught = uncaught(t)
    const server = await start(t, {}, (ctx) => { ctx.session.user = 'ann' })
    server.app.on('session:saved', () => { throw new Error('a listener') })
    assert.equal((await server.get('/')).status, 200)
    await server.settled()
    assert.deepEqual([caught, server.errors.length], [[], 1])
  })
})
