'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { of } = require('../..')
const { MemoryStore } = require('../../stores/memory')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

/** If a load fails, the store may still have the record. */
class FailingStore extends MemoryStore {
  isFailing = false

  load (id) {
    if (this.isFailing) throw new Error('down')
    return super.load(id)
  }
}

const KINDS = [
  { name: 'a plain store', make: () => new CountingStore(), fail: (store) => store.fail('get', new Error('down')), mend: (store) => store.mend() },
  { name: 'a session store', make: () => new FailingStore(), fail: (store) => { store.isFailing = true }, mend: (store) => { store.isFailing = false } }
]

/** Starts an app in which the reload at /act fails, and `act` runs afterwards; returns a visitor who is logged in. */
async function failing (t, { make, fail, mend }, act, { prepare, ...opts } = {}) {
  const store = make()
  const server = await start(t, { store, ...opts }, {
    '/in' (ctx) { Object.assign(ctx.session, { user: 'ann', cart: 1 }) },
    '/me' (ctx) { return ctx.session.toJSON() },
    async '/act' (ctx) {
      await prepare?.(ctx)
      fail(store)
      await assert.rejects(of(ctx).reload(), { message: 'down' })
      mend(store)
      await act(ctx)
    }
  })
  const ann = server.visitor()
  await ann.get('/in')
  return { store, server, ann }
}

for (const kind of KINDS) {
  describe(`${kind.name}: the store fails to reload a session`, () => {
    test('null, then an object: the record that could not be read is destroyed', async (t) => {
      const { server, ann } = await failing(t, kind, (ctx) => {
        ctx.session = null
        ctx.session = { user: 'bob' }
      })
      const old = ann.cookie
      await ann.get('/act')
      assert.deepEqual((await ann.get('/me')).json, { user: 'bob' })
      assert.deepEqual((await server.get('/me', { cookie: old })).json, {})
      assert.deepEqual(server.errors, [])
    })

    test('a second reload reads the record under the id that this request has given it', async (t) => {
      const prepare = (ctx) => of(ctx).regenerate()
      const { ann, server } = await failing(t, kind, async (ctx) => {
        assert.deepEqual((await of(ctx).reload()).toJSON(), { user: 'ann', cart: 1 })
      }, { prepare })
      assert.equal((await ann.get('/act')).status, 200)
      assert.deepEqual(server.errors, [])
    })

    test('a save does not create a new session', async (t) => {
      const { server, ann } = await failing(t, kind, async (ctx) => {
        ctx.session.seen = true
        await ctx.session.save()
      })
      const old = ann.cookie
      await ann.get('/act')
      await server.settled()
      assert.equal(ann.cookie, old)
      assert.equal(server.events.named('session:created').length, 1)
      assert.deepEqual(server.errors, [])
    })
  })
}

for (const merging of [{ ...KINDS[1] }, { ...KINDS[0], opts: { merge: true }, name: 'a plain store with merge: true' }]) {
  test(`${merging.name}: what is saved after a failed reload is merged into the record`, async (t) => {
    const { ann } = await failing(t, merging, (ctx) => { ctx.session.cart = 2 }, merging.opts)
    await ann.get('/act')
    assert.deepEqual((await ann.get('/me')).json, { user: 'ann', cart: 2 })
  })
}

test('what is saved after a failed reload leaves the session with its subject', async (t) => {
  const { ann, store } = await failing(t, KINDS[1], (ctx) => { ctx.session.cart = 2 }, { subject: ({ user }) => user })
  await ann.get('/act')
  assert.equal((await store.list('ann')).length, 1)
})

test('lazy: after a load that failed, null destroys the record, an object replaces it, and load reads it', async (t) => {
  const acts = {
    none (ctx) { ctx.session = null },
    bob (ctx) {
      ctx.session = null
      ctx.session = { user: 'bob' }
    },
    async ann (ctx) { assert.equal((await of(ctx).load()).user, 'ann') }
  }
  for (const { make, fail, mend } of KINDS) {
    const store = make()
    const server = await start(t, { store, lazy: true }, {
      async '/in' (ctx) { (await of(ctx).load()).user = 'ann' },
      async '/me' (ctx) { return { user: (await of(ctx).load()).user ?? 'none' } },
      async '/act' (ctx) {
        fail(store)
        await assert.rejects(of(ctx).load(), { message: 'down' })
        mend(store)
        await acts[ctx.query.user](ctx)
      }
    })
    for (const user of Object.keys(acts)) {
      const ann = server.visitor()
      await ann.get('/in')
      const old = ann.cookie
      await ann.get(`/act?user=${user}`)
      assert.deepEqual((await ann.get('/me')).json, { user })
      assert.deepEqual((await server.get('/me', { cookie: old })).json, { user: user === 'ann' ? 'ann' : 'none' })
    }
    assert.deepEqual(server.errors, [])
  }
})
