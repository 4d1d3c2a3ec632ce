'use strict'

/** SessionOptions at run time: `node --test __test__/options/session-options.test.js` */

const assert = require('node:assert/strict')
const { createRequire } = require('node:module')
const { describe, test } = require('node:test')

const { SessionOptions } = require('../..')
const { visit } = require('../harness/server')

/** The zod that koa-session depends on, which has both versions in it. */
const fromKoaSession = createRequire(require.resolve('koa-session'))
const z = fromKoaSession('zod')
const z4 = fromKoaSession('zod/v4')

/** A schema without a library: a default, and a check that says nothing. */
const flag = (preset) => ({
  parse (value = preset) {
    if (typeof value === 'boolean') return value
    throw new Error('no flag')
  }
})

/** The same by safeParse alone. */
const safeFlag = (preset) => ({
  safeParse (value = preset) {
    return typeof value === 'boolean' ? { success: true, data: value } : { success: false, error: new Error('no flag') }
  }
})

/** Schemas of the same kind, by where they come from, with what the error says was expected. */
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

    test('adds more to what was extended, which stays as it was', () => {
      assert.deepEqual(Twice.parse({ verbose: true }), { ...DEFAULTS, logValue: true, verbose: true })
      assert.ok(!('verbose' in Config.parse({ verbose: true })))
      assert.ok(!('logValue' in SessionOptions.parse({ logValue: true })))
    })

    test('replaces what was extended by the same name', () => {
      assert.equal(Config.extend({ logValue: make(false) }).parse({}).logValue, false)
    })

    test('refuses what the schema refuses, and names the option', () => {
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

    test('goes on refusing what is no option of ours', () => {
      assert.throws(() => Twice.parse({ maxAge: '5d' }), { code: 'ERR_SESSION_OPTION', option: 'maxAge', received: 'string' })
      assert.throws(() => Twice.parse({ store: {} }), { code: 'ERR_SESSION_OPTION', option: 'store.get' })
      for (const given of [undefined, null, 'a text', 1]) {
        assert.throws(() => Twice.parse(given), { code: 'ERR_SESSION_OPTION', option: 'opts' })
      }
    })

    test('says the same by safeParse, without throwing', () => {
      assert.deepEqual(Twice.safeParse({ key: 'k' }), { success: true, data: Twice.parse({ key: 'k' }) })
      for (const [given, option] of [[{ verbose: 1 }, 'verbose'], [{ key: 1 }, 'key'], [null, 'opts']]) {
        const { success, error, ...rest } = Twice.safeParse(given)
        assert.deepEqual([success, error.code, error.option, rest], [false, 'ERR_SESSION_OPTION', option, {}])
      }
    })
  })
}

describe('SessionOptions.extend', () => {
  test('has a schema for an option of ours take the place of its check and its default', () => {
    const Own = SessionOptions.extend({ key: z.string().default('own.sess'), maxAge: z.string().optional() })
    assert.deepEqual(Own.parse({}), { ...DEFAULTS, key: 'own.sess' })
    assert.equal(Own.parse({ maxAge: '5d' }).maxAge, '5d')
    assert.throws(() => Own.parse({ maxAge: 1 }), { option: 'maxAge', received: 'number' })
    assert.throws(() => Own.parse({ renew: 1 }), { option: 'renew' })
  })

  test('gives what a schema made of a value', () => {
    const Days = SessionOptions.extend({ maxAge: z.string().transform((text) => parseInt(text) * 86_400_000) })
    assert.equal(Days.parse({ maxAge: '5d' }).maxAge, 432_000_000)
  })

  test('leaves an option out that is undefined', () => {
    assert.deepEqual(SessionOptions.extend({ label: z.string().optional() }).parse({}), DEFAULTS)
  })

  test('reads options from whatever object has them', () => {
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

  test('refuses what is no shape, and what is no schema in one', () => {
    for (const shape of [undefined, null, 'a text', 1]) {
      assert.throws(() => SessionOptions.extend(shape), { code: 'ERR_SESSION_OPTION', option: 'shape' })
    }
    for (const schema of [undefined, null, true, {}, { parse: 'yes' }]) {
      assert.throws(() => SessionOptions.extend({ logValue: schema }), { code: 'ERR_SESSION_OPTION', option: 'logValue' })
    }
  })

  test('passes on what is no refusal: an error of a getter', () => {
    const fault = new RangeError('a fault of the app')
    const given = { get key () { throw fault } }
    assert.throws(() => SessionOptions.safeParse(given), fault)
    assert.throws(() => SessionOptions.extend({ logValue: flag(true) }).safeParse(given), fault)
  })

  test('works without its object, as functions of zod do', () => {
    const { extend } = SessionOptions
    const { parse, safeParse } = extend({ logValue: flag(true) })
    assert.equal(parse({}).logValue, true)
    assert.equal(safeParse({}).success, true)
  })

  test('gives options that session() takes', async (t) => {
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
