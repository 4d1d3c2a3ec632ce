'use strict'

const { after, before, describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { once } = require('node:events')
const { mkdtempSync, rmSync } = require('node:fs')
const net = require('node:net')
const { tmpdir } = require('node:os')
const { join } = require('node:path')

const { deviceIn, timeFromNow } = require('../example/words')
const { request } = require('./harness/client')
const { Visitor, startExample } = require('./harness/example')
const redis = require('./servers/redis')

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1'

/** The routes that change something. */
const POSTS = ['/login', '/logout', '/sessions/end', '/sessions/end-others']

const folder = mkdtempSync(join(tmpdir(), 'koa-session-rs-example-'))
after(() => rmSync(folder, { recursive: true }))

function assertHome ({ status, headers }) {
  assert.deepEqual([status, headers.location], [303, '/'])
}

const STORES = {
  memory: () => ({}),
  sqlite: () => ({ SQLITE_FILE: join(folder, 'sessions.db') }),
  async redis (t) {
    const server = await redis.start()
    t.after(() => server.stop())
    return { REDIS_URL: server.url }
  }
}

for (const [MODE, place] of Object.entries(STORES)) {
  test(`the example lists sessions and ends them: MODE=${MODE}`, { skip: MODE === 'redis' && redis.skip }, async (t) => {
    const example = await startExample(t, { MODE, ...await place(t) })
    const [desk, phone, stranger] = [FIREFOX, IPHONE, FIREFOX].map((userAgent) => new Visitor(example, userAgent))
    assertHome(await desk.login('ada'))
    assertHome(await phone.login('ada'))
    assertHome(await stranger.login('eve'))
    assert.deepEqual([phone.devices, stranger.devices], [['Safari on iPhone', 'Firefox on Linux'], ['Firefox on Linux']])

    await desk.open()
    const [hash] = desk.hashes
    assertHome(await stranger.post('/sessions/end', { hash }))
    await phone.open()
    assert.equal(phone.isLoggedIn, true)

    assertHome(await desk.post('/sessions/end', { hash }))
    await desk.open()
    assert.deepEqual(desk.devices, ['Firefox on Linux'])
    assert.match(desk.html, /role="status"/)
    assertHome(await desk.post('/sessions/end', { hash }))
    // The next click of the phone: it is logged out, whatever it clicks.
    const old = new Map(phone.jar)
    assertHome(await phone.post('/sessions/end-others'))
    await phone.open()
    assert.equal(phone.isLoggedIn, false)
    assert.match(phone.html, /role="status"/)
    assert.notEqual(phone.jar.get('example.sess'), old.get('example.sess'))

    assertHome(await phone.login('ada'))
    await desk.open()
    assert.equal(desk.devices.length, 2)
    assertHome(await desk.post('/sessions/end-others'))
    await Promise.all([desk.open(), phone.open(), stranger.open()])
    assert.deepEqual([desk.isLoggedIn, phone.isLoggedIn, stranger.isLoggedIn], [true, false, true])

    const copy = new Map(desk.jar)
    assertHome(await desk.post('/logout'))
    assert.equal(desk.jar.size, 0)
    await desk.open()
    assert.doesNotMatch(desk.html, /role="status"/)
    for (const [name, value] of copy) desk.jar.set(name, value)
    await desk.open()
    assert.equal(desk.isLoggedIn, false)
    assert.equal(example.err, '')
  })
}

for (const MODE of ['cookie', 'sealed']) {
  test(`the example keeps a session in the cookie: MODE=${MODE}`, async (t) => {
    const example = await startExample(t, { MODE })
    const visitor = new Visitor(example, FIREFOX)
    assertHome(await visitor.login('ada'))
    assert.deepEqual([visitor.isLoggedIn, visitor.devices], [true, []])
    assert.match(visitor.html, /<code>revocations<\/code>/)
    for (const path of ['/sessions/end', '/sessions/end-others']) assert.equal((await visitor.post(path)).status, 404)
    const text = Buffer.from(visitor.jar.get('example.sess'), 'base64').toString('latin1')
    assert.equal(text.includes('"user":"ada"'), MODE === 'cookie')
    assertHome(await visitor.post('/logout'))
    await visitor.open()
    assert.equal(visitor.isLoggedIn, false)
    assert.equal(example.err, '')
  })
}

describe('the page of the example', () => {
  let example

  before(async () => { example = await startExample() })
  after(() => example.stop())

  for (const path of POSTS) {
    test(`refuses a form without the token of its session: ${path}`, async () => {
      const [victim, other, stranger] = Array.from({ length: 3 }, () => new Visitor(example))
      const name = `victim of ${path}`
      await Promise.all([victim.login(name), stranger.login('eve')])
      await other.login(name)
      const [hash] = other.hashes
      for (const csrf of [null, '', stranger.token, `${victim.token}A`, victim.token.toLowerCase().slice(1)]) {
        const { status, setCookie } = await victim.post(path, { csrf, hash, name: 'eve' })
        assert.deepEqual([status, setCookie], [403, []])
      }
      assert.equal((await victim.post(path, { csrf: null })).status, 403)
      await Promise.all([victim.open(), other.open()])
      assert.deepEqual([victim.isLoggedIn, other.isLoggedIn, victim.html.includes(`<b>${name}</b>`)], [true, true, true])
    })
  }

  test('refuses a login without a cookie, as another site has it sent', async () => {
    const visitor = new Visitor(example)
    await visitor.open()
    const csrf = visitor.token
    visitor.jar.clear()
    const { status } = await visitor.post('/login', { csrf, name: 'eve' })
    assert.deepEqual([status, visitor.isLoggedIn], [403, false])
    // The page of the refusal has a form that works.
    assertHome(await visitor.post('/login', { name: 'eve' }))
  })

  test('gives the session a new id and a new token at the login', async () => {
    const visitor = new Visitor(example)
    await visitor.open()
    const before = [visitor.jar.get('example.sess'), visitor.token]
    await visitor.login('ada')
    assert.notEqual(visitor.jar.get('example.sess'), before[0])
    assert.notEqual(visitor.token, before[1])
    await visitor.open()
    assert.equal((await visitor.post('/logout', { csrf: before[1] })).status, 403)
  })

  test('escapes the name', async () => {
    const visitor = new Visitor(example, '<script>alert(1)</script>')
    assertHome(await visitor.login('<script>"&\'</script>'))
    assert.equal(visitor.isLoggedIn, true)
    assert.match(visitor.html, /<b>&lt;script&gt;&quot;&amp;&#39;&lt;\/script&gt;<\/b>/)
    assert.doesNotMatch(visitor.html, /<script/)
  })

  test('refuses names that are empty or long', async () => {
    const visitor = new Visitor(example)
    await visitor.open()
    for (const name of ['', ' ', 'a'.repeat(33)]) {
      assert.equal((await visitor.post('/login', { name })).status, 400)
      assert.equal(visitor.isLoggedIn, false)
    }
    assert.equal((await visitor.post('/login')).status, 400)
    assertHome(await visitor.post('/login', { name: ` ${'a'.repeat(32)} ` }))
  })

  test('refuses a form that is long, or does not say its length', async () => {
    const send = (headers, body) => request(example.port, { method: 'POST', path: '/login', headers, body })
    assert.equal((await send({ 'content-length': 4097 }, 'a'.repeat(4097))).status, 413)
    assert.equal((await send({ 'transfer-encoding': 'chunked' }, 'a=b')).status, 413)
    assert.equal((await send({ 'content-length': 4096 }, 'a'.repeat(4096))).status, 403)
  })

  test('shows the size and the expiry that the cookie has', async () => {
    const visitor = new Visitor(example)
    const { cookies } = await visitor.open()
    const sizes = Array.from(visitor.html.matchAll(/<code>(\S+)<\/code> <span>(\d+) bytes/g), ([, name, bytes]) => [name, Number(bytes)])
    assert.deepEqual(sizes, [...visitor.jar].map(([name, value]) => [name, `${name}=${value}`.length]))
    const [, expires] = /expires=([^;]+)/.exec(cookies.get('example.sess'))
    const [, shown] = /datetime="([^"]+)"/.exec(visitor.html)
    assert.ok(Math.abs(Date.parse(shown) - Date.parse(expires)) < 2000, `${shown} and ${expires}`)
  })

  test('comes with a policy, is not cached, and has its own style and icon', async () => {
    const { headers } = await new Visitor(example).open()
    assert.match(headers['content-security-policy'], /^default-src 'none';/)
    assert.match(headers['cache-control'], /no-store/)
    const types = ['/style.css', '/favicon.svg'].map(async (path) => {
      const { status, headers, setCookie } = await request(example.port, { path })
      return [status, headers['content-type'], setCookie]
    })
    assert.deepEqual(await Promise.all(types), [[200, 'text/css; charset=utf-8', []], [200, 'image/svg+xml', []]])
  })

  test('is at one address', async () => {
    const status = async (method, path) => (await request(example.port, { method, path })).status
    assert.deepEqual([await status('HEAD', '/'), await status('GET', '/login'), await status('GET', '/toString'), await status('PUT', '/')],
      [200, 404, 404, 404])
  })
})

