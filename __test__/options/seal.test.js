'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const Keygrip = require('keygrip')

const { seal, unseal } = require('../fixtures/seal')
const { KOAS: { koa3: Koa }, session } = require('../harness/app')
const { cookieHeader, decode, encode } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { errorOf, refuses } = require('../harness/refusal')
const { start, visit } = require('../harness/server')

const NEW = 'n'.repeat(32)
const OLD = 'o'.repeat(32)
const SHORT = 'k'.repeat(31)

const respond = (ctx) => {
  if (ctx.path === '/in') ctx.session.user = 'Zoë'
  if (ctx.path === '/out') ctx.session = null
  return { user: ctx.session?.user ?? null }
}

const valueOf = (answer, name = 'koa.sess') => /^[^=]+=([^;]*)/.exec(answer.cookies.get(name))[1]

/** Collects the events `session:forged` of a server in an array. */
function collectForged (server) {
  const forged = []
  server.app.on('session:forged', (event) => forged.push(event))
  return forged
}

describe('seal', () => {
  for (const mode of ['cookie', 'store', 'ContextStore']) {
    test(`encrypts the cookie, and sends no signature: ${mode}`, async (t) => {
      const { options, store } = MODES[mode]()
      const client = await visit(t, { ...options, seal: true, keys: [NEW, OLD] }, respond)
      const answer = await client.get('/in')
      assert.deepEqual([...answer.cookies.keys()], ['koa.sess'])
      assert.match(valueOf(answer), /^A[\w-]+$/)
      const text = unseal('koa.sess', NEW, valueOf(answer))
      if (store) assert.deepEqual([...store.records.keys()], [text])
      else assert.equal(JSON.parse(text).user, 'Zoë')
      const again = await client.get('/')
      assert.deepEqual([again.json, again.setCookie], [{ user: 'Zoë' }, []])
    })

    test(`a cookie sealed with an older key is sealed again with the first: ${mode}`, async (t) => {
      const { options, store } = MODES[mode]()
      const client = await visit(t, { ...options, seal: true, keys: [NEW, OLD] }, respond)
      const expire = Date.now() + 60_000
      const text = store ? 'an-id' : JSON.stringify({ user: 'bob', _expire: expire, _maxAge: 60_000 })
      store?.records.set('an-id', JSON.stringify({ user: 'bob', _expire: expire, _maxAge: 60_000 }))
      client.jar.set('koa.sess', seal('koa.sess', OLD, text))
      const answer = await client.get('/')
      assert.deepEqual(answer.json, { user: 'bob' })
      assert.equal(unseal('koa.sess', NEW, valueOf(answer)), text)
      assert.ok(answer.cookies.get('koa.sess').includes(`expires=${new Date(expire).toUTCString()}`))
      assert.deepEqual((await client.get('/')).setCookie, [])
    })

    test(`a cookie that does not open counts as absent, and emits session:forged: ${mode}`, async (t) => {
      const { options } = MODES[mode]()
      const server = await start(t, { ...options, seal: true, keys: [NEW] }, respond)
      const forged = collectForged(server)
      const sealed = seal('koa.sess', NEW, '{"user":"eve"}')
      const values = [
        seal('koa.sess', OLD, '{"user":"eve"}'), seal('other', NEW, '{"user":"eve"}'), sealed.slice(0, -1), `${sealed}A`, sealed.slice(1),
        encode({ user: 'eve' }), 'x', `B${sealed.slice(1)}`
      ]
      for (const value of values) {
        const { status, json } = await server.get('/', { cookie: `koa.sess=${value}` })
        assert.deepEqual([status, json], [200, { user: null }])
      }
      await server.get('/', { cookie: cookieHeader(encode({ user: 'eve' }), NEW) })
      await server.settled()
      assert.equal(forged.length, values.length + 1)
      assert.ok(forged.every(({ key }) => key === undefined))
      await server.get('/', { cookie: 'koa.sess=; other=1' })
      await server.get('/')
      await server.settled()
      assert.equal(forged.length, values.length + 1)
    })
  }

  test('expires a signature that the browser still has', async (t) => {
    const client = await visit(t, { seal: true, keys: [NEW] }, respond)
    for (const path of ['/in', '/', '/out']) {
      client.jar.set('koa.sess.sig', 'stale')
      const { cookies } = await client.get(path)
      assert.match(cookies.get('koa.sess.sig'), /^koa\.sess\.sig=; path=\/; expires=Thu, 01 Jan 1970 00:00:00 GMT/, path)
      assert.ok(!client.jar.has('koa.sess.sig'))
    }
    assert.deepEqual([...client.jar.keys()], [])
  })

  test('uses app.keys without the option keys, also with signed: false', async (t) => {
    for (const options of [{ seal: true }, { seal: true, signed: false }]) {
      const client = await visit(t, options, respond, { keys: [NEW] })
      const answer = await client.get('/in')
      assert.equal(JSON.parse(unseal('koa.sess', NEW, valueOf(answer))).user, 'Zoë')
      assert.deepEqual((await client.get('/')).json, { user: 'Zoë' })
    }
  })

  test('the envelope has the maxAge', async (t) => {
    for (const [maxAge, own] of [[1000, ['_expire', '_maxAge']], ['session', ['_session']], [0.5, ['_expire', '_maxAge']]]) {
      const client = await visit(t, { seal: true, keys: [NEW], maxAge }, respond)
      const sealed = unseal('koa.sess', NEW, valueOf(await client.get('/in')))
      const data = JSON.parse(sealed.startsWith('{') ? sealed : Buffer.from(sealed, 'base64'))
      assert.deepEqual(Object.keys(data), ['user', ...own])
    }
  })

  test('seals what the app\'s own encode returns', async (t) => {
    const codecs = [
      { encode: (data) => JSON.stringify(data), decode: (text) => JSON.parse(text) },
      { encode: (data) => encodeURIComponent(JSON.stringify(data)), decode: (text) => JSON.parse(decodeURIComponent(text)) },
      { decode: (text) => JSON.parse(Buffer.from(text, 'base64')) },
      { encode: (data) => Buffer.from(JSON.stringify(data)).toString('base64') }
    ]
    for (const codec of codecs) {
      const client = await visit(t, { seal: true, keys: [NEW, OLD], ...codec }, respond)
      const answer = await client.get('/in')
      const sealed = unseal('koa.sess', NEW, valueOf(answer))
      if (codec.encode) assert.equal(sealed, codec.encode(JSON.parse(codec.decode ? JSON.stringify(codec.decode(sealed)) : Buffer.from(sealed, 'base64'))))
      assert.deepEqual((await client.get('/')).json, { user: 'Zoë' })
      client.jar.set('koa.sess', seal('koa.sess', OLD, sealed))
      assert.deepEqual((await client.get('/')).json, { user: 'Zoë' })
      // The default `decode` takes JSON as well as base64 of it.
      const resealed = unseal('koa.sess', NEW, client.jar.get('koa.sess'))
      assert.equal(resealed, codec.decode ? sealed : Buffer.from(sealed, 'base64').toString())
    }
  })

  for (const accept of [undefined, 'signed']) {
    test(`migration: ${accept ? 'signed cookies are accepted, and sealed' : 'without accept, signed cookies are refused'}`, async (t) => {
      for (const key of [NEW, OLD, 'first secret']) {
        const client = await visit(t, { seal: { accept }, keys: [NEW, OLD] }, respond)
        client.cookie = cookieHeader(encode({ user: 'bob' }), key)
        const answer = await client.get('/')
        assert.deepEqual(answer.json, { user: accept ? 'bob' : null })
        if (!accept) continue
        assert.equal(unseal('koa.sess', NEW, client.jar.get('koa.sess')), '{"user":"bob"}')
        assert.deepEqual([...client.jar.keys()], ['koa.sess'])
      }
    })
  }

  test('migration: unsigned and wrongly signed cookies are refused', async (t) => {
    const server = await start(t, { seal: { accept: 'signed' }, keys: [NEW] }, respond)
    for (const cookie of [`koa.sess=${encode({ user: 'eve' })}`, cookieHeader(encode({ user: 'eve' }), 'another')]) {
      assert.deepEqual((await server.get('/', { cookie })).json, { user: null })
    }
  })

  test('migration back: sealed cookies are opened, and signed ones are written', async (t) => {
    const client = await visit(t, { seal: { write: 'signed' }, keys: [NEW, OLD] }, respond)
    client.jar.set('koa.sess', seal('koa.sess', OLD, '{"user":"bob","_session":true}'))
    const answer = await client.get('/')
    assert.deepEqual(answer.json, { user: 'bob' })
    assert.deepEqual(decode(answer.setCookie), { user: 'bob', _session: true })
    assert.equal(client.cookie, cookieHeader(client.jar.get('koa.sess'), NEW))
    assert.deepEqual((await client.get('/')).setCookie, [])
  })

  test('a nonce is never used twice', async (t) => {
    const server = await start(t, { seal: true, keys: [NEW] }, respond)
    const nonces = new Set()
    for (let i = 0; i < 50; i++) nonces.add(Buffer.from(valueOf(await server.get('/in')), 'base64url').subarray(1, 25).toString('hex'))
    assert.equal(nonces.size, 50)
  })

  test('session() refuses keys of fewer than 32 bytes, and a Keygrip', () => {
    for (const keys of [[SHORT], [NEW, SHORT], [Buffer.alloc(31)], new Keygrip([NEW])]) {
      const { code, option, message } = errorOf({ seal: true, keys })
      assert.deepEqual([code, option], ['ERR_SESSION_OPTION', 'keys'])
      assert.ok(!message.includes(SHORT))
    }
    const app = new Koa()
    app.keys = [SHORT]
    assert.throws(() => session({ seal: true }, app), { code: 'ERR_SESSION_OPTION', option: 'app.keys' })
  })

  test('a request refuses such app.keys, if they were set after session()', async (t) => {
    for (const keys of [undefined, [SHORT], new Keygrip([NEW])]) {
      const app = await start(t, { seal: true }, respond, { keys: undefined })
      app.app.keys = keys
      const { status, setCookie } = await app.get('/in')
      assert.deepEqual([status, setCookie], [500, []])
      const [{ code, option, message }] = app.errors
      assert.deepEqual([code, option], ['ERR_SESSION_OPTION', 'app.keys'])
      assert.ok(!message.includes(SHORT))
    }
  })

  test('seal: false has the same effect as no option', async (t) => {
    const client = await visit(t, { seal: false }, respond)
    const { setCookie } = await client.get('/in')
    assert.equal(decode(setCookie).user, 'Zoë')
  })
})

refuses('seal', [['signed', 'string'], [1, 'number'], [[], 'array'], [{ accept: 'sealed' }, 'object'], [{ acept: 'signed' }, 'object'], [{ write: true }, 'object']])
