'use strict'

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { mkdtempSync, readFileSync, rmSync } = require('node:fs')
const http = require('node:http')
const https = require('node:https')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { describe, test } = require('node:test')

const { MemoryStore } = require('../../stores/memory')
const { KOAS: { koa3: Koa }, of, session } = require('../harness/app')
const { freeze } = require('../harness/clock')
const { errorOf, refuses } = require('../harness/refusal')
const { serve, start, visit } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const KEY = 'k'.repeat(32)
const MINUTE = 60000
const NAME = '__Host-koa.sess'

const ROUTES = {
  '/in' (ctx) { ctx.session.user = 'ann' },
  '/me': (ctx) => ({ user: ctx.session.user ?? null }),
  '/out' (ctx) { ctx.session = null },
  '/id': (ctx) => [of(ctx).id]
}

const cookieMode = () => ({ hardened: true, keys: [KEY], revocations: new CountingStore() })
const storeMode = () => ({ hardened: true, keys: [KEY], store: new MemoryStore() })
const user = async (client) => (await client.get('/me')).json.user

for (const [mode, options] of Object.entries({ cookie: cookieMode, store: storeMode })) {
  describe(`hardened, ${mode}`, () => {
    test('the cookie is a __Host- cookie with all protection, and shared caches are told', async (t) => {
      const client = await visit(t, options(), ROUTES)
      const { setCookie, headers } = await client.get('/in')
      assert.ok(setCookie.every((line) => line.startsWith(NAME)))
      assert.match(setCookie[0], /; path=\/; samesite=lax; secure; httponly$/)
      assert.equal(headers['cache-control'], 'private, no-store')
      assert.equal(headers.vary, 'Cookie')
      assert.equal(setCookie.length, mode === 'cookie' ? 1 : 2)
    })

    test('sessions end after 30 minutes without use, and after 12 hours', async (t) => {
      const clock = freeze(t)
      const client = await visit(t, options(), ROUTES)
      await client.get('/in')
      for (let minutes = 30; minutes <= 12 * 60; minutes += 30) {
        clock.now += 30 * MINUTE
        assert.equal(await user(client), 'ann', `${minutes} minutes`)
      }
      clock.now += 1
      assert.equal(await user(client), null)
      await client.get('/in')
      clock.now += 30 * MINUTE + 1
      assert.equal(await user(client), null)
    })

    test('a copied cookie is dead after the logout', async (t) => {
      const client = await visit(t, options(), ROUTES)
      await client.get('/in')
      const copy = client.another()
      copy.jar = new Map(client.jar)
      await client.get('/out')
      assert.equal(await user(copy), null)
    })

    test('works over HTTPS, behind a proxy without app.proxy, and on http://localhost', async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'koa-session-rs-hardened-'))
      t.after(() => rmSync(folder, { recursive: true }))
      const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name))
      execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost',
        '-keyout', key, '-out', cert], { stdio: 'ignore' })
      const tls = { key: readFileSync(key), cert: readFileSync(cert) }
      const visits = [
        // A browser takes Secure cookies over HTTPS, and from http://localhost.
        [(callback) => https.createServer(tls, callback), {}, https],
        [http.createServer, { 'x-forwarded-proto': 'https', host: 'shop.example' }, http],
        [http.createServer, { host: 'localhost' }, http]
      ]
      for (const [listen, headers, client] of visits) {
        const server = await start(t, options(), ROUTES, { listen })
        const first = await get(client, server.port, '/in', headers)
        const cookie = first.headers['set-cookie'].map((line) => line.slice(0, line.indexOf(';'))).join('; ')
        assert.ok(first.headers['set-cookie'].every((line) => line.includes('; secure')))
        assert.deepEqual(JSON.parse((await get(client, server.port, '/me', { ...headers, cookie })).body), { user: 'ann' })
        assert.deepEqual(server.errors, [])
      }
    })
  })
}

