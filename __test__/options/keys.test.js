'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const vm = require('node:vm')
const Keygrip = require('keygrip')

const { of, session, KOAS: { koa3: Koa } } = require('../harness/app')
const { cookieHeader, encode, sign } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { errorOf, refuses } = require('../harness/refusal')
const { start, visit } = require('../harness/server')
const { gate } = require('../harness/waiting')
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
        // The signature alone, since the browser has the value.
        assert.deepEqual([...older.cookies.keys()], ['koa.sess.sig'])
        assert.ok(older.cookies.get('koa.sess.sig').startsWith(`koa.sess.sig=${sign(`koa.sess=${value}`, NEW)};`))
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
    await client.get('/')
    assert.equal(client.jar.get('koa.sess.sig'), sign(`koa.sess=${client.jar.get('koa.sess')}`, NEW))
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

describe('keys, at the edges', () => {
  test('a hostile header costs a Keygrip no more than a few signatures', async (t) => {
    let signed = 0
    const keygrip = new Keygrip([NEW, OLD])
    const keys = { sign: (data) => keygrip.sign(data), index: (data, digest) => { signed++; return keygrip.index(data, digest) } }
    const tag = 'AAAAAAAA'
    const cookies = []
    for (let i = 0; i < 4; i++) cookies.push(`koa.sess=~5.${tag}.${i}`, `koa.sess.sig=${tag}.${'s'.repeat(26)}${i}`)
    for (let part = 1; part <= 4; part++) for (let i = 0; i < 4; i++) cookies.push(`koa.sess.${part}=${tag}.${i}`)
    const server = await start(t, { keys, chunks: 4 }, respond)
    assert.deepEqual((await server.get('/', { cookie: cookies.join('; ') })).json, { user: null })
    assert.ok(signed > 0 && signed <= 16, `${signed}`)
  })

  for (const index of [async () => -1, () => undefined, () => 'first', () => NaN]) {
    test(`a Keygrip that returns no number verifies nothing: ${index}`, async (t) => {
      const server = await start(t, { keys: { sign: () => 'x', index } }, respond)
      assert.deepEqual((await server.get('/', { cookie: `koa.sess=${encode({ user: 'eve' })}; koa.sess.sig=forged` })).json, { user: null })
    })
  }

  for (const appKeys of [null, undefined]) {
    test(`app.keys are not needed: ${appKeys}`, async (t) => {
      for (const seal of [undefined, true, { accept: 'signed' }]) {
        const client = await visit(t, { keys: [NEW], seal }, respond, { keys: appKeys })
        for (let i = 0; i < 3; i++) assert.equal((await client.get('/in')).status, 200)
        assert.deepEqual((await client.get('/')).json, { user: 'ann' })
      }
    })
  }

  test('app.keys that are removed verify nothing any more (accept)', async (t) => {
    const client = await visit(t, { keys: [NEW], seal: { accept: 'signed' } }, respond, { keys: [OLD] })
    const cookie = cookieHeader(encode({ user: 'bob' }), OLD)
    assert.deepEqual((await client.get('/', { cookie })).json, { user: 'bob' })
    client.app.keys = ['another']
    assert.deepEqual((await client.get('/', { cookie })).json, { user: null })
  })

  test('app.keys that cannot be read are an error at the start (accept)', () => {
    const app = new Koa()
    app.keys = new Keygrip([OLD])
    assert.throws(() => session({ keys: [NEW], seal: { accept: 'signed' } }, app), { code: 'ERR_SESSION_OPTION', option: 'app.keys' })
  })

  test('a late answer of a rotation sends the signature alone, and brings no session back', async (t) => {
    const held = gate()
    const client = await visit(t, { keys: [NEW, OLD] }, async (ctx) => {
      const { user } = ctx.session
      if (ctx.path === '/slow') await held.pass()
      if (ctx.path === '/out') ctx.session = null
      return { user: user ?? null }
    })
    client.cookie = cookieHeader(encode({ user: 'bob' }), OLD)
    const slow = client.another()
    slow.jar = client.jar
    const answering = slow.get('/slow')
    await held.reached
    await client.get('/out')
    held.open()
    assert.deepEqual((await answering).json, { user: 'bob' })
    assert.deepEqual([...client.jar.keys()], ['koa.sess.sig'])
    assert.deepEqual((await client.get('/')).json, { user: null })
  })

  test('after a save, a reload sends nothing older', async (t) => {
    const client = await visit(t, { keys: [NEW, OLD] }, async (ctx) => {
      if (ctx.path !== '/both') return { n: ctx.session.n }
      ctx.session.n = 99
      await of(ctx).commit()
      await of(ctx).reload()
    })
    client.cookie = cookieHeader(encode({ n: 1 }), OLD)
    await client.get('/both')
    assert.deepEqual((await client.get('/')).json, { n: 99 })
  })

  test('a forged signature is dropped with the attributes that functions give', async (t) => {
    const client = await visit(t, { keys: [NEW], domain: () => 'example.com', path: () => '/x' }, respond)
    const { setCookie } = await client.get('/', { cookie: cookieHeader(encode({ user: 'eve' }), 'another') })
    assert.match(setCookie[0], /^koa\.sess\.sig=; path=\/x; expires=[^;]+; domain=example\.com; httponly$/)
  })

  for (const [text, more] of [['a;b', {}], ['a\nSet-Cookie: b=c', {}], ['a\u0000', {}], ['a;b', { store: true }]]) {
    test(`what no cookie can carry is an error, and nothing is sent: ${JSON.stringify(text)}${more.store ? ', from genid' : ''}`, async (t) => {
      const { options } = more.store ? MODES.store() : MODES.cookie()
      const server = await start(t, { ...options, keys: [NEW], ...(more.store ? { genid: () => text } : { encode: () => text }) }, respond)
      const { status, setCookie } = await server.get('/in')
      assert.deepEqual([status, setCookie], [500, []])
      assert.deepEqual([server.errors[0].code, server.errors[0].option], ['ERR_SESSION_OPTION', more.store ? 'genid' : 'encode'])
    })
  }

  test('a value that begins as one in parts does is read back as it is', async (t) => {
    const client = await visit(t, { keys: [NEW], encode: ({ user }) => `~2.ABCDEFGH.${user}`, decode: (text) => ({ user: text.slice(12) }) }, respond)
    await client.get('/in')
    assert.deepEqual((await client.get('/')).json, { user: 'ann' })
  })

  test('options that are inherited, or getters of a class, count', async (t) => {
    class Options {
      get keys () { return [NEW] }
      get seal () { return true }
    }
    for (const options of [Object.create({ keys: [NEW], seal: true }), new Options()]) {
      const client = await visit(t, options, respond)
      assert.deepEqual([...(await client.get('/in')).cookies.keys()], ['koa.sess'])
      assert.match(client.jar.get('koa.sess'), /^A/)
      assert.deepEqual((await client.get('/')).json, { user: 'ann' })
    }
  })

  test('bytes of another realm are keys', async (t) => {
    const foreign = vm.runInNewContext('new Uint8Array(32).fill(107)')
    for (const seal of [undefined, true]) {
      const client = await visit(t, { keys: [foreign], seal }, respond)
      await client.get('/in')
      assert.deepEqual((await client.get('/')).json, { user: 'ann' })
    }
  })
})

refuses('keys', [['a secret', 'string'], [[], 'array'], [[1], 'array'], [['a', undefined], 'array'], [['a', ''], 'array'], [[Buffer.alloc(0)], 'array'], [{}, 'object'], [1, 'number']])
