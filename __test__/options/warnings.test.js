'use strict'

// What works but is probably a mistake emits a warning, once a process and only outside production. It has no other effect.

const assert = require('node:assert/strict')
const path = require('node:path')
const { describe, test } = require('node:test')

const Keygrip = require('keygrip')
const { freeze } = require('../harness/clock')
const { externalKey } = require('../harness/modes')
const { visit } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const root = path.join(__dirname, '../..')
const FILE = path.join(root, 'lib/options/warnings.js')

const emitted = []
process.on('warning', ({ code }) => { if (code?.startsWith('KOA_SESSION_RS_')) emitted.push(code) })
const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Loads the package as if for the first time in the process. */
function loadAnew () {
  for (const file of Object.keys(require.cache)) {
    if (['index.js', 'lib'].some((part) => file.startsWith(path.join(root, part)))) delete require.cache[file]
  }
  return require('../..')
}

/** Sets NODE_ENV until the test ends. */
function inEnvironment (t, name) {
  const { NODE_ENV } = process.env
  t.after(() => { NODE_ENV === undefined ? delete process.env.NODE_ENV : process.env.NODE_ENV = NODE_ENV })
  process.env.NODE_ENV = name
}

const KEYS = ['a key of some length']

/** Starts an app, sends it requests, and returns the codes of the warnings: at the start, and afterwards. */
async function codesOf (t, options, { environment = 'test', keys = KEYS, requests = 1, headers, proxy = false, respond } = {}) {
  inEnvironment(t, environment)
  const session = loadAnew()
  emitted.length = 0
  const client = await visit(t, options, respond ?? ((ctx) => { ctx.session.n = (ctx.session.n ?? 0) + 1 }), {
    session, keys, before: (app) => { app.proxy = proxy }
  })
  await turn()
  const atStart = emitted.splice(0)
  const setCookie = []
  for (let i = 0; i < requests; i++) setCookie.push(...(await client.get('/', headers)).setCookie)
  await turn()
  return { atStart, atRequest: emitted.splice(0), setCookie }
}

const HTTPS = { headers: { 'x-forwarded-proto': 'https' }, proxy: true }
const store = () => new CountingStore()

describe('at the start', () => {
  /** Options, and the codes of their warnings at the start. */
  const CASES = [
    [{ sameSite: 'none', secure: false }, ['SAMESITE']],
    [{ sameSite: 'None', secure: false }, ['SAMESITE']],
    [{ sameSite: 'lax', secure: false }, []],
    [{ sameSite: true, secure: false }, []],
    [{ sameSite: 'none', secure: true }, []],
    [{ sameSite: 'none', secure: 'force' }, []],
    [{ sameSite: 'none', secure: 'auto' }, []],
    [{ sameSite: 'none' }, []],
    [{ sameSite: 'none', secure: false, secureProxy: true }, []],
    [{ sameSite: 'none', secureProxy: false }, ['SAMESITE']],
    [{ sameSite: () => 'none', secure: false }, []],
    [{ sameSite: 'none', secure: () => false }, []],
    [{ partitioned: true, secure: false }, ['PARTITIONED']],
    [{ partitioned: false, secure: false }, []],
    [{ partitioned: true }, []],
    [{ partitioned: true, sameSite: 'none', secure: false }, ['SAMESITE', 'PARTITIONED']],
    [{ key: '__Host-s', secure: false }, ['HOST_PREFIX']],
    [{ key: '__host-s', secure: false }, ['HOST_PREFIX']],
    [{ key: '__Host-s', secure: true }, []],
    [{ key: '__Host-s' }, []],
    [{ key: '__Host-s', domain: 'example.com' }, ['HOST_PREFIX']],
    [{ key: '__Host-s', domain: '' }, []],
    [{ key: '__Host-s', domain: () => 'example.com' }, []],
    [{ key: '__Host-s', path: '/app' }, ['HOST_PREFIX']],
    [{ key: '__Host-s', path: '/' }, []],
    [{ key: '__Host-s', path: null }, ['HOST_PREFIX']],
    [{ key: '__Secure-s', secure: false }, ['SECURE_PREFIX']],
    [{ key: '__SECURE-s', secure: false }, ['SECURE_PREFIX']],
    [{ key: '__Secure-s', domain: 'example.com', path: '/app' }, []],
    [{ key: 'my__Host-s', secure: false, domain: 'example.com' }, []],
    // The id is not in the cookie.
    [{ sameSite: 'none', secure: false, store: store(), externalKey }, []],
    [{ lazy: true }, ['STORELESS']],
    [{ merge: true }, ['STORELESS']],
    [{ lazy: true, merge: true }, ['STORELESS']],
    [{ lazy: false, merge: false }, []],
    [{ lazy: true, merge: true, store: store() }, []],
    [{ lazy: true, ContextStore: class extends CountingStore {} }, []],
    [{}, []]
  ]

  for (const [options, codes] of CASES) {
    const what = Object.entries(options).map(([name, value]) => `${name}: ${typeof value === 'object' ? '…' : value}`).join(', ')
    test(`${codes.join(' and ') || 'nothing'}: { ${what} }`, async (t) => {
      const { atStart } = await codesOf(t, options, { requests: 0 })
      assert.deepEqual(atStart, codes.map((code) => `KOA_SESSION_RS_${code}`))
    })
  }

  test('no warning if the options are missing or null', async (t) => {
    for (const options of [null, undefined]) assert.deepEqual((await codesOf(t, options, { requests: 0 })).atStart, [])
  })
})

