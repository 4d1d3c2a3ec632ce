'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { KOAS } = require('../harness/app')
const { MODES } = require('../harness/modes')
const { visit } = require('../harness/server')

/** Makes a genid that numbers the ids, so that they are predictable. */
function numbered () {
  let number = 0
  return () => `id${++number}`
}

const respond = async (ctx) => {
  if (ctx.path === '/put') ctx.session.a = 1
  if (ctx.path === '/regenerate') await ctx.session.regenerate()
  if (ctx.path === '/callback') {
    const args = await new Promise((resolve) => ctx.session.regenerate((...given) => resolve(given)))
    assert.equal(args.length, 0)
  }
  if (ctx.path === '/change') {
    const promise = ctx.session.regenerate()
    ctx.session.b = 2
    await promise
  }
  if (ctx.path === '/floating') {
    ctx.session.regenerate()
    ctx.session.c = 3
  }
  return ctx.session
}

for (const [version, Koa] of Object.entries(KOAS)) {
  for (const mode of ['store', 'ContextStore', 'externalKey']) {
    describe(`regenerate(): ${mode} on ${version}`, () => {
      for (const path of ['/regenerate', '/callback']) {
        test(`keeps the content and changes the id: ${path}`, async (t) => {
          const { options, store } = MODES[mode]()
          const client = await visit(t, { ...options, genid: numbered() }, respond, { Koa })
          await client.get('/put')
          const old = client.cookie
          store.take()
          assert.deepEqual((await client.get(path)).json, { a: 1 })
          assert.deepEqual([...store.records.keys()], ['id2'])
          assert.deepEqual(store.take().slice(0, 3), ['get', 'destroy', 'set'])
          assert.deepEqual((await client.get()).json, { a: 1 })
          assert.deepEqual((await client.get('/', { cookie: old })).json, {})
        })
      }

      test('saves what changes after it', async (t) => {
        const { options, store } = MODES[mode]()
        const client = await visit(t, { ...options, genid: numbered() }, respond, { Koa })
        await client.get('/put')
        await client.get('/change')
        assert.deepEqual((await client.get()).json, { a: 1, b: 2 })
        assert.deepEqual([...store.records.keys()], ['id2'])
      })

      test('sends a cookie for the new id only', async (t) => {
        const { options } = MODES[mode]()
        const client = await visit(t, { ...options, genid: numbered() }, respond, { Koa })
        await client.get('/put')
        const { setCookie } = await client.get('/regenerate')
        const values = setCookie.filter((line) => /^(koa\.sess|app\.id)=/.test(line)).map((line) => line.split(';')[0])
        assert.equal(values.at(-1), mode === 'externalKey' ? 'app.id=id2' : 'koa.sess=id2')
        assert.equal(client.jar.get(mode === 'externalKey' ? 'app.id' : 'koa.sess'), 'id2')
      })
    })
  }

  describe(`regenerate(): cookie on ${version}`, () => {
    test('keeps the content', async (t) => {
      const client = await visit(t, {}, respond, { Koa })
      await client.get('/put')
      for (const path of ['/regenerate', '/callback']) {
        const { json, setCookie } = await client.get(path)
        assert.deepEqual([json, setCookie.length], [{ a: 1 }, 2])
        assert.deepEqual((await client.get()).json, { a: 1 })
      }
    })

    test('need not be awaited', async (t) => {
      const client = await visit(t, {}, respond, { Koa })
      await client.get('/put')
      await client.get('/floating')
      assert.deepEqual((await client.get()).json, { a: 1, c: 3 })
    })
  })
}

test('regenerate() of a new session creates one under a new id', async (t) => {
  const { options, store } = MODES.store()
  const client = await visit(t, { ...options, genid: numbered() }, respond)
  await client.get('/regenerate')
  assert.deepEqual([...store.records.keys()], ['id2'])
  assert.equal(client.jar.get('koa.sess'), 'id2')
})
