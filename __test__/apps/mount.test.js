'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const mount = require('koa-mount')

const { KOAS, session } = require('../harness/app')
const { MODES } = require('../harness/modes')
const { serve } = require('../harness/server')

const count = (ctx) => {
  ctx.session.views = (ctx.session.views ?? 0) + 1
  ctx.body = { views: ctx.session.views }
}

/** Makes an app that has a session if `options` are given. */
function createApp (Koa, options) {
  const app = new Koa()
  app.silent = true
  app.keys = ['a secret']
  if (options) app.use(session(options, app))
  return app
}

for (const [version, Koa] of Object.entries(KOAS)) {
  describe(`koa-mount on ${version}`, () => {
    for (const [mode, make] of Object.entries(MODES)) {
      test(`a sub-app uses the session of a parent that has one: ${mode}`, async (t) => {
        const { options, store } = make()
        const child = createApp(Koa, { key: 'child', maxAge: 1000, signed: false })
        child.use(count)
        const parent = createApp(Koa, options)
        parent.use(mount('/child', child))
        parent.use(count)
        const client = (await serve(t, parent)).visitor()
        assert.deepEqual((await client.get('/')).json, { views: 1 })
        assert.deepEqual((await client.get('/child')).json, { views: 2 })
        assert.deepEqual((await client.get('/')).json, { views: 3 })
        assert.ok(![...client.jar.keys()].some((name) => name.startsWith('child')))
        if (store) assert.equal(store.records.size, 1)
      })

      test(`a sub-app has a session under a parent that has none: ${mode}`, async (t) => {
        const { options } = make()
        const child = createApp(Koa, options)
        child.use(count)
        const parent = createApp(Koa)
        parent.use(mount('/child', child))
        parent.use((ctx) => { ctx.body = { session: ctx.session === undefined } })
        const client = (await serve(t, parent)).visitor()
        assert.deepEqual((await client.get('/')).json, { session: true })
        assert.deepEqual((await client.get('/child')).json, { views: 1 })
        assert.deepEqual((await client.get('/child')).json, { views: 2 })
        assert.deepEqual((await client.get('/')).json, { session: true })
      })
    }

    test('two sub-apps under a parent that has no session have a session each', async (t) => {
      const parent = createApp(Koa)
      for (const name of ['one', 'two']) {
        const child = createApp(Koa, { key: name })
        child.use(count)
        parent.use(mount(`/${name}`, child))
      }
      const client = (await serve(t, parent)).visitor()
      assert.deepEqual((await client.get('/one')).json, { views: 1 })
      assert.deepEqual((await client.get('/one')).json, { views: 2 })
      assert.deepEqual((await client.get('/two')).json, { views: 1 })
      assert.deepEqual([...client.jar.keys()], ['one', 'one.sig', 'two', 'two.sig'])
    })

    test('a sub-app that is served without its parent reads the same session', async (t) => {
      const child = createApp(Koa, {})
      child.use(count)
      const parent = createApp(Koa)
      parent.use(mount('/child', child))
      const under = (await serve(t, parent)).visitor()
      const alone = (await serve(t, child)).visitor()
      assert.deepEqual((await under.get('/child')).json, { views: 1 })
      alone.cookie = under.cookie
      assert.deepEqual((await alone.get('/')).json, { views: 2 })
    })
  })
}