describe('the process of the example', () => {
  test('refuses a mode that it does not know', async (t) => {
    const example = await startExample(t, { MODE: 'toString' })
    const [code] = await example.ended
    assert.deepEqual([code, example.out, example.err.split('\n').length], [1, '', 2])
  })

  test('reads the keys from the environment, and accepts old ones', async (t) => {
    const results = []
    const jar = new Map()
    for (const SESSION_KEYS of ['first', 'second,first', 'second', 'third'].map((keys) => keys.replace(/\w+/g, (key) => key.repeat(8)))) {
      const example = await startExample(t, { MODE: 'sealed', SESSION_KEYS })
      const visitor = new Visitor(example)
      for (const [name, value] of jar) visitor.jar.set(name, value)
      await (jar.size === 0 ? visitor.login('ada') : visitor.open())
      results.push(visitor.isLoggedIn)
      for (const [name, value] of visitor.jar) jar.set(name, value)
      await example.stop()
    }
    assert.deepEqual(results, [true, true, true, false])
  })

  for (const signal of ['SIGTERM', 'SIGINT']) {
    test(`ends at ${signal}, and keeps the sessions of a file`, { skip: process.platform === 'win32' && 'Windows has no signals' }, async (t) => {
      const env = { MODE: 'sqlite', SQLITE_FILE: join(folder, `${signal}.db`), SESSION_KEYS: 'a key for this test' }
      const example = await startExample(t, env)
      const visitor = new Visitor(example)
      await visitor.login('ada')
      // A connection that a browser has opened in advance.
      const idle = net.connect(example.port, '127.0.0.1')
      await once(idle, 'connect')
      idle.on('error', () => {})
      example.kill(signal)
      assert.deepEqual(await example.ended, [0, null])
      assert.equal(example.err, '')

      const again = new Visitor(await startExample(t, env))
      for (const [name, value] of visitor.jar) again.jar.set(name, value)
      await again.open()
      assert.equal(again.isLoggedIn, true)
    })
  }

  test('says that its store cannot be used', async (t) => {
    const example = await startExample(t, { MODE: 'redis', REDIS_URL: 'redis://127.0.0.1:1' })
    const [code] = await example.ended
    assert.deepEqual([code, example.out, example.err.split('\n').length], [1, '', 2])
  })

  test('says that its port is taken, and how to take another one', async (t) => {
    const occupant = net.createServer().listen(0, '127.0.0.1')
    t.after(() => occupant.close())
    await once(occupant, 'listening')
    const { port } = occupant.address()
    const example = await startExample(t, { PORT: String(port) })
    const [code] = await example.ended
    assert.deepEqual([code, example.out, example.err.split('\n').length], [1, '', 2])
    assert.ok(example.err.includes(String(port)) && example.err.includes('PORT='), example.err)
  })
})

