'use strict'

/** SessionOptions at run time: `node --test __test__/options/session-options.test.js` */

const assert = require('node:assert/strict')
const { createRequire } = require('node:module')
const { describe, test } = require('node:test')

const { SessionOptions } = require('../..')
const { visit } = require('../harness/server')

/** The zod that koa-session depends on, which contains versions 3 and 4. */
const fromKoaSession = createRequire(require.resolve('koa-session'))
const z = fromKoaSession('zod')
const z4 = fromKoaSession('zod/v4')

/** A schema without a library: a default, and an error without an explanation. */
const flag = (preset) => ({
  parse (value = preset) {
    if (typeof value === 'boolean') return value
    throw new Error('no flag')
  }
})

/** The same, with safeParse only. */
const safeFlag = (preset) => ({
  safeParse (value = preset) {
    return typeof value === 'boolean' ? { success: true, data: value } : { success: false, error: new Error('no flag') }
  }
})

/** Equivalent schemas of different sources, with the expectation in their errors. */
const FLAGS = {
  'with parse': [flag, 'what its schema takes'],
  'with safeParse': [safeFlag, 'what its schema takes'],
  'of zod 3': [(preset) => z.boolean().default(preset), 'boolean'],
  'of zod 4': [(preset) => z4.boolean().default(preset), 'boolean']
}

const DEFAULTS = SessionOptions.parse({})

for (const [kind, [make, expected]] of Object.entries(FLAGS)) {
  describe(`SessionOptions.extend, by schemas ${kind}`, () => {
    const Config = SessionOptions.extend({ logValue: make(true) })
    const Twice = Config.extend({ verbose: make(false) })

    test('adds an option and its default', () => {
      assert.deepEqual(Config.parse({}), { ...DEFAULTS, logValue: true })
      assert.deepEqual(Config.parse({ logValue: false, key: 'k' }), { ...DEFAULTS, key: 'k', logValue: false })
    })

    test('can be called again, without changing the extended schema', () => {
      assert.deepEqual(Twice.parse({ verbose: true }), { ...DEFAULTS, logValue: true, verbose: true })
      assert.ok(!('verbose' in Config.parse({ verbose: true })))
      assert.ok(!('logValue' in SessionOptions.parse({ logValue: true })))
    })

    test('replaces an added option of the same name', () => {
      assert.equal(Config.extend({ logValue: make(false) }).parse({}).logValue, false)
    })

    test('refuses values that the schema refuses, and names the option', () => {
      const details = { code: 'ERR_SESSION_OPTION', option: 'verbose', expected, received: 'string' }
      for (const value of ['yes', 'a secret']) {
        assert.throws(() => Twice.parse({ verbose: value }), (error) => {
          assert.ok(error instanceof TypeError)
          assert.deepEqual({ ...error }, { name: 'SessionOptionError', ...details })
          assert.ok(error.cause instanceof Error)
          assert.ok(!error.message.includes(value))
          return true
        })
      }
      assert.throws(() => Twice.parse({ logValue: null }), { code: 'ERR_SESSION_OPTION', option: 'logValue', received: 'null' })
    })

    test('still refuses invalid values of our options', () => {
      assert.throws(() => Twice.parse({ maxAge: '5d' }), { code: 'ERR_SESSION_OPTION', option: 'maxAge', received: 'string' })
      assert.throws(() => Twice.parse({ store: {} }), { code: 'ERR_SESSION_OPTION', option: 'store.get' })
      for (const given of [undefined, null, 'a text', 1]) {
        assert.throws(() => Twice.parse(given), { code: 'ERR_SESSION_OPTION', option: 'opts' })
      }
    })

    test('returns the same by safeParse, without throwing', () => {
      assert.deepEqual(Twice.safeParse({ key: 'k' }), { success: true, data: Twice.parse({ key: 'k' }) })
      for (const [given, option] of [[{ verbose: 1 }, 'verbose'], [{ key: 1 }, 'key'], [null, 'opts']]) {
        const { success, error, ...rest } = Twice.safeParse(given)
        assert.deepEqual([success, error.code, error.option, rest], [false, 'ERR_SESSION_OPTION', option, {}])
      }
    })
  })
}