/** Sends a GET request, over TLS without a check of the certificate. */
function get (client, port, path, headers) {
  return new Promise((resolve, reject) => {
    client.get({ host: '127.0.0.1', port, path, headers, rejectUnauthorized: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text) => { body += text }).on('end', () => resolve({ headers: response.headers, body }))
    }).on('error', reject)
  })
}

describe('hardened', () => {
  test('each option overrides', async (t) => {
    const overrides = { key: 'sid', secure: false, httpOnly: false, sameSite: 'strict', idBytes: 16, cacheControl: false, absoluteTimeout: 900 * MINUTE, idleTimeout: 800 * MINUTE }
    const clock = freeze(t)
    const client = await visit(t, { ...storeMode(), maxAge: 2000 * MINUTE, ...overrides }, ROUTES)
    const { setCookie, headers } = await client.get('/in')
    assert.match(setCookie[0], /^sid=[\w-]{22}; path=\/; expires=[^;]+; samesite=strict$/)
    assert.ok(!('cache-control' in headers || 'vary' in headers))
    clock.now += 800 * MINUTE
    assert.equal(await user(client), 'ann')
    clock.now += 101 * MINUTE
    assert.equal(await user(client), null)
    const signed = await visit(t, { ...cookieMode(), seal: false }, ROUTES)
    assert.equal((await signed.get('/in')).setCookie.length, 2)
  })

  test('ids have 32 random bytes, unless genid makes them', async (t) => {
    const client = await visit(t, storeMode(), ROUTES)
    assert.match((await client.get('/id')).json[0], /^[\w-]{43}$/)
    const own = await visit(t, { ...storeMode(), genid: () => 'an-id' }, ROUTES)
    assert.deepEqual((await own.get('/id')).json, ['an-id'])
  })

  test('without a store, revocations are required', () => {
    const { code, option } = errorOf({ hardened: true, keys: [KEY] })
    assert.deepEqual([code, option], ['ERR_SESSION_OPTION', 'revocations'])
  })

  test('a store of three methods has to merge, for the idle timeout', async (t) => {
    const store = new CountingStore()
    const { code, option } = errorOf({ hardened: true, keys: [KEY], store })
    assert.deepEqual([code, option], ['ERR_SESSION_OPTION', 'merge'])
    const client = await visit(t, { hardened: true, keys: [KEY], store, merge: true }, ROUTES)
    await client.get('/in')
    assert.equal(await user(client), 'ann')
  })

  test('what warns at the start is an error, also in production', () => {
    for (const environment of ['production', undefined]) {
      const before = process.env.NODE_ENV
      try {
        if (environment) process.env.NODE_ENV = environment
        else delete process.env.NODE_ENV
        for (const wrong of [{ domain: 'example.com' }, { path: '/app' }, { samesite: 'lax' }, { maxage: 1 }, { secure: false }, { lazy: true, ...cookieMode() }]) {
          const { code, option } = errorOf({ ...(wrong.lazy ? {} : storeMode()), ...wrong })
          assert.deepEqual([code, option], ['ERR_SESSION_OPTION', 'hardened'], JSON.stringify(wrong))
        }
        const { option } = errorOf({ ...storeMode(), keys: ['k'.repeat(31)] })
        assert.equal(option, 'hardened')
      } finally {
        if (before === undefined) delete process.env.NODE_ENV
        else process.env.NODE_ENV = before
      }
    }
  })

  test('app.keys that cannot seal are an error at the start', () => {
    const app = new Koa()
    app.keys = ['short']
    assert.throws(() => session({ hardened: true, revocations: new CountingStore() }, app), { code: 'ERR_SESSION_OPTION', option: 'app.keys' })
  })

  test('the options may be frozen, and are not written to', async (t) => {
    const options = Object.freeze(storeMode())
    const app = new Koa()
    app.keys = [KEY]
    app.use(session(options, app))
    app.use((ctx) => { ctx.session.a = 1 })
    const server = await serve(t, app)
    assert.ok((await server.get('/')).setCookie[0].startsWith(NAME))
    assert.deepEqual(Object.keys(options), ['hardened', 'keys', 'store'])
  })
})

refuses('hardened', [['yes', 'string'], [1, 'number']])
