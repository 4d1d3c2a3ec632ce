'use strict'

const assert = require('node:assert/strict')
const http = require('node:http')
const net = require('node:net')
const { describe, test } = require('node:test')

const { KOAS, createApp, handle } = require('../harness/app')
const { cookieHeader, encode, sign } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { visit } = require('../harness/server')

const MEGABYTE = 1024 * 1024

/** Makes a server that accepts large headers. */
const listen = (callback) => http.createServer({ maxHeaderSize: 4 * MEGABYTE }, callback)

const respond = (ctx) => ({ isNew: ctx.session.isNew, data: ctx.session })

const NEW = { isNew: true, data: {} }

const VALUE = encode('{"user":"admin","_expire":9999999999999,"_maxAge":86400000}')

/** Cookie values that contain no valid session. */
const VALUES = {
  empty: '',
  'a quote': '"',
  'two quotes': '""',
  'a quoted value': `"${VALUE}"`,
  'a value that is signed by nobody': VALUE,
  'base64 cut off': VALUE.slice(0, -7),
  'one character of base64': 'e',
  padding: '====',
  'no base64': '%$#@!',
  JSON: '{"user":"admin"}',
  'an encoded number': encode('1e400'),
  'an encoded array': encode('[1,2,3]'),
  'an encoded text': encode('"text"'),
  'encoded bytes': Buffer.from([0xff, 0xfe, 0x00, 0x80]).toString('base64'),
  'an encoded prototype': encode('{"__proto__":{"user":"admin"}}'),
  'a path': '../../../../etc/passwd',
  'percent escapes': '%00%0d%0aSet-Cookie:%20a=b'
}

/** Cookie headers with a value, with all kinds of wrong signatures. */
const SIGNATURES = {
  'no signature': (value) => `koa.sess=${value}`,
  'an empty signature': (value) => `koa.sess=${value}; koa.sess.sig=`,
  'a wrong signature': (value) => `koa.sess=${value}; koa.sess.sig=${sign(`koa.sess=${value}`, 'guess')}`,
  'a signature over another name': (value) => `koa.sess=${value}; koa.sess.sig=${sign(`koa.other=${value}`)}`,
  'a long signature': (value) => `koa.sess=${value}; koa.sess.sig=${'A'.repeat(5000)}`,
  'a padded signature': (value) => `koa.sess=${value}; koa.sess.sig=${sign(`koa.sess=${value}`)}=`,
  'a signature cut off': (value) => `koa.sess=${value}; koa.sess.sig=${sign(`koa.sess=${value}`).slice(0, -1)}`,
  'a signature that is a key of objects': (value) => `koa.sess=${value}; koa.sess.sig=__proto__`
}

for (const [version, Koa] of Object.entries(KOAS)) {
  for (const [kind, header] of Object.entries(SIGNATURES)) {
    test(`${kind} is a visitor without a session, whatever the value: ${version}`, async (t) => {
      const stored = MODES.store()
      const inCookie = await visit(t, {}, respond, { Koa })
      const inStore = await visit(t, stored.options, respond, { Koa })
      for (const [name, value] of Object.entries(VALUES)) {
        for (const client of [inCookie, inStore]) {
          const { status, json } = await client.get('/', { cookie: header(value) })
          assert.deepEqual([status, json], [200, NEW], name)
        }
      }
      assert.deepEqual(stored.store.take(), [])
    })
  }
}

