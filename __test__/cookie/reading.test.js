'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { KOAS } = require('../harness/app')
const { cookieHeader, encode, sign } = require('../harness/forge')
const { visit } = require('../harness/server')

const respond = (ctx) => {
  if (ctx.path === '/change') ctx.session.b = 2
  return { isNew: ctx.session.isNew, data: ctx.session }
}

const KNOWN = { isNew: false, data: { a: 1 } }
const NEW = { isNew: true, data: {} }

const VALUE = encode('{"a":1,"_expire":9999999999999,"_maxAge":86400000}')
const SIGNATURE = sign(`koa.sess=${VALUE}`)
const OTHER = encode('{"a":2,"_expire":9999999999999,"_maxAge":86400000}')

/** Cookie headers, and the sessions that are read. */
const HEADERS = [
  [`koa.sess=${VALUE}; koa.sess.sig=${SIGNATURE}`, KNOWN],
  [`koa.sess.sig=${SIGNATURE}; koa.sess=${VALUE}`, KNOWN],
  [`koa.sess=${VALUE};koa.sess.sig=${SIGNATURE}`, KNOWN],
  [`koa.sess=${VALUE};   koa.sess.sig=${SIGNATURE}`, KNOWN],
  [`a=1; b=2; koa.sess=${VALUE}; c=3; koa.sess.sig=${SIGNATURE}; d=4`, KNOWN],
  [`a; =b; ;; koa.sess=${VALUE}; koa.sess.sig=${SIGNATURE};`, KNOWN],
  // After an opening quote, the first and the last character are removed.
  [`koa.sess="${VALUE}"; koa.sess.sig=${SIGNATURE}`, KNOWN],
  [`koa.sess=${VALUE}; koa.sess.sig="${SIGNATURE}"`, KNOWN],
  [`koa.sess="${VALUE}x; koa.sess.sig=${SIGNATURE}`, KNOWN],
  // Of several cookies, the first one is used.
  [`koa.sess=${VALUE}; koa.sess=${OTHER}; koa.sess.sig=${SIGNATURE}`, KNOWN],
  [`koa.sess=${VALUE}; koa.sess.sig=${SIGNATURE}; koa.sess.sig=x`, KNOWN],
  // Nothing is trimmed.
  [`koa.sess=${VALUE} ; koa.sess.sig=${SIGNATURE}`, NEW],
  [`koa.sess= ${VALUE}; koa.sess.sig=${SIGNATURE}`, NEW],
  [`koa.sess =${VALUE}; koa.sess.sig=${SIGNATURE}`, NEW],
  [`a=1,koa.sess=${VALUE}; koa.sess.sig=${SIGNATURE}`, NEW],
  [`a=1;\tkoa.sess=${VALUE}; koa.sess.sig=${SIGNATURE}`, NEW],
  // Names have to be equal.
  [`Koa.sess=${VALUE}; Koa.sess.sig=${SIGNATURE}`, NEW],
  [`xkoa.sess=${VALUE}; koa.sess.sig=${SIGNATURE}`, NEW],
  [`koaXsess=${VALUE}; koaXsess.sig=${SIGNATURE}`, NEW],
  [`koa.sess=${VALUE}; koa.sess.sig=`, NEW],
  ['koa.sess=; koa.sess.sig=x', NEW],
  ['koa.sess; koa.sess.sig', NEW],
  [`koa.sess=""; koa.sess.sig=${sign('koa.sess=')}`, NEW],
  [`koa.sess="; koa.sess.sig=${sign('koa.sess=')}`, NEW],
  [`koa.sess=${OTHER}; koa.sess.sig=${SIGNATURE}`, NEW]
]

for (const [version, Koa] of Object.entries(KOAS)) {
  describe(`the Cookie header on ${version}`, () => {
    for (const [header, expected] of HEADERS) {
      test(header.replaceAll(VALUE, 'VALUE').replaceAll(SIGNATURE, 'SIGNATURE').replaceAll(OTHER, 'OTHER'), async (t) => {
        const client = await visit(t, {}, respond, { Koa })
        assert.deepEqual((await client.get('/', { cookie: header })).json, expected)
      })
    }
  })
}

/** Spellings of one text in base64. Buffer.from(value, 'base64') decodes all of them to that text. */
const TEXT = '{"a":1,"s":"??>>~~ü€","_expire":9999999999999,"_maxAge":86400000}'
const WITH_S = { isNew: false, data: { a: 1, s: '??>>~~ü€' } }
const BASE64 = Buffer.from(TEXT).toString('base64')
const ENCODINGS = {
  standard: BASE64,
  'the alphabet of URLs': BASE64.replaceAll('+', '-').replaceAll('/', '_'),
  'no padding': BASE64.replace(/=+$/, ''),
  'too much padding': `${BASE64}=====`,
  'characters of no alphabet': BASE64.replace(/.{7}/g, '$& !%.'),
  'white space': BASE64.replace(/.{5}/g, '$&\t ')
}

describe('base64', () => {
  for (const [name, value] of Object.entries(ENCODINGS)) {
    test(`is read with ${name}`, async (t) => {
      const client = await visit(t, {}, respond)
      assert.ok(BASE64.includes('/') || BASE64.includes('+'))
      assert.deepEqual((await client.get('/', { cookie: cookieHeader(value) })).json, WITH_S)
    })
  }

  test('has U+FFFD for bytes that are not UTF-8', async (t) => {
    const client = await visit(t, {}, respond)
    const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xc0, 0xe2, 0x82]), Buffer.from('"}')])
    const { json } = await client.get('/', { cookie: cookieHeader(bytes.toString('base64')) })
    assert.deepEqual(json, { isNew: false, data: { a: bytes.toString().slice(6, -2) } })
    assert.ok(json.data.a.includes('\ufffd'))
  })

  test('without JSON is a new session', async (t) => {
    const client = await visit(t, {}, respond)
    for (const text of ['', '{', '{"a":1', 'a', '{a:1}', '{"a":1}}', '\u0000', "{'a':1}", 'undefined', 'NaN', '\ufeff{"a":1}']) {
      const { json, setCookie } = await client.get('/', { cookie: cookieHeader(encode(text)) })
      assert.deepEqual([json, setCookie], [NEW, []], text)
    }
  })
})

test('foreign JSON that is changed is saved as JSON.stringify writes it', async (t) => {
  const client = await visit(t, {}, respond)
  await client.get('/change', { cookie: cookieHeader(encode(' { "a" : 1.0 } ')) })
  assert.deepEqual((await client.get()).json, { isNew: false, data: { a: 1, b: 2 } })
})
