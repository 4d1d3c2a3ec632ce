'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')

const { session } = require('../harness/app')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

/** A store that keeps the objects that it gets. */
class ReferenceStore {
  records = new Map()
  async get (id) { return this.records.get(id) }
  async set (id, record) { this.records.set(id, record) }
  async destroy (id) { this.records.delete(id) }
}

for (const count of [3, 17, 40, 130]) {
  test(`values that JSON omits are not in a record: ${count} keys`, async (t) => {
    const store = new ReferenceStore()
    const server = await start(t, { store }, (ctx) => {
      for (let i = 0; i < count; i++) ctx.session[`k${i}`] = i
      ctx.session[Symbol('connection')] = {}
    })
    await server.get('/')
    const [record] = store.records.values()
    assert.deepEqual(Reflect.ownKeys(record), [...Array.from({ length: count }, (_, i) => `k${i}`), '_expire', '_maxAge'])
    assert.equal(Object.getPrototypeOf(record), Object.prototype)
  })
}

test('a getter among the data may read another session', async (t) => {
  const store = new CountingStore()
  const server = await start(t, { store }, (ctx) => {
    if (ctx.path === '/prefs') {
      Object.assign(ctx.prefs, { theme: 'dark', lang: 'de' })
      return
    }
    ctx.session.user = 7
    Object.defineProperty(ctx.session, 'lang', { get: () => ctx.prefs.lang, enumerable: true, configurable: true })
    ctx.session.views = (ctx.session.views ?? 0) + 1
  }, { before: (app) => app.use(session({ as: 'prefs', key: 'prefs' }, app)) })
  const ann = server.visitor()
  await ann.get('/prefs')
  for (let views = 1; views <= 3; views++) {
    await ann.get('/')
    const { _expire, _maxAge, ...data } = store.data(store.ids()[0])
    assert.deepEqual(data, { user: 7, lang: 'de', views: 1 }, `request ${views}`)
    store.records.clear()
  }
})
