'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { KOAS } = require('../harness/app')
const { START_MS, freeze } = require('../harness/clock')
const { cookieHeader, encode } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { visit } = require('../harness/server')

const respond = (ctx) => {
  if (ctx.path === '/put') ctx.session.a = 1
  return { isNew: ctx.session.isNew, data: ctx.session }
}

const VALID = { isNew: false, data: { a: 1 } }
const EXPIRED = { isNew: true, data: {} }

for (const [version, Koa] of Object.entries(KOAS)) {
  for (const [mode, make] of Object.entries(MODES)) {
    for (const maxAge of [undefined, 5000]) {
      test(`a session of ${maxAge} ms expires 1 ms after its time: ${mode} on ${version}`, async (t) => {
        const clock = freeze(t)
        const client = await visit(t, { ...make().options, maxAge }, respond, { Koa })
        await client.get('/put')
        const { cookie } = client
        for (const [difference, expected] of [[-1, VALID], [0, VALID], [1, EXPIRED]]) {
          clock.now = START_MS + (maxAge ?? 86400000) + difference
          assert.deepEqual((await client.get('/', { cookie })).json, expected, `${difference} ms`)
        }
      })
    }

    test(`maxAge 'session' does not expire: ${mode} on ${version}`, async (t) => {
      const clock = freeze(t)
      const client = await visit(t, { ...make().options, maxAge: 'session' }, respond, { Koa })
      await client.get('/put')
      clock.now = 8e15
      assert.deepEqual((await client.get()).json, VALID)
    })
  }
}

describe('the envelope of a cookie', () => {
  /** Envelopes that koa-session would not write, and whether they are valid at START_MS. */
  const ENVELOPES = [
    [`{"a":1,"_expire":${START_MS - 1},"_maxAge":1000}`, false],
    [`{"a":1,"_expire":${START_MS},"_maxAge":1000}`, true],
    [`{"a":1,"_expire":${START_MS + 1},"_maxAge":1000}`, true],
    [`{"_expire":${START_MS - 1},"_maxAge":1000,"a":1}`, false],
    [`{"_expire":${START_MS},"_maxAge":1000,"a":1}`, true],
    [`{"a":1,"_maxAge":1000,"_expire":${START_MS - 1}}`, false],
    [`{"a":1,"_maxAge":1000,"_expire":${START_MS}}`, true],
    [`{"a":1,"_expire":${START_MS - 1}}`, false],
    [`{"a":1,"_expire":${START_MS - 0.5},"_maxAge":1000}`, false],
    [`{"a":1,"_expire":${START_MS + 0.5},"_maxAge":1000}`, true],
    ['{"a":1,"_expire":0,"_maxAge":1000}', false],
    ['{"a":1,"_expire":-1,"_maxAge":1000}', false],
    ['{"a":1,"_expire":1e400,"_maxAge":1000}', true],
    ['{"a":1,"_expire":-1e400,"_maxAge":1000}', false],
    ['{"a":1,"_expire":99999999999999999999,"_maxAge":1000}', true],
    ['{"a":1,"_expire":"0","_maxAge":1000}', true],
    ['{"a":1,"_expire":null,"_maxAge":1000}', true],
    ['{"a":1,"_expire":[0],"_maxAge":1000}', true],
    // Of two with the same key, the last one applies.
    [`{"a":1,"_expire":${START_MS},"_expire":0,"_maxAge":1000}`, false],
    [`{"_expire":0,"a":1,"_expire":${START_MS},"_maxAge":1000}`, true],
    [`{"a":1,"\\u005fexpire":${START_MS - 1},"_maxAge":1000}`, false],
    [` { "a" : 1 , "_expire" : ${START_MS - 1} , "_maxAge" : 1000 } `, false],
    [` { "a" : 1 , "_expire" : ${START_MS} , "_maxAge" : 1000 } `, true],
    ['{"a":1}', true],
    ['{"a":1,"_session":true}', true],
    ['{"a":1,"_expire":0,"_session":true}', false],
    // Keys of a nested object are no envelope.
    ['{"a":1,"b":{"_expire":0,"_maxAge":1000}}', true, { a: 1, b: { _expire: 0, _maxAge: 1000 } }],
    ['{"a":1,"b":"\\",\\"_expire\\":0,\\"_maxAge\\":1000}"}', true, { a: 1, b: '","_expire":0,"_maxAge":1000}' }]
  ]

  for (const [json, valid, data = { a: 1 }] of ENVELOPES) {
    test(`${valid ? 'valid' : 'expired'}: ${json}`, async (t) => {
      freeze(t)
      const client = await visit(t, {}, respond)
      const { json: seen, setCookie } = await client.get('/', { cookie: cookieHeader(encode(json)) })
      assert.deepEqual(seen, valid ? { isNew: false, data } : EXPIRED)
      // A session that is only read is not sent.
      assert.deepEqual(setCookie, [])
    })
  }
})
