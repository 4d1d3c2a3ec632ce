'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const Keygrip = require('keygrip')

const { KOAS } = require('../harness/app')
const { freeze } = require('../harness/clock')
const { sign } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { visit } = require('../harness/server')

const VALUE = 'eyJ2aWV3cyI6MSwibmFtZSI6Ilpvw6siLCJfZXhwaXJlIjoxNzA0MTUzNjAwMDAwLCJfbWF4QWdlIjo4NjQwMDAwMH0='
const HOUR = 'eyJ2aWV3cyI6MSwibmFtZSI6Ilpvw6siLCJfZXhwaXJlIjoxNzA0MDcwODAwMDAwLCJfbWF4QWdlIjozNjAwMDAwfQ=='
const BROWSER = 'eyJ2aWV3cyI6MSwibmFtZSI6Ilpvw6siLCJfc2Vzc2lvbiI6dHJ1ZX0='

const put = (ctx) => Object.assign(ctx.session, { views: 1, name: 'Zoë' }) && undefined

/** Options, and the lines that { views: 1, name: 'Zoë' } makes with them at the start of 2024. */
const LINES = [
  [{}, [
    `koa.sess=${VALUE}; path=/; httponly`,
    'koa.sess.sig=6Ubul01auWu0UL1ANeCPO2gxJ0s; path=/; httponly'
  ]],
  [{ maxAge: 3600000 }, [
    `koa.sess=${HOUR}; path=/; expires=Mon, 01 Jan 2024 01:00:00 GMT; httponly`,
    'koa.sess.sig=gf7rL5_hg9qQwQpsdJqRYk-HAOU; path=/; expires=Mon, 01 Jan 2024 01:00:00 GMT; httponly'
  ]],
  [{ maxAge: 'session' }, [
    `koa.sess=${BROWSER}; path=/; httponly`,
    'koa.sess.sig=EEB4wZALn_X5JkoGi81OlKQAoIQ; path=/; httponly'
  ]],
  [{ signed: false }, [`koa.sess=${VALUE}; path=/; httponly`]],
  [{ maxAge: 3600000, domain: 'example.com', path: '/app', priority: 'High', sameSite: 'Lax', partitioned: true }, [
    `koa.sess=${HOUR}; path=/app; expires=Mon, 01 Jan 2024 01:00:00 GMT; domain=example.com; priority=high; samesite=lax; httponly; partitioned`,
    'koa.sess.sig=gf7rL5_hg9qQwQpsdJqRYk-HAOU; path=/app; expires=Mon, 01 Jan 2024 01:00:00 GMT; domain=example.com; priority=high; samesite=lax; httponly; partitioned'
  ]]
]

/** app.keys, and the signature of VALUE by them. */
const SIGNATURES = [
  [['first secret'], '6Ubul01auWu0UL1ANeCPO2gxJ0s'],
  [['first secret', 'second secret'], '6Ubul01auWu0UL1ANeCPO2gxJ0s'],
  [['second secret', 'first secret'], 'lmXlkPY1ah_u5S3FlQMlYhJhkmc'],
  [[Buffer.from('first secret')], '6Ubul01auWu0UL1ANeCPO2gxJ0s'],
  [[new TextEncoder().encode('first secret')], '6Ubul01auWu0UL1ANeCPO2gxJ0s'],
  [[Buffer.from([0, 255, 128, 1])], 'Fh1_JjeTwt_5Evpi0jY-Fd2rjuA'],
  [['ключ €'], '_h6PUwAiX1ro_zuN-JlzjJwxkxg'],
  [[''], 'EMgFR2Ycaq2zq79IINISHx6lEi0'],
  [new Keygrip(['first secret']), '6Ubul01auWu0UL1ANeCPO2gxJ0s'],
  [new Keygrip([Buffer.from([0, 255, 128, 1])]), 'Fh1_JjeTwt_5Evpi0jY-Fd2rjuA'],
  [new Keygrip(['first secret'], 'sha256'), 'vKgU3ChGA6xE72-OAZYhHBbCCuOWHX7bcqLLqltkrYE'],
  [new Keygrip(['second secret'], 'sha512'), 'D8njRdh1RhS2fedAKTKh3JyAU7gzlllZroD78EfGbIouFmWncOevdjKSvse9x0ZMw7Wr2dhW3n90-ruKzVWbrQ'],
  [new Keygrip(['first secret'], 'sha1', 'hex'), 'e946ee974d5ab96bb450bd4035e08f3b6831274b']
]
// The JSON of a Keygrip does not show its keys, so it would be the same in several titles.
const describeKeys = (keys) => Array.isArray(keys) ? JSON.stringify(keys) : 'a Keygrip'

