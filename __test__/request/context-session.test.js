'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { KOAS, createApp } = require('../harness/app')
const { decode } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { serve, visit } = require('../harness/server')

describe('ctx.session, read', () => {
  for (const [mode, make] of Object.entries(MODES)) {
    test(`is a new empty session for a visitor without one, and sends nothing: ${mode}`, async (t) => {
      const { options, store } = make()
      const client = await visit(t, options, (ctx) => ({ isNew: ctx.session.isNew, data: ctx.session, same: ctx.session === ctx.session })) // eslint-disable-line no-self-compare
      const { json, setCookie } = await client.get()
      assert.deepEqual([json, setCookie], [{ isNew: true, data: {}, same: true }, []])
      if (store) assert.deepEqual(store.take(), [])
    })

    test(`has the data of earlier requests: ${mode}`, async (t) => {
      const data = { text: 'Zoë €', number: 1.5, list: [1, [2], { three: 3 }], deep: { er: { null: null } }, no: false, '': 'empty' }
      const client = await visit(t, make().options, (ctx) => {
        if (ctx.path === '/put') Object.assign(ctx.session, data)
        return { isNew: ctx.session.isNew, data: ctx.session }
      })
      assert.deepEqual((await client.get('/put')).json, { isNew: true, data })
      assert.deepEqual((await client.get()).json, { isNew: false, data })
    })

    test(`sends nothing if nothing changed: ${mode}`, async (t) => {
      const { options, store } = make()
      const client = await visit(t, options, (ctx) => {
        if (ctx.path === '/put') ctx.session.list = [{ a: 1, b: 2 }]
        else if (ctx.path === '/same') ctx.session.list = [{ a: 1, b: 2 }]
        else if (ctx.path === '/touch') return { length: ctx.session.list.length }
      })
      await client.get('/put')
      store?.take()
      for (const path of ['/', '/touch', '/same']) assert.deepEqual((await client.get(path)).setCookie, [])
      if (store) assert.deepEqual(store.take(), ['get', 'get', 'get'])
    })

    test(`is saved if a nested value was changed, or a key was added or deleted: ${mode}`, async (t) => {
      const client = await visit(t, make().options, (ctx) => {
        if (ctx.path === '/put') ctx.session.list = [{ a: 1 }]
        if (ctx.path === '/deep') ctx.session.list[0].a++
        if (ctx.path === '/add') ctx.session.more = null
        if (ctx.path === '/delete') delete ctx.session.list
        return ctx.session
      })
      await client.get('/put')
      const steps = { '/deep': { list: [{ a: 2 }] }, '/add': { list: [{ a: 2 }], more: null }, '/delete': { more: null } }
      for (const [path, data] of Object.entries(steps)) {
        assert.ok((await client.get(path)).setCookie.length > 0)
        assert.deepEqual((await client.get()).json, data)
      }
    })
  }
})

describe('ctx.session, set to an object', () => {
  for (const [mode, make] of Object.entries(MODES)) {
    test(`replaces the data: ${mode}`, async (t) => {
      const client = await visit(t, make().options, (ctx) => {
        if (ctx.path === '/put') ctx.session = { a: 1, b: 2 }
        if (ctx.path === '/replace') ctx.session = { c: 3 }
        return ctx.session
      })
      assert.deepEqual((await client.get('/put')).json, { a: 1, b: 2 })
      assert.deepEqual((await client.get('/replace')).json, { c: 3 })
      assert.deepEqual((await client.get()).json, { c: 3 })
    })

    test(`copies the object: ${mode}`, async (t) => {
      const data = Object.freeze({ a: 1 })
      const client = await visit(t, make().options, (ctx) => {
        ctx.session = data
        ctx.session.b = 2
        return { data: ctx.session, isNew: ctx.session.isNew }
      })
      assert.deepEqual((await client.get()).json, { data: { a: 1, b: 2 }, isNew: false })
      assert.deepEqual(data, { a: 1 })
    })

    test(`applies its maxAge: ${mode}`, async (t) => {
      const { options, store } = make()
      const client = await visit(t, options, (ctx) => {
        ctx.session = { maxAge: 100 }
        return { maxAge: ctx.session.maxAge, data: ctx.session }
      })
      const { json, setCookie } = await client.get()
      assert.deepEqual(json, { maxAge: 100, data: {} })
      const saved = store ? JSON.parse([...store.records.values()][0]) : decode(setCookie)
      assert.equal(saved._maxAge, 100)
    })
  }

  for (const mode of ['store', 'ContextStore', 'externalKey']) {
    test(`keeps the id: ${mode}`, async (t) => {
      const { options, store } = MODES[mode]()
      const client = await visit(t, options, (ctx) => {
        if (ctx.path === '/put') ctx.session = { a: 1 }
        if (ctx.path === '/replace') ctx.session = { b: 2 }
        return { id: ctx.session.externalKey }
      })
      const { id } = (await client.get('/put')).json
      assert.equal((await client.get('/replace')).json.id, id)
      assert.deepEqual([...store.records.keys()], [id])
    })
  }

  test('accepts the session itself, and a session of another request', async (t) => {
    let kept
    const client = await visit(t, {}, (ctx) => {
      if (ctx.path === '/put') ctx.session.a = 1
      if (ctx.path === '/itself') ctx.session = ctx.session // eslint-disable-line no-self-assign
      if (ctx.path === '/keep') kept = ctx.session
      if (ctx.path === '/other') ctx.session = kept
      return ctx.session
    })
    await client.get('/put')
    assert.deepEqual((await client.get('/itself')).json, { a: 1 })
    await client.get('/keep')
    client.jar.clear()
    assert.deepEqual((await client.get('/other')).json, { a: 1 })
    assert.deepEqual((await client.get()).json, { a: 1 })
  })
})