describe('the words of the example', () => {
  const chrome = (system, rest = '') => `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 ${rest}Safari/537.36`

  for (const [words, userAgent] of [
    ['Firefox on Linux', FIREFOX],
    ['Firefox on Windows', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0'],
    ['Firefox on iPhone', IPHONE.replace('Version/18.5', 'FxiOS/140.0')],
    ['Safari on iPhone', IPHONE],
    ['Safari on macOS', 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15'],
    ['Chrome on iPad', IPHONE.replaceAll('iPhone', 'iPad').replace('Version/18.5', 'CriOS/140.0')],
    ['Chrome on Android', chrome('Linux; Android 10; K', 'Mobile ')],
    ['Chrome on ChromeOS', chrome('X11; CrOS x86_64 14541.0.0')],
    ['Chrome on macOS', chrome('Macintosh; Intel Mac OS X 10_15_7')],
    ['Samsung Internet on Android', chrome('Linux; Android 10; K').replace('Chrome/', 'SamsungBrowser/28.0 Chrome/')],
    ['Edge on Windows', `${chrome('Windows NT 10.0; Win64; x64')} Edg/140.0.0.0`],
    ['Opera on Linux', `${chrome('X11; Linux x86_64')} OPR/120.0.0.0`],
    ['curl', 'curl/8.5.0'],
    ['Unknown browser', 'constructor'],
    ['Unknown browser', ''],
    ['Unknown browser', undefined]
  ]) test(`${userAgent}: ${words}`, () => assert.equal(deviceIn(userAgent), words))

  const MINUTE = 60_000
  const HOUR = 60 * MINUTE
  const DAY = 24 * HOUR
  for (const [ms, words] of [
    [0, 'just now'], [-29_999, 'just now'], [20_000, 'in a moment'], [-MINUTE, '1 minute ago'], [-3.2 * MINUTE, '3 minutes ago'],
    [-59.4 * MINUTE, '59 minutes ago'], [-59.6 * MINUTE, '1 hour ago'], [-23.4 * HOUR, '23 hours ago'], [-23.6 * HOUR, '1 day ago'],
    [7 * DAY - 5, 'in 7 days'], [-400 * DAY, '400 days ago']
  ]) test(`${ms} milliseconds: ${words}`, () => assert.equal(timeFromNow(ms), words))
})