for (const [version, Koa] of Object.entries(KOAS)) {
  describe(`the bytes of a cookie session on ${version}`, () => {
    for (const [options, setCookie] of LINES) {
      test(JSON.stringify(options), async (t) => {
        freeze(t)
        const client = await visit(t, options, put, { Koa })
        assert.deepEqual((await client.get()).setCookie, setCookie)
      })
    }

    test('that is removed', async (t) => {
      const client = await visit(t, {}, (ctx) => { ctx.session = null }, { Koa })
      assert.deepEqual((await client.get()).setCookie, [
        'koa.sess=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly',
        'koa.sess.sig=PUUpJndRm52wF0aSr46g0-hXtsk; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly'
      ])
    })

    test('that is empty and saved', async (t) => {
      freeze(t)
      const client = await visit(t, { autoCommit: false }, (ctx) => { ctx.session.save() }, { Koa })
      assert.deepEqual((await client.get()).setCookie, [
        'koa.sess=eyJfZXhwaXJlIjoxNzA0MTUzNjAwMDAwLCJfbWF4QWdlIjo4NjQwMDAwMH0=; path=/; httponly',
        'koa.sess.sig=w8RqN_ftN63deVVWrOk0NQ-b3MY; path=/; httponly'
      ])
    })

    for (const [keys, signature] of SIGNATURES) {
      test(`signed by ${describeKeys(keys)}: ${signature.slice(0, 8)}`, async (t) => {
        freeze(t)
        const client = await visit(t, {}, put, { Koa, keys })
        assert.equal((await client.get()).setCookie[1], `koa.sess.sig=${signature}; path=/; httponly`)
        // The same keys verify the signature, so no new one is sent.
        assert.deepEqual((await client.get('/', { cookie: `koa.sess=${VALUE}; koa.sess.sig=${signature}` })).setCookie, [])
      })
    }
  })
}

describe('the bytes of an id', () => {
  for (const mode of ['store', 'ContextStore']) {
    test(mode, async (t) => {
      freeze(t)
      const { options } = MODES[mode]()
      const client = await visit(t, { ...options, genid: () => 'an-id', maxAge: 3600000 }, put)
      assert.deepEqual((await client.get()).setCookie, [
        'koa.sess=an-id; path=/; expires=Mon, 01 Jan 2024 01:00:00 GMT; httponly',
        'koa.sess.sig=Q33RMi2Fp0PZLo74cQ2I9R8s9AE; path=/; expires=Mon, 01 Jan 2024 01:00:00 GMT; httponly'
      ])
    })
  }
})

const ENVELOPE = '"_expire":1704153600000,"_maxAge":86400000}'

/** Data, and the JSON text of its keys, in the order in which a session has them. */
const DATA = [
  [{ b: 1, a: 2, 10: 3, 9: 4 }, '{"9":4,"10":3,"b":1,"a":2,'],
  [{ n: [0, -0, 1.5, 1e21, 1e-7, 123456789012345680000, NaN, Infinity] }, '{"n":[0,0,1.5,1e+21,1e-7,123456789012345680000,null,null],'],
  [{ s: 'é€𝄞\u2028\u0000\u001f"\\/' }, '{"s":"é€𝄞\u2028\\u0000\\u001f\\"\\\\/",'],
  [{ s: '\ud800', '\udfff': 1 }, '{"s":"\\ud800","\\udfff":1,'],
  [{ d: new Date(0), u: undefined, f () {}, x: { toJSON: () => 'own' } }, '{"d":"1970-01-01T00:00:00.000Z","x":"own",'],
  [{ _hidden: 1, a: { _kept: 1 }, '': {} }, '{"a":{"_kept":1},"":{},'],
  [{ text: '"_expire":1,"_maxAge":2}' }, '{"text":"\\"_expire\\":1,\\"_maxAge\\":2}",'],
  [{ last: { _expire: 1, _maxAge: 2 } }, '{"last":{"_expire":1,"_maxAge":2},'],
  [{ list: [undefined, () => {}, new Map([[1, 2]]), Object('s'), Buffer.from('a')] }, '{"list":[null,null,{},"s",{"type":"Buffer","data":[97]}],']
]

describe('the bytes of data', () => {
  for (const [data, json] of DATA) {
    test(json, async (t) => {
      freeze(t)
      const client = await visit(t, {}, (ctx) => {
        if (ctx.path === '/put') Object.assign(ctx.session, data)
        return ctx.session
      })
      const value = Buffer.from(json + ENVELOPE).toString('base64')
      assert.deepEqual((await client.get('/put')).setCookie, [
        `koa.sess=${value}; path=/; httponly`,
        `koa.sess.sig=${sign(`koa.sess=${value}`)}; path=/; httponly`
      ])
      const { body, setCookie } = await client.get()
      assert.deepEqual([body, setCookie], [JSON.stringify(JSON.parse(`${json.slice(0, -1)}}`)), []])
    })
  }
})
