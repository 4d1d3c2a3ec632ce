'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const Cookies = require('cookies')
const Keygrip = require('keygrip')

const { KOAS } = require('../harness/app')
const { cookieHeader, encode, sign } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { visit } = require('../harness/server')

const respond = (ctx) => {
  if (ctx.path === '/put') ctx.session.a = 1
  if (ctx.path === '/logout') ctx.session = null
  return ctx.session ?? {}
}

const VALUE = encode('{"a":1,"_expire":9999999999999,"_maxAge":86400000}')

/** Runs `change` on every ctx before session(). */
const early = (change) => ({
  before: (app) => app.use((ctx, next) => {
    change(ctx)
    return next()
  })
})

/** A cookies object that keeps the values that are set, and records its calls. */
class OwnCookies {
  calls = []
  values = new Map()

  get (name, options) {
    this.calls.push(['get', name, options])
    return this.values.get(name)
  }

  set (name, value, options) {
    this.calls.push(['set', name, value, options])
    this.values.set(name, value)
  }
}

for (const [version, Koa] of Object.entries(KOAS)) {
  describe(`ctx.cookies, replaced by the app, on ${version}`, () => {
    for (const mode of ['cookie', 'store', 'ContextStore']) {
      test(`is used to read and write, with all options: ${mode}`, async (t) => {
        const own = new OwnCookies()
        const options = { ...MODES[mode]().options, maxAge: 1000, domain: 'example.com', sealed: 'x' }
        const client = await visit(t, options, respond, { Koa, ...early((ctx) => { ctx.cookies = own }) })
        const put = await client.get('/put')
        assert.deepEqual(put.setCookie, [])
        assert.deepEqual((await client.get()).json, { a: 1 })
        await client.get('/logout')

        const calls = own.calls.splice(0)
        assert.deepEqual(new Set(calls.map(([method, name]) => `${method} ${name}`)), new Set(['get koa.sess', 'set koa.sess']))
        for (const call of calls) {
          const given = call.at(-1)
          assert.deepEqual([given.sealed, given.domain, given.signed, given.overwrite, given.httpOnly], ['x', 'example.com', true, true, true])
        }
        const sets = calls.filter(([method]) => method === 'set')
        assert.deepEqual(sets.map((call) => [call[2] === '', call[3].maxAge]), [[false, 1000], [true, false]])
        assert.equal(sets[1][3].expires.getTime(), 0)
      })
    }

    test('by a getter on the app\'s context', async (t) => {
      const own = new OwnCookies()
      const client = await visit(t, {}, respond, {
        Koa, before: (app) => Object.defineProperty(app.context, 'cookies', { get: () => own })
      })
      await client.get('/put')
      assert.deepEqual(own.calls.map(([method]) => method), ['get', 'set'])
      assert.deepEqual((await client.get()).json, { a: 1 })
    })

    test('by a subclass of Cookies that encrypts', async (t) => {
      class Sealed extends Cookies {
        get (name, options) {
          const value = super.get(name, options)
          // Cookies reads the signature by its own get().
          return value && !name.endsWith('.sig') ? Buffer.from(value, 'hex').toString() : value
        }

        set (name, value, options) {
          return super.set(name, Buffer.from(value).toString('hex'), options)
        }
      }
      const client = await visit(t, {}, respond, {
        Koa, ...early((ctx) => { ctx.cookies = new Sealed(ctx.req, ctx.res, { keys: ctx.app.keys, secure: ctx.secure }) })
      })
      const { setCookie } = await client.get('/put')
      assert.match(setCookie[0], /^koa\.sess=([0-9a-f]{2})+; path=\/; httponly$/)
      assert.deepEqual((await client.get()).json, { a: 1 })
    })

    test('by the stock class on another response', async (t) => {
      const seen = []
      const response = { getHeader: () => undefined, setHeader: (name, value) => seen.push(value) }
      const client = await visit(t, {}, respond, {
        Koa, ...early((ctx) => { ctx.cookies = new Cookies(ctx.req, response, { keys: ctx.app.keys, secure: false }) })
      })
      assert.deepEqual((await client.get('/put')).setCookie, [])
      assert.equal(seen[0].length, 2)
    })

    test('by the stock class on another request', async (t) => {
      const request = { headers: { cookie: cookieHeader(VALUE) } }
      const client = await visit(t, {}, respond, {
        Koa, ...early((ctx) => { ctx.cookies = new Cookies(request, ctx.res, { keys: ctx.app.keys, secure: false }) })
      })
      assert.deepEqual((await client.get()).json, { a: 1 })
    })

    test('by the stock class with keys of its own', async (t) => {
      const client = await visit(t, {}, respond, {
        Koa, ...early((ctx) => { ctx.cookies = new Cookies(ctx.req, ctx.res, { keys: ['theirs'], secure: false }) })
      })
      const { setCookie } = await client.get('/put')
      assert.ok(setCookie[1].startsWith(`koa.sess.sig=${sign(setCookie[0].split(';')[0], 'theirs')};`))
      assert.deepEqual((await client.get()).json, { a: 1 })
      const foreign = await client.get('/', { cookie: cookieHeader(VALUE) })
      assert.deepEqual(foreign.json, {})
    })

    test('by the stock class with the app\'s first key and other further keys', async (t) => {
      const client = await visit(t, {}, respond, {
        Koa,
        keys: ['first', 'apps'],
        ...early((ctx) => { ctx.cookies = new Cookies(ctx.req, ctx.res, { keys: ['first', 'theirs'], secure: false }) })
      })
      assert.deepEqual((await client.get('/', { cookie: cookieHeader(VALUE, 'first') })).json, { a: 1 })
      assert.deepEqual((await client.get('/', { cookie: cookieHeader(VALUE, 'theirs') })).json, { a: 1 })
      assert.deepEqual((await client.get('/', { cookie: cookieHeader(VALUE, 'apps') })).json, {})
    })
  })

  describe(`the fields of ctx.cookies on ${version}`, () => {
    for (const secure of [true, undefined]) {
      test(`secure = true, with the option ${secure}, sends Secure over plain HTTP`, async (t) => {
        for (const mode of ['cookie', 'store']) {
          const client = await visit(t, { ...MODES[mode]().options, secure }, respond, {
            Koa, ...early((ctx) => { ctx.cookies.secure = true })
          })
          const { status, setCookie } = await client.get('/put')
          assert.equal(status, 200)
          assert.ok(setCookie.length === 2 && setCookie.every((line) => line.endsWith('; path=/; secure; httponly')))
          assert.deepEqual((await client.get()).json, { a: 1 })
        }
      })
    }

    test('secure = true after the session was read', async (t) => {
      const client = await visit(t, { secure: true }, (ctx) => {
        ctx.session.a = ctx.path
        ctx.cookies.secure = true
      }, { Koa })
      for (const path of ['/first', '/second']) {
        const { setCookie } = await client.get(path)
        assert.ok(setCookie.length === 2 && setCookie.every((line) => line.includes('; secure;')))
      }
    })

    test('secure = undefined depends on the connection', async (t) => {
      for (const protocol of ['http', 'https']) {
        const client = await visit(t, {}, respond, {
          Koa,
          ...early((ctx) => {
            ctx.cookies.secure = undefined
            ctx.req.protocol = protocol
          })
        })
        const { setCookie } = await client.get('/put')
        assert.ok(setCookie.length === 2 && setCookie.every((line) => line.includes('; secure;') === (protocol === 'https')))
      }
    })

    for (const when of ['before', 'after']) {
      test(`keys replaced ${when} the session was read`, async (t) => {
        const replace = (ctx) => { ctx.cookies.keys = new Keygrip(['theirs']) }
        const client = await visit(t, {}, (ctx) => {
          const body = respond(ctx)
          if (when === 'after' && ctx.path === '/put') replace(ctx)
          return body
        }, { Koa, ...(when === 'before' && early(replace)) })
        // From the first request, the package learns how Koa makes ctx.cookies.
        await client.get('/warm')
        const { setCookie } = await client.get('/put')
        assert.ok(setCookie[1].startsWith(`koa.sess.sig=${sign(setCookie[0].split(';')[0], 'theirs')};`))
      })
    }

    test('removed keys are an error once there is something to sign', async (t) => {
      const client = await visit(t, {}, respond, { Koa, ...early((ctx) => { ctx.cookies.keys = undefined }) })
      const errors = []
      client.app.on('error', (error) => errors.push(error.message))
      assert.equal((await client.get('/')).status, 200)
      const { status, setCookie } = await client.get('/put')
      assert.deepEqual([status, setCookie, errors], [500, [], ['.keys required for signed cookies']])
    })

    for (const when of ['before', 'after']) {
      test(`keys whose methods are replaced ${when} the session was read`, async (t) => {
        const replace = (ctx) => { ctx.cookies.keys.sign = () => 'patched' }
        const client = await visit(t, {}, (ctx) => {
          const body = respond(ctx)
          if (when === 'after' && ctx.path === '/put') replace(ctx)
          return body
        }, { Koa, ...(when === 'before' && early(replace)) })
        // From the first request, the package learns how Koa makes ctx.cookies.
        await client.get('/warm')
        const { setCookie } = await client.get('/put')
        assert.ok(setCookie[1].startsWith('koa.sess.sig=patched;'))
      })
    }

    for (const method of ['index', 'verify']) {
      test(`keys whose ${method} is replaced`, async (t) => {
        const client = await visit(t, {}, respond, { Koa, ...early((ctx) => { ctx.cookies.keys[method] = () => method === 'index' ? -1 : false }) })
        // `cookies` only calls index().
        const expected = method === 'index' ? {} : { a: 1 }
        for (let i = 0; i < 2; i++) assert.deepEqual((await client.get('/', { cookie: cookieHeader(VALUE) })).json, expected)
      })
    }

    test('app.keys replaced during a request apply from the next request on', async (t) => {
      const client = await visit(t, {}, (ctx) => {
        ctx.session.a = 1
        ctx.app.keys = ['later']
      }, { Koa, keys: ['early'] })
      const first = await client.get()
      assert.ok(first.setCookie[1].startsWith(`koa.sess.sig=${sign(first.setCookie[0].split(';')[0], 'early')};`))
      client.jar.clear()
      const second = await client.get()
      assert.ok(second.setCookie[1].startsWith(`koa.sess.sig=${sign(second.setCookie[0].split(';')[0], 'later')};`))
    })
  })
}

test('other middleware\'s cookies are read and kept', async (t) => {
  const client = await visit(t, {}, (ctx) => {
    const theirs = ctx.cookies.get('theirs', { signed: true })
    ctx.cookies.set('theirs', String(Number(theirs ?? 0) + 1), { signed: true })
    ctx.session.views = (ctx.session.views ?? 0) + 1
    ctx.cookies.set('last', 'x', { signed: false, path: '/elsewhere' })
    return { theirs, views: ctx.session.views }
  })
  assert.deepEqual((await client.get()).json, { views: 1 })
  const { json, setCookie } = await client.get()
  assert.deepEqual(json, { theirs: '1', views: 2 })
  assert.deepEqual(setCookie.map((line) => line.split('=')[0]), ['theirs', 'theirs.sig', 'last', 'koa.sess', 'koa.sess.sig'])
  assert.equal(setCookie[2], 'last=x; path=/elsewhere; httponly')
})
