'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const show = (ctx) => ({ isNew: ctx.session.isNew, user: ctx.session.user ?? null })

/** Starts an app that reads the id from a JSON header, so that it may be any value. */
async function external (t, opts = {}) {
  const store = new CountingStore()
  const externalKey = {
    get: (ctx) => ctx.get('x-id') === '' ? undefined : JSON.parse(decodeURIComponent(ctx.get('x-id'))),
    set: (ctx, id) => ctx.set('x-id', id)
  }
  const server = await start(t, { store, externalKey, ...opts }, (ctx) => {
    if (ctx.path === '/in') ctx.session.user = 'ann'
    return show(ctx)
  })
  return { server, store, get: (id, path = '/') => server.get(path, { 'x-id': encodeURIComponent(JSON.stringify(id)) }) }
}

const REFUSED = {
  'a path up': '../../etc/passwd',
  'two dots': '..',
  'a path up in the middle': 'a/../b',
  'a path up at the end': 'a/..',
  'a path up with backslashes': 'a\\..\\b',
  'a NUL': 'a\u0000b',
  'a line feed': 'a\nb',
  'a DEL': 'a\u007fb',
  'half a surrogate pair': 'a\ud800',
  '4097 bytes': 'x'.repeat(4097),
  '4098 bytes in 2049 characters': 'é'.repeat(2049)
}

describe('fault 29: an id from a client', () => {
  for (const [name, id] of Object.entries(REFUSED)) {
    test(`${name} is a miss, and is not passed to the store`, async (t) => {
      const { server, store, get } = await external(t)
      assert.deepEqual((await get(id)).json, { isNew: true, user: null })
      assert.equal(store.count(), 0)
      const event = await server.event('session:missed')
      assert.deepEqual([event.key, event.value], [id, undefined])
    })
  }

  test('a new session then has an id of its own', async (t) => {
    const { store, get } = await external(t)
    const { headers } = await get('../up', '/in')
    assert.match(headers['x-id'], /^[0-9a-f-]{36}$/)
    assert.deepEqual(store.ids(), [headers['x-id']])
  })

  for (const id of ['', null, undefined]) {
    test(`${JSON.stringify(id)} is no id: no event either`, async (t) => {
      const { server, store, get } = await external(t)
      const answer = id === undefined ? await server.get('/') : await get(id)
      assert.deepEqual(answer.json, { isNew: true, user: null })
      await server.settled()
      assert.deepEqual([store.count(), server.events.length], [0, 0])
    })
  }

  // Node decodes headers as Latin-1, in which bytes of UTF-8 look like C1 controls.
  for (const id of ['a..b', '...', 'a/b', 'user:1', 'Ã\u0085', 'x'.repeat(4096), 'é'.repeat(2048)]) {
    test(`one of ${id.length} characters, ${id.slice(0, 8)}, is passed to the store`, async (t) => {
      const { store, get } = await external(t)
      await get(id)
      assert.deepEqual(store.calls.map((call) => [call.operation, call.id]), [['get', id]])
    })
  }

  test('in an unsigned cookie is checked too', async (t) => {
    const store = new CountingStore()
    const server = await start(t, { store, signed: false }, show)
    assert.deepEqual((await server.get('/', { cookie: 'koa.sess=../../etc/passwd' })).json, { isNew: true, user: null })
    assert.equal(store.count(), 0)
    assert.equal((await server.event('session:missed')).key, '../../etc/passwd')
  })

  test('null destroys nothing under a refused id', async (t) => {
    const store = new CountingStore()
    const server = await start(t, { store, signed: false }, (ctx) => { ctx.session = null })
    await server.get('/', { cookie: 'koa.sess=../../etc/passwd' })
    assert.ok(store.calls.every(({ id }) => !id.includes('..')), JSON.stringify(store.calls))
  })
})