describe('ctx.session, set to null', () => {
  for (const [mode, make] of Object.entries(MODES)) {
    test(`removes it: ${mode}`, async (t) => {
      const { options, store } = make()
      const client = await visit(t, options, (ctx) => {
        if (ctx.path === '/put') ctx.session.a = 1
        if (ctx.path === '/logout') {
          ctx.session = null
          return { session: ctx.session }
        }
        return ctx.session
      })
      await client.get('/put')
      store?.take()
      const { json, setCookie } = await client.get('/logout')
      assert.deepEqual(json, { session: null })
      assert.ok(setCookie.length === 2 && setCookie.every((line) => line.includes('; expires=Thu, 01 Jan 1970 00:00:00 GMT;')))
      if (store) assert.deepEqual(store.take(), ['get', 'destroy'])
      assert.deepEqual((await client.get()).json, {})
    })
  }

  test('expires the cookie of a visitor who had none', async (t) => {
    const client = await visit(t, {}, (ctx) => { ctx.session = null })
    const { setCookie } = await client.get()
    assert.deepEqual(setCookie.map((line) => line.split('=')[0]), ['koa.sess', 'koa.sess.sig'])
    assert.ok(setCookie.every((line) => line.endsWith('; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly')))
  })

  test('and then to an object, has the data of the object', async (t) => {
    const client = await visit(t, {}, (ctx) => {
      if (ctx.path === '/put') {
        ctx.session = null
        ctx.session = { a: 1 }
      }
      return ctx.session
    })
    await client.get('/put')
    assert.deepEqual((await client.get()).json, { a: 1 })
  })
})

describe('ctx.session, set to anything else', () => {
  for (const value of ['a', '', 1, 0, true, false, undefined, 1n, Symbol('a'), () => {}]) {
    test(`throws: ${typeof value} ${String(value)}`, async (t) => {
      for (const mode of Object.keys(MODES)) {
        const client = await visit(t, MODES[mode]().options, (ctx) => {
          ctx.session.a = 1
          try {
            ctx.session = value
          } catch (error) {
            return { message: error.message, isError: error instanceof Error, data: ctx.session }
          }
        })
        assert.deepEqual((await client.get()).json, {
          message: 'this.session can only be set as null or an object.', isError: true, data: { a: 1 }
        })
      }
    })
  }
})

describe('ctx.session, mocked', () => {
  const mock = (target) => Object.defineProperty(target, 'session', { value: { user: 'mock' }, configurable: true })

  for (const [mode, make] of Object.entries(MODES)) {
    test(`on the app's context: ${mode}`, async (t) => {
      const app = createApp(make().options, (ctx) => ctx.session)
      mock(app.context)
      const client = await serve(t, app)
      const { json, setCookie } = await client.get()
      assert.deepEqual([json, setCookie], [{ user: 'mock' }, []])
    })

    test(`on a ctx: ${mode}`, async (t) => {
      const client = await visit(t, make().options, (ctx) => mock(ctx).session)
      assert.deepEqual((await client.get()).json, { user: 'mock' })
    })
  }

  test('and restored afterwards', async (t) => {
    const app = createApp({}, (ctx) => ctx.session)
    const original = Object.getOwnPropertyDescriptor(app.context, 'session')
    assert.equal(original.configurable, true)
    mock(app.context)
    Object.defineProperty(app.context, 'session', original)
    assert.deepEqual((await (await serve(t, app)).get()).json, {})
  })
})

for (const [version, Koa] of Object.entries(KOAS)) {
  describe(`ctx.session before the middleware ran, on ${version}`, () => {
    const early = (how) => ({ Koa, before: (app) => app.use(async (ctx, next) => { await how(ctx, next) }) })

    test('works in cookie mode', async (t) => {
      const client = await visit(t, {}, (ctx) => ctx.session, early((ctx, next) => {
        ctx.session.views = (ctx.session.views ?? 0) + 1
        return next()
      }))
      assert.deepEqual((await client.get()).json, { views: 1 })
      assert.deepEqual((await client.get()).json, { views: 2 })
    })

    for (const mode of ['store', 'ContextStore', 'externalKey']) {
      test(`is a new empty session whose content is dropped at the load: ${mode}`, async (t) => {
        const { options } = MODES[mode]()
        const seen = []
        const client = await visit(t, options, (ctx) => {
          if (ctx.path === '/put') ctx.session.user = 'zoe'
          return ctx.session
        }, {
          ...early((ctx, next) => {
            seen.push({ ...ctx.session.toJSON(), isNew: ctx.session.isNew })
            ctx.session.dropped = true
            return next()
          })
        })
        await client.get('/put')
        assert.deepEqual((await client.get()).json, { user: 'zoe' })
        assert.deepEqual(seen, [{ isNew: true }, { isNew: true }])
      })
    }

    test('works without the middleware; nothing is saved', async (t) => {
      const app = createApp({}, () => {}, { Koa })
      app.middleware.length = 0
      app.use((ctx) => {
        ctx.session.a = 1
        ctx.body = ctx.session
      })
      const { json, setCookie } = await (await serve(t, app)).get()
      assert.deepEqual([json, setCookie], [{ a: 1 }, []])
    })
  })
}

test('ctx.session can be read in an outer error handler', async (t) => {
  const client = await visit(t, {}, (ctx) => {
    ctx.session.a = 1
    ctx.throw(418)
  }, {
    before: (app) => app.use(async (ctx, next) => {
      try {
        await next()
      } catch (error) {
        ctx.status = error.status
        ctx.body = ctx.session
      }
    })
  })
  const { status, json, setCookie } = await client.get()
  assert.deepEqual([status, json, setCookie.length], [418, { a: 1 }, 2])
})
