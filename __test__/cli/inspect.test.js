'use strict'

const assert = require('node:assert/strict')
const { createHmac } = require('node:crypto')
const { describe, test } = require('node:test')
const fc = require('fast-check')
const { default: koaSession } = require('koa-session')

const { session } = require('../harness/app')
const { cookieHeader, encode, sign } = require('../harness/forge')
const { visit } = require('../harness/server')
const { CountingStore } = require('../harness/store')
const { command } = require('./command')

const KEY = 'a secret key of 32 bytes or more.'
const OLD = 'another secret key of 32 bytes...'

const respond = (ctx) => { ctx.session.text = 'x'.repeat(Number(ctx.query.length ?? 1)) }

/** Returns a visitor with a session. */
async function visitor (t, options, how = {}) {
  const client = await visit(t, options, respond, { keys: [KEY], ...how })
  const answer = await client.get(`/?length=${how.length ?? 1}`)
  return { client, lines: answer.setCookie }
}

const inspect = (...args) => command(['inspect', ...args, '--json']).json
const codes = (report) => report.problems.map(({ code }) => code)

describe('inspect', () => {
  for (const [name, middleware] of [['koa-session', koaSession], ['koa-session-rs', session]]) {
    test(`a signed cookie of ${name}, as a value, as a Cookie header, and as lines of Set-Cookie`, async (t) => {
      const { client, lines } = await visitor(t, { maxAge: 60_000 }, { session: middleware })
      const forms = [client.cookie, `Cookie: ${client.cookie}`, `cookie:other=1; ${client.cookie}`, lines.join('\n'), lines.map((line) => `Set-Cookie: ${line}`).join('\r\n')]
      for (const form of forms) {
        const report = inspect(form, '--key', OLD, '--key', KEY)
        assert.deepEqual([report.kind, report.name, report.verified, report.key, report.data], ['signed', 'koa.sess', true, 2, { text: 'x' }])
        assert.equal(report.envelope._maxAge, 60_000)
        assert.equal(report.expires, new Date(report.envelope._expire).toISOString())
        assert.deepEqual(report.problems, [])
        assert.equal(command(['inspect', form, '--key', OLD]).code, 1)
      }
      const value = inspect(client.jar.get('koa.sess'))
      assert.deepEqual([value.kind, value.verified, value.data, value.problems], ['data', null, { text: 'x' }, []])
    })
  }

  test('a sealed cookie', async (t) => {
    const { client } = await visitor(t, { seal: true })
    const report = inspect(client.cookie, '--key', OLD, '--key', KEY)
    assert.deepEqual([report.kind, report.verified, report.key, report.data, report.problems], ['sealed', true, 2, { text: 'x' }, []])
    assert.deepEqual(codes(inspect(client.cookie)), ['NEEDS_KEY'])
    assert.deepEqual(codes(inspect(client.cookie, '--key', OLD)), ['FORGED'])
    assert.deepEqual(codes(inspect(client.cookie, '--key', 'short')), ['FORGED', 'SHORT_KEY'])
    assert.deepEqual(codes(inspect(client.jar.get('koa.sess'), '--key', KEY)), ['NO_NAME'])
    assert.deepEqual(inspect(client.jar.get('koa.sess'), '--key', KEY, '--name', 'koa.sess').data, { text: 'x' })
    assert.deepEqual(codes(inspect(client.jar.get('koa.sess'), '--key', KEY, '--name', 'other')), ['FORGED'])
  })

  for (const [kind, options] of [['signed, in chunks', {}], ['sealed, in chunks', { seal: true }]]) {
    test(`a session in several cookies, ${kind}`, async (t) => {
      const { client } = await visitor(t, { ...options, chunks: 4 }, { length: 8000 })
      const report = inspect(client.cookie, '--key', KEY)
      assert.deepEqual([report.kind, report.verified, report.data.text.length, report.problems], [kind, true, 8000, []])
      client.jar.delete('koa.sess.1')
      assert.deepEqual(codes(inspect(client.cookie, '--key', KEY)), ['MISSED'])
    })
  }

  test('the id of a store, signed and sealed', async (t) => {
    for (const seal of [false, true]) {
      const store = new CountingStore()
      const { client } = await visitor(t, { store, seal })
      const report = inspect(client.cookie, '--key', KEY)
      assert.deepEqual([report.kind, report.data, report.verified, report.envelope], [seal ? 'sealed id' : 'signed id', store.ids()[0], true, null])
    }
  })

  test('a cookie of cookie-session', () => {
    const value = encode({ user: 'ann' })
    const report = inspect(cookieHeader(value, KEY, 'session'), '--key', KEY)
    assert.deepEqual([report.name, report.kind, report.verified, report.data, report.problems], ['session', 'signed', true, { user: 'ann' }, []])
  })

  test('a cookie of express-session', () => {
    const signature = createHmac('sha256', KEY).update('an-id').digest('base64').replace(/=+$/, '')
    const value = encodeURIComponent(`s:an-id.${signature}`)
    for (const form of [`connect.sid=${value}`, value]) {
      const report = inspect(form, '--key', OLD, '--key', KEY)
      assert.deepEqual([report.kind, report.verified, report.key, report.data, report.problems], ['express-session id', true, 2, 'an-id', []])
      assert.deepEqual(codes(inspect(form, '--key', OLD)), ['FORGED'])
    }
  })

  test('says what is wrong', () => {
    const value = encode({ a: 1 })
    const expired = encode({ a: 1, _expire: 1000, _maxAge: 5 })
    for (const [text, expected, ...args] of [
      [`koa.sess=${value}`, ['UNSIGNED']],
      [`koa.sess=${value}; koa.sess.sig=${sign(`other=${value}`, KEY)}`, ['FORGED'], '--key', KEY],
      [cookieHeader(expired, KEY), ['EXPIRED'], '--key', KEY],
      [expired, ['EXPIRED']],
      [value.slice(0, -4), ['NOT_JSON']],
      [encode({ text: 'x'.repeat(4000) }), ['OVERSIZE']],
      ['a=1; b=2', ['NO_NAME']],
      ['a=1; b=2', ['NO_COOKIE'], '--name', 'c'],
      ['', ['NO_COOKIE']],
      ['connect.sid=s%3Aabc', ['UNSIGNED']],
      ['connect.sid=s%3A%', ['NOT_ENCODED']],
      ['~2.abcdefgh.xyz', ['MISSED']]
    ]) {
      assert.deepEqual(codes(inspect(text, ...args)), expected, text)
      assert.equal(command(['inspect', text, ...args]).code, 1)
    }
  })

  test('a line that expires the cookie is no mistake', () => {
    const report = inspect('Set-Cookie: koa.sess=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly')
    assert.deepEqual([report.kind, report.problems], ['expired', []])
  })

  test('reads the standard input, and keys from the environment', () => {
    const input = `${cookieHeader(encode({ a: 1 }), KEY.replaceAll(' ', '_'))}\n`
    const env = { KOA_SESSION_KEYS: ` first  ${KEY.replaceAll(' ', '_')}\n` }
    for (const args of [['inspect', '--json'], ['inspect', '-', '--json']]) {
      const { code, json } = command(args, { env, input })
      assert.deepEqual([code, json.verified, json.key], [0, true, 2])
    }
  })

  test('never prints a key, and escapes control characters', () => {
    const data = encode({ a: '\u001b[31m\u009b' })
    for (const text of [cookieHeader(data, KEY), `koa.sess=${data}; koa.sess.sig=x`, '\u001b[31m=1; b=\u0007', 'a=\u001b]0;x']) {
      for (const json of [[], ['--json']]) {
        const { out, err } = command(['inspect', text, '--key', KEY, '--key', OLD, ...json])
        // eslint-disable-next-line no-control-regex
        assert.doesNotMatch(out + err, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
        assert.ok(![KEY, OLD].some((key) => (out + err).includes(key)))
      }
    }
  })

  test('any input gives a verdict, without a stack trace', () => {
    const argument = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('--key', '--name', '--json', '-', '--', '--help', 'koa.sess=~', 'koa.sess=A', '=', ';', 's:', 'koa.sess.1=x',
      'koa.sess=~2.aaaaaaaa.b; koa.sess.1=aaaaaaaa.c', `koa.sess=${encode({ a: 1 })}`))
    fc.assert(fc.property(fc.constantFrom('inspect', 'key', 'doctor', ''), fc.array(argument, { maxLength: 4 }), fc.string(), (name, args, input) => {
      const { code, err } = command([name, ...args].filter((each) => name !== '' || each !== ''), { input })
      assert.ok([0, 1, 2].includes(code))
      assert.ok(err === '' ? code !== 2 : code === 2 && err.split('\n').length === 2)
    }), { numRuns: 1500 })
  })
})
