'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { session, KOAS: { koa3: Koa } } = require('../harness/app')
const { refuses } = require('../harness/refusal')
const { start, visit } = require('../harness/server')
const { warned } = require('../harness/warnings')

const KEY = 'k'.repeat(32)

const ROUTES = {
  '/set' (ctx) { ctx.session.text = 'x'.repeat(Number(ctx.query.length)) },
  '/get': (ctx) => ({ length: ctx.session.text?.length ?? null }),
  '/out' (ctx) { ctx.session = null }
}

const names = (client) => [...client.jar.keys()]

for (const [kind, options] of Object.entries({ signed: {}, sealed: { seal: true, keys: [KEY] }, unsigned: { signed: false } })) {
  const sig = kind === 'signed' ? ['koa.sess.sig'] : []

  describe(`chunks, ${kind}`, () => {
    test('a long session takes several cookies, and is read back', async (t) => {
      const client = await visit(t, { ...options, chunks: 4 }, ROUTES)
      const { setCookie } = await client.get('/set?length=8000')
      assert.deepEqual(names(client), ['koa.sess', 'koa.sess.1', 'koa.sess.2', ...sig])
      for (const line of setCookie) assert.ok(/^[^;]*/.exec(line)[0].length <= 4097)
      const again = await client.get('/get')
      assert.deepEqual([again.json, again.setCookie], [{ length: 8000 }, []])
    })

    test('a session that fits in one cookie is written as without the option', async (t) => {
      const now = Date.now()
      t.mock.method(Date, 'now', () => now)
      const client = await visit(t, { ...options, chunks: 4 }, ROUTES)
      const plain = await visit(t, options, ROUTES)
      const [answer, expected] = [await client.get('/set?length=100'), await plain.get('/set?length=100')]
      if (kind === 'sealed') assert.deepEqual(answer.setCookie.map((line) => line.length), expected.setCookie.map((line) => line.length))
      else assert.deepEqual(answer.setCookie, expected.setCookie)
    })

    test('cookies that a smaller session does not need are expired, and all cookies when it ends', async (t) => {
      const client = await visit(t, { ...options, chunks: 4 }, ROUTES)
      for (const [length, expected] of [[8000, ['koa.sess.1', 'koa.sess.2']], [4000, ['koa.sess.1']], [10, []]]) {
        await client.get(`/set?length=${length}`)
        assert.deepEqual(names(client).sort(), ['koa.sess', ...expected, ...sig].sort())
      }
      await client.get('/set?length=8000')
      await client.get('/out')
      assert.deepEqual(names(client), [])
    })

    test('of two commits of one request, only the cookies of the last are sent', async (t) => {
      const client = await visit(t, { ...options, chunks: 4 }, {
        async '/twice' (ctx) {
          for (const length of [8000, 10]) {
            ctx.session.text = 'x'.repeat(length)
            await ctx.session.save()
          }
        },
        ...ROUTES
      })
      const { setCookie } = await client.get('/twice')
      assert.equal(setCookie.length, 1 + sig.length)
      assert.deepEqual((await client.get('/get')).json, { length: 10 })
    })

    test('if chunks is reduced, a session in more cookies is still read, and the next write expires those beyond the limit', async (t) => {
      const given = { ...options, chunks: 4 }
      const client = await visit(t, given, ROUTES)
      await client.get('/set?length=8000')
      given.chunks = 1
      assert.deepEqual((await client.get('/get')).json, { length: 8000 })
      await client.get('/set?length=10')
      assert.deepEqual(names(client).sort(), ['koa.sess', ...sig].sort())
    })

    test('a session that needs more cookies than chunks is an error with its size, and no cookie is sent', async (t) => {
      const server = await start(t, { ...options, chunks: 2 }, ROUTES)
      const client = server.visitor()
      await client.get('/set?length=10')
      const { status, setCookie } = await client.get('/set?length=20000')
      assert.deepEqual([status, setCookie], [500, []])
      const [{ code, bytes, limit, message }] = server.errors
      assert.equal(code, 'ERR_SESSION_OVERSIZE')
      assert.ok(bytes > 26000 && bytes < 27000 && limit === 8192 && message.includes(String(bytes)))
      assert.deepEqual((await client.get('/get')).json, { length: 10 })
      const { bytes: reported } = await server.event('session:oversize')
      assert.equal(reported, bytes)
    })

    test('parts of two values emit session:missed, not session:forged', async (t) => {
      const server = await start(t, { ...options, chunks: 4 }, ROUTES)
      const forged = []
      server.app.on('session:forged', (event) => forged.push(event))
      const [one, two] = [server.visitor(), server.visitor()]
      await one.get('/set?length=8000')
      await two.get('/set?length=8001')
      for (const name of names(one)) {
        const mixed = server.visitor()
        mixed.jar = new Map(one.jar).set(name, two.jar.get(name))
        const seen = server.events.named('session:missed').length
        assert.deepEqual((await mixed.get('/get')).json, { length: null })
        await server.settled()
        assert.equal(server.events.named('session:missed').length, seen + 1, name)
      }
      assert.deepEqual(forged, [])
    })

    // Which of two unsigned values is the session's cannot be determined.
    if (kind === 'unsigned') return
    test('a cookie of the same name from another path does not hide the session', async (t) => {
      const server = await start(t, { ...options, chunks: 4 }, ROUTES)
      const [own, other] = [server.visitor(), server.visitor()]
      await own.get('/set?length=4000')
      await other.get('/set?length=3900')
      const altered = other.cookie.replace(/=A|=~/g, (text) => `${text}x`)
      for (const cookie of [`${altered}; ${own.cookie}`, `${own.cookie}; ${altered}`]) {
        assert.deepEqual((await server.get('/get', { cookie })).json, { length: 4000 })
      }
    })
  })
}

test('a key that is the name of another session\'s part is refused', () => {
  const app = new Koa()
  session({ chunks: 3 }, app)
  // Also those of a time when the session may have had more.
  for (const key of ['koa.sess.2', 'koa.sess.31']) {
    assert.throws(() => session({ key, as: 'other' }, app), { code: 'ERR_SESSION_OPTION', option: 'key' })
  }
  session({ key: 'koa.sess.32', as: 'third' }, app)
})

test('a cookie of another app whose name resembles a part is left alone', async (t) => {
  const client = await visit(t, { chunks: 3 }, ROUTES)
  client.jar.set('koa.sess.7', 'another app')
  await client.get('/set?length=10')
  await client.get('/out')
  assert.deepEqual(names(client), ['koa.sess.7'])
})

test('null means the default, and what is no number is an error once it is used', async (t) => {
  const client = await visit(t, { chunks: null, seal: true, keys: [KEY] }, ROUTES)
  await client.get('/set?length=10')
  assert.deepEqual((await client.get('/get')).json, { length: 10 })
  const server = await start(t, { chunks: 2 }, {
    '/set' (ctx) {
      ctx.sessionOptions.chunks = 'many'
      ctx.session.a = 1
    }
  })
  assert.equal((await server.get('/set')).status, 500)
  assert.deepEqual([server.errors[0].code, server.errors[0].option], ['ERR_SESSION_OPTION', 'chunks'])
})

test('short app.keys are warned of here too', async (t) => {
  const client = await visit(t, { chunks: 2 }, ROUTES, { keys: ['abc'] })
  await client.get('/set?length=10')
  const { message } = await warned('KOA_SESSION_RS_KEYS')
  assert.ok(message.includes('app.keys') && !message.includes('abc'))
})

refuses('chunks', [['3', 'string'], [0, 'number'], [33, 'number'], [1.5, 'number'], [true, 'boolean']])