describe('a header of one megabyte', () => {
  const BIG = {
    'one long value': () => `koa.sess=${'A'.repeat(MEGABYTE)}; koa.sess.sig=x`,
    'one long signature': () => `koa.sess=${VALUE}; koa.sess.sig=${'A'.repeat(MEGABYTE)}`,
    'a long value that is signed': () => cookieHeader('A'.repeat(MEGABYTE)),
    'one long name': () => `${'a'.repeat(MEGABYTE)}=1`,
    semicolons: () => ';'.repeat(MEGABYTE),
    spaces: () => `a=1;${' '.repeat(MEGABYTE)}b=2`,
    'spaces without an end': () => '; '.repeat(MEGABYTE / 2),
    quotes: () => `koa.sess=${'"'.repeat(MEGABYTE)}`,
    'names that are nearly ours': () => '; koa.sess'.repeat(MEGABYTE / 10),
    'thousands of cookies': () => Array.from({ length: 50000 }, (_, i) => `cookie${i}=value${i}`).join('; '),
    'thousands of ours': () => Array.from({ length: 50000 }, (_, i) => `koa.sess=${i}; koa.sess.sig=${i}`).join('; ')
  }

  for (const [name, make] of Object.entries(BIG)) {
    test(`is a visitor without a session, and takes no long time: ${name}`, async (t) => {
      const client = await visit(t, {}, respond, { listen })
      const began = performance.now()
      const { status, json } = await client.get('/', { cookie: make() })
      assert.deepEqual([status, json], [200, NEW])
      assert.ok(performance.now() - began < 5000)
    })
  }

  test('does not prevent reading our cookie', async (t) => {
    const client = await visit(t, {}, respond, { listen })
    const noise = Array.from({ length: 50000 }, (_, i) => `cookie${i}=value${i}`).join('; ')
    const { json } = await client.get('/', { cookie: `${noise}; ${cookieHeader(VALUE)}; ${noise}` })
    assert.deepEqual(json, { isNew: false, data: { user: 'admin' } })
  })

  test('can contain a session of that size', async (t) => {
    const client = await visit(t, {}, respond, { listen })
    const user = 'é'.repeat(MEGABYTE / 4)
    const { json } = await client.get('/', { cookie: cookieHeader(encode({ user })) })
    assert.deepEqual(json, { isNew: false, data: { user } })
  })
})

/** Sends raw bytes as a Cookie header; returns the status and the body. */
function sendBytes (port, bytes) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1')
    let answer = ''
    socket.setEncoding('latin1').on('data', (text) => { answer += text })
    socket.on('error', reject).on('close', () => {
      const [head, body] = answer.split('\r\n\r\n')
      resolve({ status: Number(head.split(' ')[1]), body })
    })
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: ')
    socket.write(bytes)
    socket.write('\r\n\r\n')
  })
}

describe('bytes that are not UTF-8', () => {
  const bytes = Buffer.from(Array.from({ length: 128 }, (_, i) => i + 128))

  for (const signed of [true, false]) {
    test(`in a value: signed ${signed}`, async (t) => {
      const client = await visit(t, { signed }, respond)
      for (const name of ['koa.sess=', 'a=1; koa.sess=', `koa.sess=${VALUE}; koa.sess.sig=`, 'koa.sess="', '']) {
        if (!signed && name.includes(VALUE)) continue
        const { status, body } = await sendBytes(client.port, Buffer.concat([Buffer.from(name), bytes]))
        assert.deepEqual([status, JSON.parse(body)], [200, NEW], name)
      }
    })
  }

  test('in another cookie beside a valid one', async (t) => {
    const client = await visit(t, {}, respond)
    const { body } = await sendBytes(client.port, Buffer.concat([Buffer.from('a='), bytes, Buffer.from(`; ${cookieHeader(VALUE)}; b=`), bytes]))
    assert.deepEqual(JSON.parse(body), { isNew: false, data: { user: 'admin' } })
  })

  test('in an id reach the store as Latin-1 characters', async (t) => {
    const { options, store } = MODES.store()
    const client = await visit(t, { ...options, signed: false }, respond)
    await sendBytes(client.port, Buffer.concat([Buffer.from('koa.sess='), bytes]))
    assert.equal(store.calls[0].id, bytes.toString('latin1'))
  })
})

describe('characters that HTTP parsers refuse', () => {
  const TEXTS = ['\0', '\x01\x1f\x7f', '\r\nSet-Cookie: a=b', '\n', '\u2028', '\ud800', '\udfff\ud800', '€𝄞', '\ufeff', '\ufffd']

  for (const text of TEXTS) {
    test(JSON.stringify(text), async () => {
      const seen = []
      const app = createApp({}, (ctx) => { seen.push(respond(ctx)) })
      const around = [`koa.sess=${text}`, `koa.sess=${VALUE}${text}; koa.sess.sig=${text}`, `koa.sess${text}=1`, text, `${text}; ${text}`]
      for (const cookie of around) assert.equal((await handle(app, { cookie })).status, 200)
      assert.deepEqual(JSON.parse(JSON.stringify(seen)), around.map(() => NEW))
    })
  }

  test('do not hide a valid cookie beside them', async () => {
    const seen = []
    const app = createApp({}, (ctx) => { seen.push(respond(ctx).data.user) })
    for (const text of TEXTS) assert.equal((await handle(app, { cookie: `a=${text}; ${cookieHeader(VALUE)}` })).status, 200)
    assert.deepEqual(seen, TEXTS.map(() => 'admin'))
  })
})

