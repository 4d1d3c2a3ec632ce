'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { refuses } = require('../harness/refusal')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const routes = {
  '/in' (ctx) { ctx.session.user = 'ann' },
  '/out' (ctx) { ctx.session = null }
}

const names = ({ setCookie }) => setCookie.map((line) => line.slice(0, line.indexOf('=')))

describe('fault 27: null', () => {
  for (const kind of ['cookie', 'store']) {
    const make = () => kind === 'store' ? new CountingStore() : undefined

    test(`${kind} mode: clears the cookie, also for a visitor without one`, async (t) => {
      const server = await start(t, { store: make() }, routes)
      const answer = await server.get('/out')
      assert.deepEqual(names(answer), ['koa.sess', 'koa.sess.sig'])
      for (const line of answer.setCookie) assert.match(line, /expires=Thu, 01 Jan 1970/)
    })

    test(`${kind} mode, clearOnlySent: only clears a cookie of the request`, async (t) => {
      const store = make()
      const server = await start(t, { store, clearOnlySent: true }, routes)
      assert.deepEqual((await server.get('/out')).setCookie, [])
      const ann = server.visitor()
      await ann.get('/in')
      const answer = await ann.get('/out')
      assert.deepEqual(names(answer), ['koa.sess', 'koa.sess.sig'])
      assert.equal(ann.cookie, '')
      // Any value: the browser must drop the cookie that it has.
      assert.deepEqual(names(await server.get('/out', { cookie: 'koa.sess=junk' })), ['koa.sess', 'koa.sess.sig'])
      assert.deepEqual((await server.get('/out', { cookie: 'xkoa.sess=junk' })).setCookie, [])
    })
  }

  test('clearOnlySent: a cookie that this response sets is cleared too', async (t) => {
    const server = await start(t, { clearOnlySent: true }, async (ctx) => {
      ctx.session.user = 'ann'
      await ctx.session.save()
      ctx.session = null
    })
    const { setCookie } = await server.get('/')
    assert.ok(setCookie.every((line) => !/koa\.sess=[^;]/.test(line)), String(setCookie))
  })

  /** An id in a header of its own. */
  function header (calls, remove) {
    return {
      get (ctx) { return ctx.get('x-id') },
      set (ctx, id) { ctx.set('x-id', id) },
      ...(remove && { remove (ctx) { calls.push(ctx.path) } })
    }
  }

  test('with externalKey, null clears the cookie nevertheless', async (t) => {
    const server = await start(t, { store: new CountingStore(), externalKey: header([]) }, routes)
    assert.deepEqual(names(await server.get('/out')), ['koa.sess', 'koa.sess.sig'])
  })

  test('externalKey.remove is called instead', async (t) => {
    const calls = []
    const store = new CountingStore()
    const server = await start(t, { store, externalKey: header(calls, true) }, routes)
    const { headers } = await server.get('/in')
    const answer = await server.get('/out', { 'x-id': headers['x-id'] })
    assert.deepEqual(answer.setCookie, [])
    assert.deepEqual(calls, ['/out'])
    assert.deepEqual([store.count('destroy'), store.ids()], [1, []])
  })

  test('externalKey.remove is awaited, and fails the request', async (t) => {
    const externalKey = { ...header([]), remove: async () => { throw new Error('not removed') } }
    const server = await start(t, { store: new CountingStore(), externalKey }, routes)
    assert.equal((await server.get('/out')).status, 500)
    assert.deepEqual(server.errors.map(({ message }) => message), ['not removed'])
  })
})

refuses('clearOnlySent', [['true', 'string'], [0, 'number']])
