'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { refuses } = require('../harness/refusal')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const routes = {
  '/in' (ctx) { ctx.session.user = 'ann' },
  '/me' (ctx) { return { user: ctx.session.user ?? null } },
  '/free' () { return 'free' },
  '/out' (ctx) { ctx.session = null },
  '/own' (ctx) {
    ctx.set('Cache-Control', 'private, max-age=5')
    ctx.vary('Accept')
    ctx.session.user = 'ann'
  },
  '/refuse' (ctx) { ctx.throw(404, ctx.session.user) },
  '/fail' (ctx) {
    ctx.session.user = 'ann'
    ctx.throw(404, 'gone')
  }
}

const PRIVATE = 'private, no-store'
const cacheOf = ({ headers }) => [headers.vary, headers['cache-control']]

for (const kind of ['cookie', 'store']) {
  const make = () => kind === 'store' ? new CountingStore() : undefined

  describe(`fault 32: cacheControl, in ${kind} mode`, () => {
    test('Vary if the cookie was read, no-store if one is set', async (t) => {
      const server = await start(t, { store: make(), cacheControl: true }, routes)
      const ann = server.visitor()
      assert.deepEqual(cacheOf(await ann.get('/in')), ['Cookie', PRIVATE])
      assert.deepEqual(cacheOf(await ann.get('/me')), ['Cookie', undefined])
      assert.deepEqual(cacheOf(await ann.get('/out')).slice(1), [PRIVATE])
      // With a store, the cookie is read before every route.
      assert.deepEqual(cacheOf(await ann.get('/free')), [kind === 'store' ? 'Cookie' : undefined, undefined])
    })

    test("the app's own Cache-Control stays, and Cookie is added to its Vary", async (t) => {
      const server = await start(t, { store: make(), cacheControl: true }, routes)
      const { headers } = await server.get('/own')
      assert.equal(headers['cache-control'], 'private, max-age=5')
      assert.deepEqual(headers.vary.split(', ').sort(), ['Accept', 'Cookie'])
    })

    test('an error that carries the cookie is not cached either', async (t) => {
      const server = await start(t, { store: make(), cacheControl: true }, routes)
      const answer = await server.get('/fail')
      assert.equal(answer.status, 404)
      assert.ok(answer.cookies.has('koa.sess'))
      assert.deepEqual(cacheOf(answer), ['Cookie', PRIVATE])
    })

    test('an error response that depends on the cookie has Vary: Cookie', async (t) => {
      const server = await start(t, { store: make(), cacheControl: true }, routes)
      const ann = server.visitor()
      await ann.get('/in')
      const answer = await ann.get('/refuse')
      assert.deepEqual([answer.status, answer.body, answer.setCookie], [404, 'ann', []])
      assert.deepEqual(cacheOf(answer), ['Cookie', undefined])
    })

    test('a new signature by the first key also sets no-store', async (t) => {
      const server = await start(t, { store: make(), cacheControl: true }, routes, { keys: ['old'] })
      const ann = server.visitor()
      await ann.get('/in')
      server.app.keys = ['new', 'old']
      const answer = await ann.get('/me')
      assert.deepEqual([...answer.cookies.keys()], ['koa.sess.sig'])
      assert.deepEqual(cacheOf(answer), ['Cookie', PRIVATE])
    })

    test('without the option nothing is set', async (t) => {
      const server = await start(t, { store: make() }, routes)
      const ann = server.visitor()
      for (const path of ['/in', '/me', '/out']) assert.deepEqual(cacheOf(await ann.get(path)), [undefined, undefined])
    })
  })
}

refuses('cacheControl', [['no-store', 'string'], [1, 'number']])