/** Data of clients that can make valid cookies, because cookies are not signed, or because a key has leaked. */
describe('hostile data', () => {
  const TEXTS = {
    'an array': '[1,2,3]',
    'a text': '"text"',
    'a number': '5',
    'a large number': '1e400',
    true: 'true',
    'large numbers': '{"n":1e400,"m":-1e400,"o":99999999999999999999999999,"_expire":1e400,"_maxAge":1e400}',
    'a lone surrogate': '{"a":"\\ud800","\\udfff":1}',
    'keys of our own': '{"_requireSave":true,"isNew":true,"_session":"x","_expire":{}}',
    'an infinite maxAge': '{"_requireSave":true,"_maxAge":1e400}',
    'a maxAge that is an object': '{"_requireSave":true,"_maxAge":{}}',
    'a key named maxAge': '{"maxAge":"x"}',
    'names of our methods': '{"save":1,"commit":2,"toJSON":3,"regenerate":4,"inspect":5,"manuallyCommit":6,"constructor":7}',
    'many keys': JSON.stringify(Object.fromEntries(Array.from({ length: 10000 }, (_, i) => [`key${i}`, i])))
  }

  for (const [name, text] of Object.entries(TEXTS)) {
    test(`does not throw: ${name}`, async (t) => {
      const client = await visit(t, { signed: false }, (ctx) => {
        const { session } = ctx
        return { type: typeof session, isNew: session.isNew, length: session.length }
      }, { listen: (callback) => http.createServer({ maxHeaderSize: MEGABYTE }, callback) })
      const { status, json } = await client.get('/', { cookie: `koa.sess=${encode(text)}` })
      assert.deepEqual([status, json.type], [200, 'object'])
    })
  }

  for (const nest of [(n) => '['.repeat(n) + ']'.repeat(n), (n) => `${'{"a":'.repeat(n)}1${'}'.repeat(n)}`]) {
    for (const around of [(text) => text, (text) => `{"a":${text}}`, (text) => `{"a":${text},"_expire":9999999999999,"_maxAge":86400000}`]) {
      test(`of 100,000 levels does not throw: ${around(nest(1))}`, async (t) => {
        const client = await visit(t, { signed: false }, (ctx) => ({ isNew: ctx.session.isNew }), { listen })
        const { status } = await client.get('/', { cookie: `koa.sess=${encode(around(nest(100000)))}` })
        assert.equal(status, 200)
        assert.equal((await client.get('/', { cookie: '' })).status, 200)
      })
    }
  }

  const POLLUTIONS = [
    '{"__proto__":{"polluted":true}}',
    '{"__proto__":{"polluted":true},"_expire":9999999999999,"_maxAge":86400000}',
    '{"a":1,"__proto__":null}',
    '{"constructor":{"prototype":{"polluted":true}}}',
    '{"prototype":{"polluted":true}}',
    '{"__proto__":{"__proto__":{"polluted":true}}}',
    '{"\\u005f_proto__":{"polluted":true},"_expire":9999999999999,"_maxAge":86400000}',
    '{"a":{"__proto__":{"polluted":true}}}',
    '{"__defineGetter__":{"polluted":true},"hasOwnProperty":1,"valueOf":1,"toString":1}'
  ]

  for (const text of POLLUTIONS) {
    test(`reaches no prototype: ${text}`, async (t) => {
      const seen = []
      const respondTo = (ctx) => {
        const { session } = ctx
        seen.push(Object.getPrototypeOf(session))
        session.touched = true
        return { polluted: session.polluted, plain: {}.polluted, touched: session.touched, isNew: session.isNew }
      }
      const stored = MODES.store()
      stored.store.records.set('id', text)
      for (const options of [{}, stored.options]) {
        const client = await visit(t, options, respondTo)
        const { status, json } = await client.get('/', { cookie: cookieHeader(options.store ? 'id' : encode(text)) })
        assert.deepEqual([status, json], [200, { touched: true, isNew: false }])
        const again = await client.get()
        assert.deepEqual([again.status, again.json], [200, { touched: true, isNew: false }])
      }
      // Object.prototype has not changed.
      assert.equal(new Set(seen).size, 1)
      assert.ok(!('polluted' in seen[0]) && !('polluted' in Object.prototype) && !('touched' in seen[0]))
    })
  }
})
