'use strict'

// With a store, a request without a Cookie header has nothing to load. These features have to work for such a request nevertheless.

const assert = require('node:assert/strict')
const diagnostics = require('node:diagnostics_channel')
const { describe, test } = require('node:test')
const Cookies = require('cookies')

const { start: startServer } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const ROUTES = {
  '/in' (ctx) { ctx.session.user = 'ann' },
  '/me' (ctx) { return { user: ctx.session?.user ?? null } },
  '/out' (ctx) { ctx.session = null },
  '/idle' () {},
  '/flush' (ctx) {
    ctx.session.user = 'bob'
    ctx.res.flushHeaders()
  }
}

/** Starts an app, and sends first requests, from which the package learns how Koa makes ctx.cookies. */
async function start (t, options, how) {
  const store = new CountingStore()
  const server = await startServer(t, { store, ...options }, ROUTES, how)
  const ann = server.visitor()
  await ann.get('/in')
  await ann.get('/out')
  await ann.get('/in')
  return { server, store, id: store.ids()[0] }
}

describe('a request without a Cookie header', () => {
  test('does not call the store, and creates a session when it is used', async (t) => {
    const { server, store } = await start(t)
    store.reset()
    assert.deepEqual((await server.get('/me')).json, { user: null })
    await server.get('/idle')
    assert.equal(store.count(), 0)
    assert.equal((await server.get('/in')).setCookie.length, 2)
    assert.equal(store.count('set'), 1)
  })

  test('is published on the channel load', async (t) => {
    const { server } = await start(t)
    const messages = []
    const note = (message) => messages.push(message.isNew)
    diagnostics.subscribe('koa-session-rs:load', note)
    t.after(() => diagnostics.unsubscribe('koa-session-rs:load', note))
    await server.get('/idle')
    assert.deepEqual(messages, [true])
  })

  test('may have its id elsewhere (externalKey)', async (t) => {
    const externalKey = { get: (ctx) => ctx.get('x-session'), set: (ctx, id) => ctx.set('x-session', id) }
    const { server, id } = await start(t, { externalKey })
    // Without externalKey.remove, the logout in start() has read ctx.cookies.
    assert.deepEqual((await server.get('/me', { 'x-session': id })).json, { user: 'ann' })
  })

  test('is passed to ignore', async (t) => {
    const asked = []
    const ignore = (ctx) => asked.push(ctx.path) && ctx.path.startsWith('/assets')
    const { server } = await start(t, { ignore })
    asked.length = 0
    await server.get('/idle')
    assert.deepEqual(asked, ['/idle'])
  })

  test('gets an id by genid', async (t) => {
    let made = 0
    const { server } = await start(t, { genid: () => `id-${++made}` })
    const earlier = made
    await server.get('/idle')
    assert.equal(made, earlier + 1)
  })

  test('gets its cookie when the headers are sent (early)', async (t) => {
    const { server } = await start(t, { early: true })
    assert.equal((await server.get('/flush')).setCookie.length, 2)
  })

  test('has the session that a patched cookies.get finds', async (t) => {
    const { server, id } = await start(t)
    const { get } = Cookies.prototype
    t.after(() => { Cookies.prototype.get = get })
    Cookies.prototype.get = () => id
    assert.deepEqual((await server.get('/me')).json, { user: 'ann' })
  })
})
