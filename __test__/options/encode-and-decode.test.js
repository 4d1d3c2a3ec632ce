'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { session } = require('../harness/app')
const { START_MS, freeze } = require('../harness/clock')
const { cookieHeader } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { refuses } = require('../harness/refusal')
const { visit } = require('../harness/server')

const codec = {
  encode: (data) => encodeURIComponent(JSON.stringify(data)),
  decode: (text) => JSON.parse(decodeURIComponent(text))
}

const respond = (ctx) => {
  if (ctx.path === '/login') ctx.session.user = 'Zoë'
  return { user: ctx.session.user, isNew: ctx.session.isNew }
}

describe('encode and decode', () => {
  test('make and read the value', async (t) => {
    freeze(t)
    const client = await visit(t, codec, respond)
    const { setCookie } = await client.get('/login')
    const value = encodeURIComponent(`{"user":"Zoë","_expire":${START_MS + 86400000},"_maxAge":86400000}`)
    assert.equal(setCookie[0], `koa.sess=${value}; path=/; httponly`)
    assert.deepEqual((await client.get()).json, { user: 'Zoë', isNew: false })
    assert.deepEqual((await client.get()).setCookie, [])
  })

  test('get only the data, or the text, as an argument', async (t) => {
    freeze(t)
    const seen = []
    const client = await visit(t, {
      maxAge: 1000,
      encode (...args) {
        seen.push(args.map((each) => structuredClone(each)))
        return codec.encode(args[0])
      },
      decode (...args) {
        seen.push(args)
        return codec.decode(args[0])
      }
    }, respond)
    await client.get('/login')
    await client.get()
    assert.deepEqual(seen, [
      [{ user: 'Zoë', _expire: START_MS + 1000, _maxAge: 1000 }],
      [client.jar.get('koa.sess')]
    ])
  })

  test('may be given one without the other', async (t) => {
    const client = await visit(t, { encode: (data) => Buffer.from(JSON.stringify(data)).toString('base64url') }, respond)
    await client.get('/login')
    assert.deepEqual((await client.get()).json, { user: 'Zoë', isNew: false })
  })

  test('are not called with a store', async (t) => {
    const refuse = () => { throw new Error('asked') }
    const client = await visit(t, { ...MODES.store().options, encode: refuse, decode: refuse }, respond)
    await client.get('/login')
    assert.deepEqual((await client.get()).json, { user: 'Zoë', isNew: false })
  })

  test('of the app do not change the expiry', async (t) => {
    const clock = freeze(t)
    const client = await visit(t, { ...codec, maxAge: 1000 }, respond)
    await client.get('/login')
    const cookie = client.cookie
    clock.now += 1000
    assert.equal((await client.get('/', { cookie })).json.isNew, false)
    clock.now += 1
    assert.equal((await client.get('/', { cookie })).json.isNew, true)
  })
})

describe('an error of decode', () => {
  const failing = (error) => ({ ...codec, decode () { throw error } })

  test('that is a SyntaxError gives a new session', async (t) => {
    const client = await visit(t, failing(new SyntaxError('no')), respond)
    const { status, json, setCookie } = await client.get('/', { cookie: cookieHeader('x') })
    assert.deepEqual([status, json, setCookie], [200, { isNew: true }, []])
  })

  for (const thrown of ['a text', undefined, null, { message: 'no Error' }]) {
    test(`that is no Error (${JSON.stringify(thrown)}) gives a new session`, async (t) => {
      const client = await visit(t, failing(thrown), respond)
      const { status, json } = await client.get('/', { cookie: cookieHeader('x') })
      assert.deepEqual([status, json], [200, { isNew: true }])
    })
  }

  test('that is another Error is thrown', async (t) => {
    const error = new TypeError('no')
    const client = await visit(t, failing(error), respond)
    const errors = []
    client.app.on('error', (each) => errors.push(each))
    assert.equal((await client.get('/', { cookie: cookieHeader('x') })).status, 500)
    assert.equal(errors.length, 1)
    assert.equal(errors[0], error)
  })

  test('that is thrown clears the cookie', async (t) => {
    const error = Object.assign(new Error('no'), { status: 409 })
    const client = await visit(t, failing(error), respond)
    client.jar.set('theirs', '1')
    const { status, setCookie } = await client.get('/', { cookie: cookieHeader('x') })
    assert.equal(status, 409)
    assert.deepEqual(setCookie, [
      'koa.sess=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly',
      'koa.sess.sig=PUUpJndRm52wF0aSr46g0-hXtsk; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly'
    ])
    assert.equal(error.headers, undefined)
  })

  test('that the app catches does not fail the request', async (t) => {
    const options = failing(new Error('no'))
    const outcomes = []
    for (const module of [session, require('koa-session').default]) {
      const client = await visit(t, options, (ctx) => {
        try {
          return { session: ctx.session }
        } catch {
          return 'caught'
        }
      }, { session: module })
      const { status, body, setCookie } = await client.get('/', { cookie: cookieHeader('x') })
      outcomes.push({ status, body, setCookie })
    }
    assert.equal(outcomes[0].body, 'caught')
    assert.deepEqual(outcomes[0], outcomes[1])
  })
})

describe('the result of encode', () => {
  for (const value of ['', 'a b', 'a"b', 'é', 'a;b', 'a\nb', 'a\r\nSet-Cookie: b=c', '€', 5, null, undefined]) {
    test(`is sent as koa-session sends it: ${JSON.stringify(value)}`, async (t) => {
      const outcomes = []
      for (const module of [session, require('koa-session').default]) {
        const client = await visit(t, { ...codec, encode: () => value }, respond, { session: module })
        const { status, setCookie } = await client.get('/login')
        outcomes.push({ status, setCookie })
      }
      assert.deepEqual(outcomes[0], outcomes[1])
    })
  }
})

refuses('encode', [['base64', 'string']])

refuses('decode', [[{}, 'object']])
