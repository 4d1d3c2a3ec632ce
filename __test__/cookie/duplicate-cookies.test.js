'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const routes = {
  '/in' (ctx) { ctx.session.user = ctx.query.user },
  '/me' (ctx) { return { user: ctx.session.user ?? null } }
}

const kinds = { cookie: () => undefined, store: () => new CountingStore() }

/** Starts a server, logs in, and returns the parts of the visitor's Cookie header. */
async function login (t, opts) {
  const server = await start(t, opts, routes)
  const ann = server.visitor()
  await ann.get('/in?user=ann')
  const [value, signature] = ann.cookie.split('; ')
  return { server, value, signature, me: async (...parts) => (await server.get('/me', { cookie: parts.join('; ') })).json.user }
}

const junk = (i) => `koa.sess=old-${i}`

describe('fault 26: several cookies with the same name', () => {
  for (const [kind, makeStore] of Object.entries(kinds)) {
    test(`${kind} mode: among four, the one that verifies is used`, async (t) => {
      const { value, signature, me } = await login(t, { store: makeStore() })
      assert.equal(await me(value, signature), 'ann')
      for (let before = 1; before <= 3; before++) {
        const old = Array.from({ length: before }, (_, i) => junk(i))
        assert.equal(await me(...old, value, signature), 'ann', `behind ${before}`)
      }
      assert.equal(await me(value, junk(1), signature), 'ann')
    })

    test(`${kind} mode: the fifth is not tried`, async (t) => {
      const { value, signature, me } = await login(t, { store: makeStore() })
      assert.equal(await me(junk(1), junk(2), junk(3), junk(4), value, signature), null)
    })

    test(`${kind} mode: if none verifies, there is no session`, async (t) => {
      const { signature, me } = await login(t, { store: makeStore() })
      assert.equal(await me(junk(1), junk(2), signature), null)
    })

    test(`${kind} mode: unsigned, the first one is used`, async (t) => {
      const { server, value, me } = await login(t, { store: makeStore(), signed: false })
      const bob = server.visitor()
      await bob.get('/in?user=bob')
      assert.equal(await me(value, bob.cookie), 'ann')
      assert.equal(await me(bob.cookie, value), 'bob')
    })
  }

  test('each of several signatures is tried', async (t) => {
    const { value, signature, me } = await login(t, {})
    const old = 'koa.sess.sig=AAAAAAAAAAAAAAAAAAAAAAAAAAA'
    assert.equal(await me('koa.sess=old', old, value, signature), 'ann')
  })

  test('only an id that verifies is passed to the store', async (t) => {
    const store = new CountingStore()
    const { value, signature, me } = await login(t, { store })
    store.reset()
    await me(junk(1), value, signature)
    assert.deepEqual(store.calls.map(({ id }) => id), store.ids())
  })
})
