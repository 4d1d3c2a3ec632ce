'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { KOAS } = require('../harness/app')
const { START_MS, freeze } = require('../harness/clock')
const { decode } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { visit } = require('../harness/server')

/** Returns the attributes of the first Set-Cookie line. */
const attributesOf = ({ setCookie }) => setCookie[0].slice(setCookie[0].indexOf(';'))

/** Makes a handler that assigns `change` to ctx.sessionOptions on /change, and always changes the session. */
function changing (change) {
  return (ctx) => {
    if (ctx.path === '/change') Object.assign(ctx.sessionOptions, change)
    ctx.session.at = ctx.path
  }
}

const CHANGES = [
  [{ domain: 'example.com' }, '; path=/; domain=example.com; httponly'],
  [{ path: '/change' }, '; path=/change; httponly'],
  [{ httpOnly: false }, '; path=/'],
  [{ sameSite: 'none', partitioned: true }, '; path=/; samesite=none; httponly; partitioned'],
  [{ priority: 'high' }, '; path=/; priority=high; httponly'],
  [{ maxAge: 3600000 }, '; path=/; expires=Mon, 01 Jan 2024 01:00:00 GMT; httponly'],
  [{ expires: new Date('2024-02-03T04:05:06Z') }, '; path=/; expires=Sat, 03 Feb 2024 04:05:06 GMT; httponly'],
  [{ domain: 'example.com', path: '/a', maxAge: 1000 }, '; path=/a; expires=Mon, 01 Jan 2024 00:00:01 GMT; domain=example.com; httponly']
]

for (const [version, Koa] of Object.entries(KOAS)) {
  describe(`ctx.sessionOptions on ${version}`, () => {
    for (const [change, expected] of CHANGES) {
      for (const mode of ['cookie', 'store', 'ContextStore']) {
        test(`${JSON.stringify(change)} applies to this request only: ${mode}`, async (t) => {
          freeze(t)
          const { options } = MODES[mode]()
          const client = await visit(t, options, changing(change), { Koa })
          assert.equal(attributesOf(await client.get('/before')), '; path=/; httponly')
          client.jar.clear()
          assert.equal(attributesOf(await client.get('/change')), expected)
          client.jar.clear()
          assert.equal(attributesOf(await client.get('/after')), '; path=/; httponly')
        })
      }
    }
  })
}

