'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { decodeCookie } = require('../harness/forge')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const routes = {
  async '/in' (ctx) {
    ctx.session.user = 'ann'
    await ctx.commitSession()
  },
  async '/out' (ctx) {
    ctx.session = null
    await ctx.commitSession()
  },
  '/me' (ctx) { return { user: ctx.session.user ?? null } },
  '/forgotten' (ctx) { ctx.session = null }
}

describe('fault 18: without autoCommit, ctx.commitSession() logs out', () => {
  test('with a store', async (t) => {
    const store = new CountingStore()
    const server = await start(t, { store, autoCommit: false }, routes)
    const ann = server.visitor()
    await ann.get('/in')
    const [id] = store.ids()
    assert.deepEqual((await ann.get('/me')).json, { user: 'ann' })
    const stale = ann.cookie
    const answer = await ann.get('/out')
    assert.equal(answer.status, 200)
    assert.deepEqual([store.count('destroy'), store.last('destroy').id, store.ids()], [1, id, []])
    assert.match(answer.cookies.get('koa.sess'), /^koa\.sess=; .*expires=Thu, 01 Jan 1970/)
    assert.match(answer.cookies.get('koa.sess.sig'), /expires=Thu, 01 Jan 1970/)
    assert.deepEqual((await server.get('/me', { cookie: stale })).json, { user: null })
    assert.deepEqual(server.errors, [])
  })

  test('in a cookie', async (t) => {
    const server = await start(t, { autoCommit: false }, routes)
    const ann = server.visitor()
    const { cookies } = await ann.get('/in')
    assert.equal(decodeCookie(cookies.get('koa.sess')).user, 'ann')
    assert.deepEqual((await ann.get('/me')).json, { user: 'ann' })
    const answer = await ann.get('/out')
    assert.match(answer.cookies.get('koa.sess'), /^koa\.sess=; .*expires=Thu, 01 Jan 1970/)
    assert.equal(ann.cookie, '')
  })

  test('nothing is committed unless the app does so', async (t) => {
    const store = new CountingStore()
    const server = await start(t, { store, autoCommit: false }, routes)
    const ann = server.visitor()
    await ann.get('/in')
    store.reset()
    assert.deepEqual((await ann.get('/forgotten')).setCookie, [])
    assert.equal(store.count('destroy'), 0)
    assert.deepEqual((await ann.get('/me')).json, { user: 'ann' })
  })

  test('ctx.regenerateSession() changes the id', async (t) => {
    const store = new CountingStore()
    const server = await start(t, { store, autoCommit: false }, {
      ...routes,
      '/new' (ctx) { return ctx.regenerateSession().then(() => ({ id: ctx.session.externalKey })) }
    })
    const ann = server.visitor()
    await ann.get('/in')
    const [id] = store.ids()
    const { json } = await ann.get('/new')
    assert.notEqual(json.id, id)
    assert.deepEqual(store.ids(), [json.id])
    assert.deepEqual((await ann.get('/me')).json, { user: 'ann' })
  })
})
