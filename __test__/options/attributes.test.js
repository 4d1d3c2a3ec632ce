'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { session } = require('../harness/app')
const { freeze } = require('../harness/clock')
const { MODES } = require('../harness/modes')
const { visit } = require('../harness/server')

const put = (ctx) => { ctx.session.a = 1 }

/** Gives what comes behind name and value in the lines that `options` make; the same for the cookie and its signature. */
async function attributesOf (t, options, how = {}) {
  const client = await visit(t, options, put, { ...how })
  const { setCookie } = await client.get()
  const attributes = setCookie.map((line) => line.slice(line.indexOf(';')))
  assert.ok(attributes.length > 0 && new Set(attributes).size === 1)
  return attributes[0]
}

const CASES = [
  [{}, '; path=/; httponly'],
  [{ path: '/app' }, '; path=/app; httponly'],
  [{ path: '' }, '; httponly'],
  [{ path: null }, '; httponly'],
  [{ domain: 'example.com' }, '; path=/; domain=example.com; httponly'],
  [{ domain: '.example.com' }, '; path=/; domain=.example.com; httponly'],
  [{ domain: undefined }, '; path=/; httponly'],
  [{ priority: 'low' }, '; path=/; priority=low; httponly'],
  [{ priority: 'HIGH' }, '; path=/; priority=high; httponly'],
  [{ partitioned: true }, '; path=/; httponly; partitioned'],
  [{ partitioned: false }, '; path=/; httponly'],
  [{ httpOnly: true }, '; path=/; httponly'],
  [{ httpOnly: false }, '; path=/'],
  [{ httpOnly: undefined }, '; path=/; httponly'],
  [{ secure: false }, '; path=/; httponly'],
  [{ sameSite: 'lax' }, '; path=/; samesite=lax; httponly'],
  [{ sameSite: 'STRICT' }, '; path=/; samesite=strict; httponly'],
  [{ sameSite: 'None' }, '; path=/; samesite=none; httponly'],
  [{ sameSite: '' }, '; path=/; httponly'],
  [{ sameSite: undefined }, '; path=/; httponly'],
  [{ expires: new Date('2030-06-07T08:09:10.999Z') }, '; path=/; expires=Fri, 07 Jun 2030 08:09:10 GMT; httponly'],
  [{ expires: new Date('2030-06-07T08:09:10Z'), maxAge: 1000 }, '; path=/; expires=Mon, 01 Jan 2024 00:00:01 GMT; httponly'],
  [
    { maxAge: 1000, path: '/a', domain: 'a.b', priority: 'medium', sameSite: 'lax', httpOnly: true, partitioned: true },
    '; path=/a; expires=Mon, 01 Jan 2024 00:00:01 GMT; domain=a.b; priority=medium; samesite=lax; httponly; partitioned'
  ],
  // What `cookies` does not know is not for the header.
  [{ sealed: 'x', Path: '/x', comment: 'x' }, '; path=/; httponly']
]

describe('cookie attributes', () => {
  for (const [options, expected] of CASES) {
    test(JSON.stringify(options), async (t) => {
      freeze(t)
      assert.equal(await attributesOf(t, options), expected)
    })
  }

  for (const mode of ['store', 'ContextStore']) {
    test(`are those of the id as well: ${mode}`, async (t) => {
      freeze(t)
      for (const [options, expected] of CASES) {
        assert.equal(await attributesOf(t, { ...MODES[mode]().options, ...options }), expected)
      }
    })
  }

  test('expire the cookie at its own path and domain', async (t) => {
    const options = { path: '/a', domain: 'a.b', sameSite: 'lax', maxAge: 1000, partitioned: true }
    const client = await visit(t, options, (ctx) => { ctx.session = null })
    const { setCookie } = await client.get()
    const attributes = '; path=/a; expires=Thu, 01 Jan 1970 00:00:00 GMT; domain=a.b; samesite=lax; httponly; partitioned'
    assert.equal(setCookie[0], `koa.sess=${attributes}`)
    assert.equal(setCookie[1], `koa.sess.sig=PUUpJndRm52wF0aSr46g0-hXtsk${attributes}`)
  })

  const IMPROPER = [
    { path: 'a;b' }, { path: 'a\nb' }, { domain: 'a;b' }, { domain: 'a\r\nb: c' }, { domain: '-a' },
    { priority: 'highest' }, { sameSite: 'loose' }, { key: 'a=b' }, { key: 'a;b' }, { key: 'a\r\nb' }
  ]
  for (const options of IMPROPER) {
    test(`that break the line are the error of \`cookies\`: ${JSON.stringify(options)}`, async (t) => {
      const outcomes = []
      for (const module of [session, require('koa-session').default]) {
        const client = await visit(t, options, put, { session: module })
        const errors = []
        client.app.on('error', (error) => errors.push(error))
        const { status, setCookie } = await client.get()
        outcomes.push({ status, setCookie, names: errors.map((error) => error.name), messages: errors.map((error) => error.message) })
      }
      assert.equal(outcomes[0].status, 500)
      assert.deepEqual(outcomes[0], outcomes[1])
    })
  }
})

describe('secure', () => {
  const behindProxy = { before: (app) => { app.proxy = true } }

  /** Asks as a proxy does that speaks TLS to the browser. */
  async function linesBehindProxy (t, options) {
    const client = await visit(t, options, put, { ...behindProxy })
    return (await client.get('/', { 'x-forwarded-proto': 'https' })).setCookie
  }

  for (const [secure, expected] of [[undefined, '; path=/; secure; httponly'], [null, '; path=/; secure; httponly'], [true, '; path=/; secure; httponly'], [false, '; path=/; httponly']]) {
    test(`${secure} over TLS`, async (t) => {
      const setCookie = await linesBehindProxy(t, { secure })
      assert.equal(setCookie.length, 2)
      assert.ok(setCookie.every((line) => line.slice(line.indexOf(';')) === expected))
    })
  }

  test('true over plain HTTP sends no cookie', async (t) => {
    for (const mode of ['cookie', 'store']) {
      const client = await visit(t, { ...MODES[mode]().options, secure: true }, put)
      assert.deepEqual((await client.get()).setCookie, [])
    }
  })

  test('comes before httponly and behind samesite', async (t) => {
    const [line] = await linesBehindProxy(t, { secure: true, sameSite: 'none', partitioned: true })
    assert.ok(line.endsWith('; path=/; samesite=none; secure; httponly; partitioned'))
  })
})

describe('secureProxy', () => {
  test('is passed on to `cookies`', async (t) => {
    const expected = await attributesOf(t, { secureProxy: true }, { session: require('koa-session').default })
    assert.equal(await attributesOf(t, { secureProxy: true }), expected)
    assert.equal(expected, '; path=/; secure; httponly')
  })
})
