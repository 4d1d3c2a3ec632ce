'use strict'

/**
 * KOA_SESSION_RS_UNDERSCORE is only for keys that the app sets. It is emitted once a process, so the order of these tests matters.
 */

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { MemoryStore } = require('../../stores/memory')
const { decodeCookie } = require('../harness/forge')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')
const { warned, warnings } = require('../harness/warnings')

const MINE = { '/in' (ctx) { Object.assign(ctx.session, { user: 'ann', _id: 1, nested: {} }) } }

const routes = {
  '/keys': (ctx) => Object.keys(ctx.session),
  '/id': (ctx) => ({ id: ctx.session._id }),
  async '/change' (ctx) {
    ctx.session.count = 1
    await ctx.commitSession()
    ctx.session.count = 2
  },
  '/replace' (ctx) { ctx.session = { ...ctx.session, replaced: true } },
  async '/regenerate' (ctx) { await ctx.session.regenerate() },
  '/mine' (ctx) { ctx.session._mine = 1 }
}

const isUnderscore = ({ code }) => code === 'KOA_SESSION_RS_UNDERSCORE'

/** Makes the stores, with functions that read what they or the cookie have. */
const MODES = {
  cookie: () => ({ dataOf: ({ jar }) => decodeCookie(jar.get('koa.sess')) }),
  'a store': () => {
    const store = new CountingStore()
    return { store, dataOf: ({ jar }) => store.data(jar.get('koa.sess')) }
  },
  MemoryStore: () => {
    const store = new MemoryStore()
    return { store, dataOf: async ({ jar }) => JSON.parse((await store.load(jar.get('koa.sess'))).data) }
  }
}

/** Returns a visitor whose session has such a key, saved by an app with underscoreKeys. */
async function visitorWithKey (t, store) {
  const before = (await start(t, { store, underscoreKeys: true }, MINE)).visitor()
  await before.get('/in')
  const server = await start(t, { store }, routes)
  const visitor = server.visitor()
  for (const [name, value] of before.jar) visitor.jar.set(name, value)
  return { server, visitor }
}

describe('a loaded key that begins with an underscore', () => {
  for (const [mode, make] of Object.entries(MODES)) {
    for (const path of ['/change', '/replace', '/regenerate']) {
      test(`${mode}, ${path}: can be read, is not saved, and causes no warning`, async (t) => {
        const { store, dataOf } = make()
        const { server, visitor } = await visitorWithKey(t, store)
        assert.deepEqual((await visitor.get('/keys')).json, ['user', '_id', 'nested'])
        assert.deepEqual((await visitor.get('/id')).json, { id: 1 })
        assert.equal((await visitor.get(path)).status, 200)
        const data = await dataOf(visitor)
        assert.equal(data.user, 'ann')
        assert.equal(Object.hasOwn(data, '_id'), false)
        await server.settled()
        assert.deepEqual(warnings.filter(isUnderscore), [])
      })
    }
  }
})

test('a key that the app sets beside such a key causes a warning', async (t) => {
  const { visitor } = await visitorWithKey(t, new CountingStore())
  await visitor.get('/mine')
  assert.match((await warned('KOA_SESSION_RS_UNDERSCORE')).message, /_mine/)
})
