'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { MODES } = require('../harness/modes')
const { errorOf, refusesMethods } = require('../harness/refusal')
const { visit } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const respond = async (ctx) => {
  if (ctx.path === '/login') ctx.session.user = 'zoe'
  if (ctx.path === '/regenerate') await ctx.session.regenerate()
  return { user: ctx.session.user }
}

describe('ContextStore', () => {
  test('is constructed once a request, with ctx', async (t) => {
    const inner = new CountingStore()
    const made = []
    class Store {
      constructor (...args) { made.push(args) }
      get (...args) { return inner.get(...args) }
      set (...args) { return inner.set(...args) }
      destroy (...args) { return inner.destroy(...args) }
    }
    const ctxs = []
    const client = await visit(t, { ContextStore: Store }, (ctx) => {
      ctxs.push(ctx)
      return respond(ctx)
    })
    await client.get('/login')
    await client.get('/regenerate')
    assert.deepEqual(made.map((args) => args.length), [1, 1])
    assert.ok(made.every(([ctx], i) => ctx === ctxs[i]))
  })

  test('takes precedence over store', async (t) => {
    const { options, store } = MODES.ContextStore()
    const other = new CountingStore()
    const client = await visit(t, { ...options, store: other }, respond)
    await client.get('/login')
    assert.deepEqual([store.take(), other.take()], [['set'], []])
  })

  test('may inherit its methods', async (t) => {
    const { options, store } = MODES.ContextStore()
    class Derived extends options.ContextStore {}
    const client = await visit(t, { ContextStore: Derived }, respond)
    await client.get('/login')
    assert.deepEqual((await client.get()).json, { user: 'zoe' })
    assert.deepEqual(store.take(), ['set', 'get'])
  })
})

const none = () => {}

refusesMethods('ContextStore', [
  [class { set () {} destroy () {} }, 'ContextStore.prototype.get', 'undefined'],
  [class { get () {} destroy () {} }, 'ContextStore.prototype.set', 'undefined'],
  [class { get () {} set () {} }, 'ContextStore.prototype.destroy', 'undefined']
])

for (const ContextStore of [{}, none, { get: none, set: none, destroy: none }, 'a']) {
  test(`ContextStore as ${typeof ContextStore} has to be a class`, () => {
    const error = errorOf({ ContextStore })
    assert.equal(error.message.split('\n')[0], 'ContextStore must be a class')
    assert.deepEqual([error.code, error.option, error.expected], ['ERR_SESSION_OPTION', 'ContextStore', 'class'])
  })
}
