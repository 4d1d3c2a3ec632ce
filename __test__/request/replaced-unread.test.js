'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const { setImmediate } = require('node:timers/promises')

const { of } = require('../..')
const { decodeCookie } = require('../harness/forge')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const routes = {
  '/in' (ctx) { ctx.session.user = 'ann' },
  '/empty' (ctx) { ctx.session = {} },
  '/other' (ctx) { ctx.session = { user: 'bob' } },
  '/read' (ctx) {
    assert.equal(ctx.session.user, 'ann')
    ctx.session = {}
  },
  '/null' (ctx) {
    ctx.session = null
    ctx.session = {}
  },
  '/me' (ctx) { return { user: ctx.session.user ?? null } },
  '/fail' (ctx) {
    ctx.session = {}
    ctx.throw(400)
  }
}

/** Starts an app, and a visitor who is logged in. */
async function login (t, opts) {
  const server = await start(t, opts, routes)
  const ann = server.visitor()
  await ann.get('/in')
  assert.deepEqual((await ann.get('/me')).json, { user: 'ann' })
  return { server, ann }
}

function assertExpired ({ cookies }) {
  assert.match(cookies.get('koa.sess') ?? 'no line', /^koa\.sess=; .*expires=Thu, 01 Jan 1970/)
  assert.match(cookies.get('koa.sess.sig') ?? 'no line', /^koa\.sess\.sig=.*expires=Thu, 01 Jan 1970/)
}

describe('fault 34: ctx.session = {} without reading it, in cookie mode', () => {
  test('the old cookie is expired', async (t) => {
    const { server, ann } = await login(t, {})
    assertExpired(await ann.get('/empty'))
    assert.equal(ann.cookie, '')
    assert.deepEqual((await ann.get('/me')).json, { user: null })
    assert.deepEqual(server.errors, [])
  })

  test('also after null, and if the app fails', async (t) => {
    for (const path of ['/null', '/fail']) {
      const { ann } = await login(t, {})
      assertExpired(await ann.get(path))
      assert.equal(ann.cookie, '', path)
    }
  })

  test('nothing is sent to a visitor without a cookie', async (t) => {
    const server = await start(t, {}, routes)
    assert.deepEqual((await server.get('/empty')).setCookie, [])
  })

  test('an object with data replaces it', async (t) => {
    const { ann } = await login(t, {})
    const { cookies } = await ann.get('/other')
    assert.equal(decodeCookie(cookies.get('koa.sess')).user, 'bob')
  })

  test('a session that was read becomes an empty one', async (t) => {
    const { ann } = await login(t, {})
    await ann.get('/read')
    assert.deepEqual((await ann.get('/me')).json, { user: null })
  })

  test('with a store the record is emptied', async (t) => {
    const store = new CountingStore()
    const { ann } = await login(t, { store })
    const [id] = store.ids()
    await ann.get('/empty')
    assert.deepEqual(Object.keys(store.data(id)), ['_expire', '_maxAge'])
    assert.deepEqual((await ann.get('/me')).json, { user: null })
  })
})

test('an empty object clears the cookie, even if an asynchronous `valid` refuses the old session afterwards', async (t) => {
  let isIn = true
  const server = await start(t, { valid: () => isIn || Promise.resolve(false) }, {
    ...routes,
    async '/assign' (ctx) {
      assert.throws(() => ctx.session, { code: 'ERR_SESSION_NOT_LOADED' })
      ctx.session = {}
      await setImmediate()
    }
  })
  const ann = server.visitor()
  await ann.get('/in')
  isIn = false
  assertExpired(await ann.get('/assign'))
  assert.equal(ann.cookie, '')
})

test('lazy: an object that replaces an unread session stays, even after a load', async (t) => {
  for (const method of ['load', 'touch', 'regenerate']) {
    const store = new CountingStore()
    const server = await start(t, { store, lazy: true }, {
      async '/in' (ctx) { (await of(ctx).load()).user = 'ann' },
      async '/swap' (ctx) {
        ctx.session = null
        ctx.session = { user: 'bob' }
        await of(ctx)[method]()
        return { user: ctx.session.user }
      },
      async '/me' (ctx) { return { user: (await of(ctx).load()).user } }
    })
    const ann = server.visitor()
    await ann.get('/in')
    const [old] = store.ids()
    assert.deepEqual((await ann.get('/swap')).json, { user: 'bob' }, method)
    assert.deepEqual((await ann.get('/me')).json, { user: 'bob' }, method)
    assert.equal(store.ids().length, 1, method)
    assert.equal(store.ids().includes(old), false, method)
  }
})