describe('a name that is similar to an option\'s', () => {
  const MISSPELT = ['samesite', 'maxAgge', 'rollling', 'SameSite', 'max_age', 'http-only', 'httponly', 'Key', 'KEY', 'sotre', 'expire', 'autocommit',
    'exteralKey', 'extrenalKey', 'ContexStore', 'partioned', 'parttioned', 'signd', 'MaxAge', 'maxages', 'overwite', 'genId', 'onStoreErorr', 'secureproxy']
  // Options of egg and other middleware, and other words.
  const OTHERS = ['encrypt', 'logValue', 'removeUnpartitioned', 'sign', 'cookie', 'ttl', 'errorHandler', 'sessionIdStore', 'allowEmpty', 'defer', 'name',
    'secret', 'resave', 'saveUninitialized', 'proxy', 'unset', 'value', 'id', 'is', 'at', 'k', 'object', 'invalid', 'chips', 'table', 'date', '__proto', '']

  for (const name of MISSPELT) {
    test(`emits a warning: ${name}`, async (t) => {
      assert.deepEqual((await codesOf(t, { [name]: 'x' }, { requests: 0 })).atStart, ['KOA_SESSION_RS_OPTION'])
    })
  }

  test('emits no warning for other names and for options', async (t) => {
    const { SessionOptions } = require('../..')
    assert.equal(typeof SessionOptions.parse, 'function')
    const known = { key: 'a', domain: 'example.com', path: '/', expires: new Date(1e13), priority: 'low', partitioned: false, secureProxy: true, as: 'other', early: true, label: () => 'x' }
    for (const options of [...OTHERS.map((name) => ({ [name]: 'x' })), known, { samesite: undefined }]) {
      assert.deepEqual((await codesOf(t, options, { requests: 0 })).atStart, [], Object.keys(options).join())
    }
  })

  test('is passed to `cookies` nevertheless', async (t) => {
    const seen = []
    await codesOf(t, { samesite: 'lax' }, {
      respond (ctx) {
        Object.defineProperty(ctx, 'cookies', { value: { get: (name, options) => { seen.push(options.samesite) }, set: (name, value, options) => { seen.push(options.samesite) } } })
        ctx.session.a = 1
      }
    })
    assert.deepEqual(seen, ['lax', 'lax'])
  })
})

describe('in a request', () => {
  /** Options, the request, and the codes of its warnings. */
  const CASES = [
    [{ sameSite: 'none' }, {}, ['SAMESITE']],
    [{ sameSite: 'none', secure: 'auto' }, {}, ['SAMESITE']],
    [{ sameSite: 'none' }, HTTPS, []],
    [{ sameSite: 'none', secure: 'auto' }, HTTPS, []],
    // Without app.proxy, Koa ignores the headers of a proxy, and no Secure cookie is sent.
    [{ sameSite: 'none' }, { headers: HTTPS.headers }, ['SAMESITE']],
    [{ sameSite: 'none', secure: 'force' }, {}, []],
    [{ sameSite: () => 'none', secure: false }, HTTPS, ['SAMESITE']],
    [{ sameSite: () => 'lax', secure: false }, HTTPS, []],
    [{ sameSite: 'none', secure: () => false }, HTTPS, ['SAMESITE']],
    [{ sameSite: 'none', secure: () => 'force' }, {}, []],
    [{ partitioned: true }, {}, ['PARTITIONED']],
    [{ partitioned: () => true }, {}, ['PARTITIONED']],
    [{ partitioned: true }, HTTPS, []],
    [{ key: '__Host-s' }, {}, ['HOST_PREFIX']],
    [{ key: '__Host-s' }, HTTPS, []],
    [{ key: '__Host-s', domain: () => 'example.com' }, HTTPS, ['HOST_PREFIX']],
    [{ key: '__Secure-s' }, {}, ['SECURE_PREFIX']],
    [{ key: '__Secure-s' }, HTTPS, []],
    [{ sameSite: 'none', store: store() }, {}, ['SAMESITE']],
    [{ sameSite: 'none', store: store(), externalKey }, {}, []],
    [{ secure: false }, {}, []],
    [{}, {}, []]
  ]

  for (const [options, how, codes] of CASES) {
    const what = Object.entries(options).map(([name, value]) => `${name}: ${typeof value === 'object' ? '…' : value}`).join(', ')
    test(`${codes.join(' and ') || 'nothing'}: { ${what} }, ${JSON.stringify(how)}`, async (t) => {
      const { atStart, atRequest } = await codesOf(t, options, { ...how, requests: 3 })
      assert.deepEqual(atStart, [])
      assert.deepEqual(atRequest, codes.map((code) => `KOA_SESSION_RS_${code}`))
    })
  }

  test('no warning with a framework\'s own ctx.cookies', async (t) => {
    const respond = (ctx) => {
      const set = ctx.cookies.set
      ctx.cookies.set = (name, value, options) => set.call(ctx.cookies, name, value, { ...options, sameSite: 'lax' })
      ctx.session.a = 1
    }
    assert.deepEqual((await codesOf(t, { sameSite: 'none' }, { respond })).atRequest, [])
  })
})

