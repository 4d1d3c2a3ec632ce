'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const Keygrip = require('keygrip')

const { KOAS } = require('../harness/app')
const { cookieHeader, encode, sign } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { visit } = require('../harness/server')

const respond = (ctx) => {
  if (ctx.path === '/put') ctx.session.a = 1
  return ctx.session
}

const VALUE = encode('{"a":1,"_expire":9999999999999,"_maxAge":86400000}')

/** Returns the Set-Cookie line of a new signature by `key`. */
const reissued = (key, value = VALUE, algorithm = 'sha1') => {
  const { _expire: expire } = JSON.parse(Buffer.from(value, 'base64').toString() || '{}')
  const until = expire === undefined ? '' : `; expires=${new Date(expire).toUTCString()}`
  return `koa.sess.sig=${sign(`koa.sess=${value}`, key, algorithm)}; path=/${until}; httponly`
}

/** The Set-Cookie line of a new signature over an id. It has no `expires`, since the record has no `_expire`. */
const reissuedId = `koa.sess.sig=${sign('koa.sess=id', 'new')}; path=/; httponly`

const CLEARED = 'koa.sess.sig=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly'

for (const [version, Koa] of Object.entries(KOAS)) {
  describe(`app.keys on ${version}`, () => {
    for (const wrap of [(keys) => keys, (keys) => keys.map((key) => Buffer.from(key)), (keys) => new Keygrip(keys)]) {
      const kind = wrap(['a'])[0]?.constructor.name ?? 'Keygrip'

      test(`the first key signs, any key verifies, and a signature by a later key is replaced: ${kind}`, async (t) => {
        const client = await visit(t, {}, respond, { Koa, keys: wrap(['new', 'old', 'older']) })
        for (const [key, setCookie] of [['new', []], ['old', [reissued('new')]], ['older', [reissued('new')]]]) {
          const { json, setCookie: seen } = await client.get('/', { cookie: cookieHeader(VALUE, key) })
          assert.deepEqual([json, seen], [{ a: 1 }, setCookie])
        }
      })

      test(`a signature by no key is cleared: ${kind}`, async (t) => {
        const client = await visit(t, {}, respond, { Koa, keys: wrap(['new', 'old']) })
        const { json, setCookie } = await client.get('/', { cookie: cookieHeader(VALUE, 'another') })
        assert.deepEqual([json, setCookie], [{}, [CLEARED]])
      })

      test(`a signature in store mode is replaced as well: ${kind}`, async (t) => {
        const { options, store } = MODES.store()
        store.records.set('id', '{"a":1}')
        const client = await visit(t, options, respond, { Koa, keys: wrap(['new', 'old']) })
        const old = await client.get('/', { cookie: cookieHeader('id', 'old') })
        assert.deepEqual([old.json, old.setCookie], [{ a: 1 }, [reissuedId]])
        const wrong = await client.get('/', { cookie: cookieHeader('id', 'another') })
        assert.deepEqual([wrong.json, wrong.setCookie], [{}, [CLEARED]])
      })
    }

    /** Ways to rotate keys while the app runs: from ['old'] to ['new', 'old']. */
    const ROTATIONS = {
      'the array replaced': [['old'], (app) => { app.keys = ['new', 'old'] }],
      'the array changed in place': [['old'], (app) => { app.keys.unshift('new') }],
      'an element replaced': [['old', 'old'], (app) => { app.keys[0] = 'new' }],
      'strings replaced by Buffers': [['old'], (app) => { app.keys = [Buffer.from('new'), Buffer.from('old')] }],
      'an array replaced by a Keygrip': [['old'], (app) => { app.keys = new Keygrip(['new', 'old']) }],
      'a Keygrip replaced by an array': [new Keygrip(['old']), (app) => { app.keys = ['new', 'old'] }],
      'a Buffer changed in place': [[Buffer.from('old'), Buffer.from('old')], (app) => { app.keys[0].set(Buffer.from('new')) }]
    }
    for (const [name, [keys, rotate]] of Object.entries(ROTATIONS)) {
      test(`rotated while the app runs: ${name}`, async (t) => {
        const client = await visit(t, {}, respond, { Koa, keys })
        await client.get('/put')
        const { cookie } = client
        assert.deepEqual((await client.get()).setCookie, [])

        rotate(client.app)
        const value = client.jar.get('koa.sess')
        const { json, setCookie } = await client.get()
        assert.deepEqual([json, setCookie], [{ a: 1 }, [reissued('new', value)]])
        assert.deepEqual((await client.get()).setCookie, [])

        client.app.keys = ['new']
        const gone = await client.get('/', { cookie })
        assert.deepEqual([gone.json, gone.setCookie], [{}, [CLEARED]])
      })
    }

    test('a key appended to the others verifies, a removed one does not', async (t) => {
      const client = await visit(t, {}, respond, { Koa, keys: ['new'] })
      const cookie = cookieHeader(VALUE, 'old')
      assert.deepEqual((await client.get('/', { cookie })).json, {})
      client.app.keys.push('old')
      assert.deepEqual((await client.get('/', { cookie })).json, { a: 1 })
      client.app.keys.pop()
      assert.deepEqual((await client.get('/', { cookie })).json, {})
    })

    test('keys of a Keygrip, changed in place', async (t) => {
      const keys = ['old']
      const client = await visit(t, {}, respond, { Koa, keys: new Keygrip(keys) })
      await client.get('/put')
      keys.unshift('new')
      const { json, setCookie } = await client.get()
      assert.deepEqual([json, setCookie], [{ a: 1 }, [reissued('new', client.jar.get('koa.sess'))]])
    })

    for (const algorithm of ['sha1', 'sha256', 'sha512']) {
      test(`a Keygrip of ${algorithm} signs, verifies and rotates`, async (t) => {
        const client = await visit(t, {}, respond, { Koa, keys: new Keygrip(['old'], algorithm) })
        const { setCookie } = await client.get('/put')
        const value = client.jar.get('koa.sess')
        assert.ok(setCookie[1].startsWith(`koa.sess.sig=${sign(`koa.sess=${value}`, 'old', algorithm)};`))
        assert.deepEqual((await client.get()).json, { a: 1 })

        client.app.keys = new Keygrip(['new', 'old'], algorithm)
        const rotated = await client.get()
        assert.deepEqual(rotated.json, { a: 1 })
        assert.deepEqual(rotated.setCookie, [reissued('new', value, algorithm)])
        const tampered = await client.get('/', { cookie: client.cookie.replace('sess=e', 'sess=f') })
        assert.deepEqual([tampered.json, tampered.setCookie], [{}, [CLEARED]])
      })
    }

    test('a Keygrip of one algorithm does not verify another\'s signature', async (t) => {
      const client = await visit(t, {}, respond, { Koa, keys: new Keygrip(['first secret'], 'sha256') })
      const { json, setCookie } = await client.get('/', { cookie: cookieHeader(VALUE) })
      assert.deepEqual([json, setCookie], [{}, [CLEARED]])
    })

    test('a Keygrip of the app\'s own class is called', async (t) => {
      const calls = []
      class Keygrip {
        sign (text) {
          calls.push(['sign', text])
          return 'signed'
        }

        index (text, signature) {
          calls.push(['index', text, signature])
          return signature === 'signed' ? 0 : -1
        }
      }
      const client = await visit(t, {}, respond, { Koa, keys: new Keygrip() })
      const { setCookie } = await client.get('/put')
      assert.equal(setCookie[1], 'koa.sess.sig=signed; path=/; httponly')
      assert.deepEqual((await client.get()).json, { a: 1 })
      const text = `koa.sess=${client.jar.get('koa.sess')}`
      assert.ok(calls.some(([method, signed]) => method === 'sign' && signed === text))
      assert.ok(calls.some(([method, signed]) => method === 'index' && signed === text))
    })

    test('an empty array is an error, as with koa-session', async (t) => {
      const client = await visit(t, {}, respond, { Koa, keys: [] })
      assert.equal((await client.get('/put')).status, 500)
    })

    test('keys that node:crypto refuses are an error', async (t) => {
      const client = await visit(t, {}, respond, { Koa, keys: [5] })
      assert.equal((await client.get('/put')).status, 500)
      assert.equal((await client.get('/', { cookie: cookieHeader(VALUE) })).status, 500)
    })
  })
}

describe('a changed bit', () => {
  test('anywhere in the value or the signature fails', async (t) => {
    const client = await visit(t, {}, respond)
    const cookie = cookieHeader(VALUE)
    const from = cookie.indexOf('sess=') + 5
    for (let i = from; i < cookie.length; i++) {
      // The cookie names between value and signature are not part of them.
      if (cookie.slice(i).startsWith('; koa.sess.sig=')) i += '; koa.sess.sig='.length
      const other = cookie[i] === 'A' ? 'B' : 'A'
      const { json } = await client.get('/', { cookie: cookie.slice(0, i) + other + cookie.slice(i + 1) })
      assert.deepEqual(json, {}, `at ${i}`)
    }
  })
})
