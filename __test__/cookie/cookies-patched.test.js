'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const Cookies = require('cookies')

const { MODES } = require('../harness/modes')
const { visit } = require('../harness/server')

const respond = (ctx) => {
  if (ctx.path === '/put') ctx.session.a = 1
  return ctx.session
}

/** Runs `change` on every ctx before session(). */
const early = (change) => ({
  before: (app) => app.use((ctx, next) => {
    change(ctx)
    return next()
  })
})

/** Wraps a method of an object until the test ends, and records its arguments. */
function spy (t, object, method) {
  const calls = []
  const original = object[method]
  const own = Object.hasOwn(object, method)
  object[method] = function (...args) {
    calls.push(args)
    return original.apply(this, args)
  }
  t.after(() => {
    if (own) object[method] = original
    else delete object[method]
  })
  return calls
}

describe('patched methods of ctx.cookies are called', () => {
  for (const mode of ['cookie', 'store']) {
    for (const method of ['get', 'set']) {
      test(`${method} on the instance: ${mode}`, async (t) => {
        const seen = []
        const client = await visit(t, MODES[mode]().options, respond, {
          ...early((ctx) => { seen.push(spy(t, ctx.cookies, method)) })
        })
        await client.get('/put')
        assert.deepEqual((await client.get()).json, { a: 1 })
        assert.deepEqual(seen[method === 'set' ? 0 : 1][0][0], 'koa.sess')
      })

      test(`${method} on the class, after it was used unpatched: ${mode}`, async (t) => {
        const client = await visit(t, MODES[mode]().options, respond)
        await client.get('/put')
        assert.deepEqual((await client.get()).json, { a: 1 })
        const calls = spy(t, Cookies.prototype, method)
        client.jar.clear()
        await client.get('/put')
        assert.deepEqual((await client.get()).json, { a: 1 })
        assert.ok(calls.some(([name]) => name === 'koa.sess'))
      })
    }

    test(`set on the instance, after the session was read: ${mode}`, async (t) => {
      let calls
      const client = await visit(t, MODES[mode]().options, (ctx) => {
        ctx.session.a = ctx.path
        calls = spy(t, ctx.cookies, 'set')
      })
      for (const path of ['/first', '/second']) {
        await client.get(path)
        assert.equal(calls.length, 1)
      }
    })

    for (const method of ['toHeader', 'toString']) {
      test(`${method} of Cookies.Cookie: ${mode}`, async (t) => {
        const calls = spy(t, Cookies.Cookie.prototype, method)
        const client = await visit(t, MODES[mode]().options, respond)
        assert.equal((await client.get('/put')).setCookie.length, 2)
        assert.ok(calls.length >= 2)
      })
    }
  }
})

describe('the response', () => {
  test('whose setHeader and getHeader are wrapped: the wrappers are called with the lines', async (t) => {
    let sets
    const client = await visit(t, {}, respond, early((ctx) => { sets = spy(t, ctx.res, 'setHeader') }))
    const { setCookie } = await client.get('/put')
    assert.deepEqual(sets.find(([name]) => /^set-cookie$/i.test(name))[1], setCookie)
  })

  test('already has one Set-Cookie line, as a string', async (t) => {
    const client = await visit(t, {}, respond, early((ctx) => { ctx.res.setHeader('Set-Cookie', 'theirs=1') }))
    const { setCookie } = await client.get('/put')
    assert.deepEqual(setCookie.map((line) => line.split('=')[0]), ['theirs', 'koa.sess', 'koa.sess.sig'])
  })
})

describe('default attributes that an app sets on the class', () => {
  for (const [name, value, expected] of [['sameSite', 'lax', '; path=/; samesite=lax; httponly'], ['partitioned', true, '; path=/; httponly; partitioned']]) {
    test(`${name} is on the session's cookie too`, async (t) => {
      const { prototype } = Cookies.Cookie
      const original = prototype[name]
      const client = await visit(t, {}, respond)
      await client.get('/put')
      t.after(() => { prototype[name] = original })
      prototype[name] = value
      client.jar.clear()
      const { setCookie } = await client.get('/put')
      assert.deepEqual(setCookie.map((line) => line.slice(line.indexOf(';'))), [expected, expected])
    })
  }
})