describe('SessionOptions.extend', () => {
  test('a schema for one of our options replaces its check and its default', () => {
    const Own = SessionOptions.extend({ key: z.string().default('own.sess'), maxAge: z.string().optional() })
    assert.deepEqual(Own.parse({}), { ...DEFAULTS, key: 'own.sess' })
    assert.equal(Own.parse({ maxAge: '5d' }).maxAge, '5d')
    assert.throws(() => Own.parse({ maxAge: 1 }), { option: 'maxAge', received: 'number' })
    assert.throws(() => Own.parse({ renew: 1 }), { option: 'renew' })
  })

  test('returns the value that a schema has transformed', () => {
    const Days = SessionOptions.extend({ maxAge: z.string().transform((text) => parseInt(text) * 86_400_000) })
    assert.equal(Days.parse({ maxAge: '5d' }).maxAge, 432_000_000)
  })

  test('omits an option that is undefined', () => {
    assert.deepEqual(SessionOptions.extend({ label: z.string().optional() }).parse({}), DEFAULTS)
  })

  test('reads options from any kind of object', () => {
    class Given {
      #logValue = false
      get logValue () { return this.#logValue }
      get key () { return `k${this.#logValue}` }
    }
    const Config = SessionOptions.extend({ logValue: flag(true) })
    assert.deepEqual(Config.parse(new Given()), { ...DEFAULTS, key: 'kfalse', logValue: false })
    assert.deepEqual(Config.parse(Object.freeze({ key: 'k' })), { ...DEFAULTS, key: 'k', logValue: true })
    assert.deepEqual(Config.parse(Object.assign(Object.create(null), { key: 'k' })), { ...DEFAULTS, key: 'k', logValue: true })
  })

  test('changes no prototype', () => {
    const Config = SessionOptions.extend({ ['__proto__']: { parse: () => ({ isAdmin: true }) } })
    assert.equal(Object.getPrototypeOf(Config.parse({})), Object.prototype)
  })

  test('refuses an invalid shape, and one with an invalid schema', () => {
    for (const shape of [undefined, null, 'a text', 1]) {
      assert.throws(() => SessionOptions.extend(shape), { code: 'ERR_SESSION_OPTION', option: 'shape' })
    }
    for (const schema of [undefined, null, true, {}, { parse: 'yes' }]) {
      assert.throws(() => SessionOptions.extend({ logValue: schema }), { code: 'ERR_SESSION_OPTION', option: 'logValue' })
    }
  })

  test('passes on an error that is no refusal, such as that of a getter', () => {
    const fault = new RangeError('a fault of the app')
    const given = { get key () { throw fault } }
    assert.throws(() => SessionOptions.safeParse(given), fault)
    assert.throws(() => SessionOptions.extend({ logValue: flag(true) }).safeParse(given), fault)
  })

  test('has functions that work unbound, like those of zod', () => {
    const { extend } = SessionOptions
    const { parse, safeParse } = extend({ logValue: flag(true) })
    assert.equal(parse({}).logValue, true)
    assert.equal(safeParse({}).success, true)
  })

  test('returns options that session() accepts', async (t) => {
    const options = SessionOptions.extend({ logValue: flag(true) }).parse({ key: 'framework.sess' })
    const client = await visit(t, options, (ctx) => {
      ctx.session.views = (ctx.session.views ?? 0) + 1
      return ctx.session
    })
    assert.deepEqual((await client.get()).json, { views: 1 })
    assert.deepEqual((await client.get()).json, { views: 2 })
    assert.deepEqual([...client.jar.keys()], ['framework.sess', 'framework.sess.sig'])
  })
})