describe('app.keys', () => {
  const short = [[''], ['secret'], ['seven 7'], ['a key of some length', 'old'], [Buffer.from('seven 7')], [Buffer.alloc(0)], ['éé']]
  const long = [['some secret hurr'], ['im a newer secret', 'i like turtle'], ['for development only'], ['12345678'], ['éééé'], [Buffer.alloc(8)], KEYS]

  for (const keys of short) {
    test(`with a short key: ${JSON.stringify(keys)}`, async (t) => {
      const { atStart, atRequest } = await codesOf(t, {}, { keys, requests: 3 })
      assert.deepEqual([atStart, atRequest], [[], ['KOA_SESSION_RS_KEYS']])
    })
  }

  for (const keys of long) {
    test(`of some length: ${JSON.stringify(keys)}`, async (t) => {
      assert.deepEqual((await codesOf(t, {}, { keys, requests: 2 })).atRequest, [])
    })
  }

  test('that sign nothing, or are not accessible, emit no warning', async (t) => {
    assert.deepEqual((await codesOf(t, { signed: false }, { keys: ['x'] })).atRequest, [])
    assert.deepEqual((await codesOf(t, {}, { keys: new Keygrip(['x']) })).atRequest, [])
  })

  test('are checked again when they change, also in place', async (t) => {
    const keys = [...KEYS]
    let n = 0
    const respond = (ctx) => {
      if (n++ === 2) keys.unshift('x')
      ctx.session.n = n
    }
    assert.deepEqual((await codesOf(t, {}, { keys, requests: 2, respond })).atRequest, [])
    n = 0
    assert.deepEqual((await codesOf(t, {}, { keys, requests: 4, respond })).atRequest, ['KOA_SESSION_RS_KEYS'])
  })
})

describe('in production', () => {
  const ALL = { sameSite: 'none', partitioned: true, secure: false, key: '__Host-s', domain: 'example.com', lazy: true, merge: true, samesite: 'x', maxAge: 5000 }

  test('there is no warning, and no module is loaded for it', async (t) => {
    const { atStart, atRequest } = await codesOf(t, ALL, { environment: 'production', keys: [''] })
    assert.deepEqual([atStart, atRequest], [[], []])
    assert.equal(FILE in require.cache, false)
    await codesOf(t, ALL)
    assert.equal(FILE in require.cache, true)
  })

  test('the response is the same as outside production', async (t) => {
    freeze(t)
    const setCookie = []
    for (const environment of ['production', 'development']) setCookie.push((await codesOf(t, ALL, { environment, keys: [''], requests: 2 })).setCookie)
    assert.equal(setCookie[0].length, 4)
    assert.deepEqual(setCookie[0], setCookie[1])
  })

  test('outside production, each warning is emitted once a process', async (t) => {
    const { atStart, atRequest } = await codesOf(t, ALL, { keys: [''], requests: 3 })
    assert.deepEqual(atStart, ['OPTION', 'STORELESS', 'SAMESITE', 'PARTITIONED', 'HOST_PREFIX'].map((code) => `KOA_SESSION_RS_${code}`))
    assert.deepEqual(atRequest, ['KOA_SESSION_RS_KEYS'])
    const again = require('../..')
    const client = await visit(t, ALL, (ctx) => { ctx.session.a = 1 }, { session: again, keys: [''] })
    await client.get()
    await turn()
    assert.deepEqual(emitted, [])
  })
})
