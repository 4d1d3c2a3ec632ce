'use strict'

const assert = require('node:assert/strict')
const { createHash } = require('node:crypto')
const diagnostics = require('node:diagnostics_channel')
const { describe, test } = require('node:test')

const { MemoryStore } = require('../../stores/memory')
const { of, session } = require('../harness/app')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const hash = (id) => createHash('sha256').update(id).digest('base64url')

const routes = {
  '/in' (ctx) { ctx.session.user = 'ann' },
  '/read' (ctx) { return { user: ctx.session.user ?? null } },
  '/out' (ctx) { ctx.session = null },
  '/admin' (ctx) { ctx.admin.user = 'root' }
}

const begin = async (t, opts, how) => (await start(t, opts, routes, how)).visitor()

describe('diagnostics channels', () => {
  /** Records the messages of a channel until the end of the test. */
  function subscribe (t, name) {
    const messages = []
    const note = (message, channel) => messages.push({ ...message, channel })
    diagnostics.subscribe(`koa-session-rs:${name}`, note)
    t.after(() => diagnostics.unsubscribe(`koa-session-rs:${name}`, note))
    return messages
  }

  for (const kind of ['cookie', 'store']) {
    test(`load, save and destroy, in ${kind} mode`, async (t) => {
      const store = kind === 'store' ? new CountingStore() : undefined
      const [loads, saves, destroys] = ['load', 'save', 'destroy'].map((name) => subscribe(t, name))
      const visitor = await begin(t, { store })
      await visitor.get('/in')
      const key = store && hash(store.ids()[0])
      await visitor.get('/read')
      await visitor.get('/out')
      const rest = ({ ctx, channel, ...fields }) => ({ ...fields, path: ctx.path })
      const reads = loads.map(rest)
      assert.deepEqual(reads.find(({ path }) => path === '/read'), { key, name: 'session', isNew: false, path: '/read' })
      assert.equal(reads.find(({ path }) => path === '/in').isNew, true)
      assert.deepEqual(saves.map(rest), [{ key, name: 'session', reason: 'changed', path: '/in' }])
      assert.deepEqual(destroys.map(rest), [{ key, name: 'session', path: '/out' }])
      assert.deepEqual(saves.map(({ channel }) => channel), ['koa-session-rs:save'])
    })
  }

  test('destroy is published for a revoked session', async (t) => {
    const destroys = subscribe(t, 'destroy')
    const server = await start(t, { store: new MemoryStore(), subject: 'user' }, {
      ...routes,
      '/list': (ctx) => of(ctx).list(),
      async '/revoke' (ctx) { return { revoked: await of(ctx).revoke(ctx.query.hash) } }
    })
    const [phone, laptop] = [server.visitor(), server.visitor()]
    await phone.get('/in')
    await laptop.get('/in')
    const { hash: key } = (await laptop.get('/list')).json.find(({ current }) => !current)
    for (const revoked of [true, false]) assert.deepEqual((await laptop.get(`/revoke?hash=${key}`)).json, { revoked })
    assert.deepEqual(destroys.map(({ key, name }) => ({ key, name })), [{ key, name: 'session' }])
  })

  test('carries the name of a session with `as`', async (t) => {
    const saves = subscribe(t, 'save')
    const visitor = await begin(t, {}, {
      before: (app) => app.use(session({ as: 'admin', key: 'admin' }, app))
    })
    await visitor.get('/admin')
    assert.deepEqual(saves.map(({ name }) => name), ['admin'])
  })
})
