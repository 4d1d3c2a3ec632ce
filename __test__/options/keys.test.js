'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const Keygrip = require('keygrip')

const { session, KOAS: { koa3: Koa } } = require('../harness/app')
const { cookieHeader, encode, sign } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { errorOf, refuses } = require('../harness/refusal')
const { start, visit } = require('../harness/server')
const { warned } = require('../harness/warnings')

const NEW = 'n'.repeat(32)
const OLD = 'o'.repeat(32)

const respond = (ctx) => {
  if (ctx.path === '/in') ctx.session.user = 'ann'
  return { user: ctx.session.user ?? null }
}

/** Returns the key with which the cookie of a response is signed. */
function signerOf (cookies, keys) {
  const [value, signature] = ['koa.sess', 'koa.sess.sig'].map((name) => /^[^=]+=([^;]*)/.exec(cookies.get(name))[1])
  return keys.find((key) => sign(`koa.sess=${value}`, key) === signature)
}

describe('keys', () => {
  for (const wrap of [(keys) => keys, (keys) => keys.map((key) => Buffer.from(key)), (keys) => new Keygrip(keys)]) {
    const kind = wrap(['a'])[0]?.constructor.name ?? 'Keygrip'

    for (const mode of ['cookie', 'store', 'ContextStore']) {
      test(`sign and verify instead of app.keys, older ones only verify: ${kind}, ${mode}`, async (t) => {
        const { options, store } = MODES[mode]()
        const client = await visit(t, { ...options, keys: wrap([NEW, OLD]) }, respond)
        const { cookies } = await client.get('/in')
        assert.equal(signerOf(cookies, [NEW, OLD, 'first secret']), NEW)
        assert.deepEqual((await client.get('/')).json, { user: 'ann' })

        const value = store ? 'an-id' : encode({ user: 'bob' })
        store?.records.set('an-id', '{"user":"bob"}')
        const older = await client.get('/', { cookie: cookieHeader(value, OLD) })
        assert.deepEqual(older.json, { user: 'bob' })
        assert.equal(signerOf(older.cookies, [NEW, OLD]), NEW)
        assert.deepEqual((await client.get('/', { cookie: cookieHeader(value, 'first secret') })).json, { user: null })
      })
    }
  }

  test('the cookie has the bytes that koa-session writes with these keys in app.keys', async (t) => {
    const now = Date.now()
    t.mock.method(Date, 'now', () => now)
    const own = await visit(t, { keys: [NEW] }, respond)
    const apps = await visit(t, {}, respond, { keys: [NEW] })
    assert.deepEqual((await own.get('/in')).setCookie, (await apps.get('/in')).setCookie)
  })

  test('a signature made with none of the keys is expired, and emits session:forged', async (t) => {
    const server = await start(t, { keys: [NEW] }, respond)
    const forged = []
    server.app.on('session:forged', (event) => forged.push(event))
    const { json, setCookie } = await server.get('/', { cookie: cookieHeader(encode({ user: 'eve' }), 'another') })
    assert.deepEqual(json, { user: null })
    assert.deepEqual(setCookie, ['koa.sess.sig=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly'])
    await server.settled()
    assert.equal(forged.length, 1)
  })

  test('are read on every request, whether the array is changed or replaced', async (t) => {
    const options = { keys: [OLD] }
    const client = await visit(t, options, respond)
    await client.get('/in')
    options.keys.unshift(NEW)
    assert.equal(signerOf((await client.get('/')).cookies, [NEW, OLD]), NEW)
    options.keys = ['x'.repeat(32)]
    assert.deepEqual((await client.get('/')).json, { user: null })
  })

  test('are not in ctx.sessionOptions, and never passed to ctx.cookies', async (t) => {
    const seen = []
    const client = await visit(t, { keys: [NEW] }, (ctx) => {
      ctx.session.user = 'ann'
      return Object.keys(ctx.sessionOptions)
    }, {
      before (app) {
        app.use((ctx, next) => {
          const { cookies } = ctx
          for (const name of ['get', 'set']) {
            cookies[name] = (...args) => {
              seen.push([name, args[0], args.at(-1)])
              return Object.getPrototypeOf(cookies)[name].apply(cookies, args)
            }
          }
          return next()
        })
      }
    })
    const { json, cookies } = await client.get('/in')
    assert.ok(!json.includes('keys'))
    assert.equal(signerOf(cookies, [NEW, 'first secret']), NEW)
    assert.deepEqual(seen.filter(([name]) => name === 'set').map(([, cookie]) => cookie), ['koa.sess', 'koa.sess.sig'])
    for (const [, , options] of seen) assert.ok(options.signed === false && !('keys' in options))
  })

  test('two sessions of an app may have keys of their own', async (t) => {
    const client = await visit(t, (app) => {
      app.use(session({ keys: [OLD], key: 'other', as: 'other' }, app))
      return { keys: [NEW] }
    }, (ctx) => {
      if (ctx.path === '/in') [ctx.session.a, ctx.other.b] = [1, 2]
      return [ctx.session.a, ctx.other.b]
    })
    await client.get('/in')
    assert.deepEqual((await client.get('/')).json, [1, 2])
    client.jar.set('other', client.jar.get('koa.sess'))
    client.jar.set('other.sig', client.jar.get('koa.sess.sig'))
    assert.deepEqual((await client.get('/')).json, [1, null])
  })

  test('a key of fewer than 32 bytes that signs causes one warning', async () => {
    session({ keys: ['k'.repeat(31)] }, new Koa())
    const { message } = await warned('KOA_SESSION_RS_KEYS')
    assert.ok(message.includes('keys') && !message.includes('kkkk'))
  })

  test('are refused with signed: false and without seal', () => {
    const { code, option } = errorOf({ keys: [NEW], signed: false })
    assert.deepEqual([code, option], ['ERR_SESSION_OPTION', 'signed'])
  })
})

refuses('keys', [['a secret', 'string'], [[], 'array'], [[1], 'array'], [['a', undefined], 'array'], [['a', ''], 'array'], [[Buffer.alloc(0)], 'array'], [{}, 'object'], [1, 'number']])
