'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { KOAS, session } = require('../harness/app')
const { decode } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { visit } = require('../harness/server')

const count = (ctx) => {
  ctx.session.views = (ctx.session.views ?? 0) + 1
  return { views: ctx.session.views }
}

/** The ways to call session(), each with the resulting name of the cookie. */
const FORMS = {
  'session(opts, app)': [(app) => session({ key: 'id' }, app), 'id'],
  'session(app, opts)': [(app) => session(app, { key: 'id' }), 'id'],
  'session(app)': [(app) => session(app), 'koa.sess'],
  'session({}, app)': [(app) => session({}, app), 'koa.sess'],
  'session(undefined, app)': [(app) => session(undefined, app), 'koa.sess'],
  'session(null, app)': [(app) => session(null, app), 'koa.sess']
}

for (const [version, Koa] of Object.entries(KOAS)) {
  describe(`session() on ${version}`, () => {
    for (const [form, [call, key]] of Object.entries(FORMS)) {
      test(form, async (t) => {
        const client = await visit(t, {}, count, { Koa, session: (opts, app) => call(app) })
        assert.deepEqual((await client.get()).json, { views: 1 })
        assert.deepEqual([...client.jar.keys()], [key, `${key}.sig`])
        assert.deepEqual((await client.get()).json, { views: 2 })
      })
    }

    for (const [mode, make] of Object.entries(MODES)) {
      test(`keeps each visitor's own session: ${mode}`, async (t) => {
        const client = await visit(t, make().options, count, { Koa })
        const other = client.another()
        for (const views of [1, 2, 3]) assert.deepEqual((await client.get()).json, { views })
        for (const views of [1, 2]) assert.deepEqual((await other.get()).json, { views })
        assert.deepEqual((await client.get()).json, { views: 4 })
      })
    }
  })
}

describe('without an app', () => {
  const CALLS = { none: [], null: [null, null], options: [{}], 'two options': [{}, {}], 'a number': [{}, 1], 'a class': [class Koa {}] }

  for (const [name, args] of Object.entries(CALLS)) {
    test(name, () => {
      assert.throws(() => session(...args), (error) => {
        assert.ok(error instanceof TypeError)
        assert.equal(error.message, 'app instance required: `session(opts, app)`')
        return true
      })
    })
  }

  test('throws an error whose fields name the app', () => {
    assert.throws(() => session({}), { code: 'ERR_SESSION_OPTION', option: 'app', expected: 'Koa application', received: 'undefined' })
    assert.throws(() => session({}, null), { code: 'ERR_SESSION_OPTION', option: 'app', received: 'null' })
  })
})

describe('the module', () => {
  test('is the function in CommonJS', () => {
    const module = require('../..')
    assert.equal(typeof module, 'function')
    assert.equal(module.default, module)
    assert.equal(module.createSession, module)
    assert.equal(typeof module.SessionOptions.parse, 'function')
  })

  test('has default and named exports in an ES module', async () => {
    const module = require('../..')
    const imported = await import('./session.mjs')
    assert.equal(imported.session, module)
    assert.equal(imported.createSession, module)
    assert.equal(imported.SessionOptions, module.SessionOptions)
    assert.equal(imported.namespace.default, module)
  })

  test('has the defaults in SessionOptions.parse({})', () => {
    const { encode, decode, ...defaults } = require('../..').SessionOptions.parse({})
    assert.deepEqual(defaults, {
      key: 'koa.sess',
      autoCommit: true,
      overwrite: true,
      httpOnly: true,
      signed: true,
      rolling: false,
      renew: false
    })
    assert.equal(encode({ a: 1 }), 'eyJhIjoxfQ==')
    assert.deepEqual(decode('eyJhIjoxfQ=='), { a: 1 })
  })
})

describe('a second session() on one app', () => {
  for (const [mode, make] of Object.entries(MODES)) {
    test(`shares the session of the first: ${mode}`, async (t) => {
      const { options, store } = make()
      const client = await visit(t, { key: 'second', maxAge: 1000, signed: false }, count, {
        before: (app) => app.use(session(options, app))
      })
      assert.deepEqual((await client.get()).json, { views: 1 })
      assert.ok(![...client.jar.keys()].some((name) => name.startsWith('second')))
      assert.deepEqual((await client.get()).json, { views: 2 })
      if (store) assert.equal(store.records.size, 1)
    })

    test(`keeps what middleware between the two writes: ${mode}`, async (t) => {
      const { options } = make()
      const client = await visit(t, {}, (ctx) => ctx.session, {
        before (app) {
          app.use(session(options, app))
          app.use((ctx, next) => {
            ctx.session.between = (ctx.session.between ?? 0) + 1
            return next()
          })
        }
      })
      assert.deepEqual((await client.get()).json, { between: 1 })
      assert.deepEqual((await client.get()).json, { between: 2 })
    })
  }
})

test('two apps have a session each, with their own options and keys', async (t) => {
  const one = await visit(t, { key: 'one' }, count)
  const two = await visit(t, { key: 'two', maxAge: 1000 }, count, { keys: ['another'] })
  const first = await one.get()
  const second = await two.get()
  assert.match(first.setCookie[0], /^one=[^;]+; path=\/; httponly$/)
  assert.match(second.setCookie[0], /^two=[^;]+; path=\/; expires=[^;]+; httponly$/)
  assert.equal(decode(second.setCookie, 'two')._maxAge, 1000)
})

for (const [mode, make] of Object.entries(MODES)) {
  test(`requests at the same time have a session each: ${mode}`, async (t) => {
    const client = await visit(t, make().options, async (ctx) => {
      const before = ctx.session.name
      ctx.session.name = ctx.query.name
      await new Promise((resolve) => setTimeout(resolve, 5))
      return { before, now: ctx.session.name }
    })
    const names = Array.from({ length: 20 }, (_, i) => `user${i}`)
    const visitors = names.map(() => client.another())
    const askAll = () => Promise.all(names.map((name, i) => visitors[i].get(`/?name=${name}`)))
    assert.deepEqual((await askAll()).map((each) => each.json), names.map((now) => ({ now })))
    assert.deepEqual((await askAll()).map((each) => each.json), names.map((now) => ({ before: now, now })))
  })
}