describe('ctx.sessionOptions', () => {
  test('has the options and their defaults, as an object of this request', async (t) => {
    const seen = []
    const client = await visit(t, { maxAge: 1000, sealed: 'x' }, (ctx) => {
      seen.push(ctx.sessionOptions)
      return { same: ctx.sessionOptions === ctx.sessionOptions } // eslint-disable-line no-self-compare
    })
    assert.deepEqual((await client.get()).json, { same: true })
    await client.get()
    assert.notEqual(seen[0], seen[1])
    const { encode, decode, genid, ...plain } = seen[0]
    assert.deepEqual(plain, {
      key: 'koa.sess',
      maxAge: 1000,
      autoCommit: true,
      overwrite: true,
      httpOnly: true,
      signed: true,
      rolling: false,
      renew: false,
      sealed: 'x'
    })
    assert.ok([encode, decode, genid].every((each) => typeof each === 'function'))
  })

  test('has the same maxAge as session.maxAge', async (t) => {
    freeze(t)
    const client = await visit(t, { maxAge: 1000 }, (ctx) => {
      ctx.session.a = 1
      const seen = [ctx.session.maxAge]
      ctx.sessionOptions.maxAge = 2000
      seen.push(ctx.session.maxAge)
      ctx.session.maxAge = 3000
      seen.push(ctx.sessionOptions.maxAge)
      return seen
    })
    const { json, setCookie } = await client.get()
    assert.deepEqual(json, [1000, 2000, 3000])
    assert.deepEqual(decode(setCookie), { a: 1, _expire: START_MS + 3000, _maxAge: 3000 })
  })

  test('has the maxAge of the loaded session', async (t) => {
    const client = await visit(t, { maxAge: 1000 }, (ctx) => {
      if (ctx.path === '/put') ctx.session = { a: 1, maxAge: 5000 }
      return ctx.session.maxAge === ctx.sessionOptions.maxAge ? { maxAge: ctx.sessionOptions.maxAge } : 'differ'
    })
    assert.deepEqual((await client.get('/put')).json, { maxAge: 5000 })
    assert.deepEqual((await client.get()).json, { maxAge: 5000 })
  })

  test('changed before the session is read, decides which cookie is read', async (t) => {
    const client = await visit(t, {}, (ctx) => {
      if (ctx.query.key) ctx.sessionOptions.key = ctx.query.key
      ctx.session.views = (ctx.session.views ?? 0) + 1
      return ctx.session
    })
    assert.deepEqual((await client.get('/?key=one')).json, { views: 1 })
    assert.deepEqual((await client.get('/?key=one')).json, { views: 2 })
    assert.deepEqual((await client.get('/?key=two')).json, { views: 1 })
    assert.deepEqual((await client.get('/')).json, { views: 1 })
    assert.deepEqual([...client.jar.keys()], ['one', 'one.sig', 'two', 'two.sig', 'koa.sess', 'koa.sess.sig'])
  })

  test('changed between two commits, applies to the second', async (t) => {
    for (const mode of ['cookie', 'store']) {
      const client = await visit(t, { ...MODES[mode]().options, autoCommit: false }, async (ctx) => {
        ctx.sessionOptions.overwrite = false
        for (const domain of ['one.com', 'two.com']) {
          ctx.sessionOptions.domain = domain
          ctx.session.domain = domain
          await ctx.session.save()
        }
      })
      const { setCookie } = await client.get()
      assert.deepEqual(setCookie.map((line) => /domain=([^;]+)/.exec(line)?.[1]), ['one.com', 'one.com', 'two.com', 'two.com'])
    }
  })

  test('changed before the middleware, applies as well', async (t) => {
    freeze(t)
    const client = await visit(t, {}, (ctx) => { ctx.session.a = 1 }, {
      before: (app) => app.use((ctx, next) => {
        ctx.sessionOptions.domain = ctx.query.domain
        return next()
      })
    })
    assert.equal(attributesOf(await client.get('/?domain=a.b')), '; path=/; domain=a.b; httponly')
  })

  test('secure can be set for one request', async (t) => {
    const client = await visit(t, {}, (ctx) => {
      ctx.sessionOptions.secure = ctx.query.secure === 'true'
      ctx.session.a = 1
    }, { before: (app) => { app.proxy = true } })
    const https = { 'x-forwarded-proto': 'https', cookie: '' }
    assert.equal(attributesOf(await client.get('/?secure=true', https)), '; path=/; secure; httponly')
    assert.equal(attributesOf(await client.get('/?secure=false', https)), '; path=/; httponly')
  })

  test('signed, encode, rolling and beforeSave can be set for one request', async (t) => {
    const client = await visit(t, {}, (ctx) => {
      if (ctx.path === '/change') {
        Object.assign(ctx.sessionOptions, {
          signed: false,
          rolling: true,
          encode: () => 'mine',
          beforeSave: (_, session) => { session.saved = true }
        })
      }
      ctx.session.a = 1
      ctx.state.session = ctx.session
    }, {
      before: (app) => app.use(async (ctx, next) => {
        await next()
        ctx.body = ctx.state.session
      })
    })
    const { json, setCookie } = await client.get('/change')
    assert.deepEqual(json, { a: 1, saved: true })
    assert.deepEqual(setCookie, ['koa.sess=mine; path=/; httponly'])
  })

  test('clears the cookie of a removed session at its path and domain', async (t) => {
    const client = await visit(t, {}, (ctx) => {
      ctx.sessionOptions.domain = 'example.com'
      ctx.session = null
    })
    assert.equal(attributesOf(await client.get()), '; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; domain=example.com; httponly')
  })
})
