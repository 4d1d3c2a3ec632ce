'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const Koa = require('koa')

const session = require('../..')
const { visit } = require('../harness/server')

const none = () => {}
const methods = { get: none, set: none, destroy: none }
const without = (name) => ({ ...methods, [name]: undefined })

/** Makes an app with these options, and gives the error. */
function errorOf (options) {
  try {
    session(options, new Koa())
  } catch (error) {
    return error
  }
  assert.fail('there is no error')
}

/** Options, the option that the error names, and the type it was given. */
const WRONG = [
  [{ key: 1 }, 'key', 'number'],
  [{ key: {} }, 'key', 'object'],
  [{ key: ['a'] }, 'key', 'array'],
  [{ maxAge: '1000' }, 'maxAge', 'string'],
  [{ maxAge: 'Session' }, 'maxAge', 'string'],
  [{ maxAge: NaN }, 'maxAge', 'nan'],
  [{ maxAge: true }, 'maxAge', 'boolean'],
  [{ maxAge: new Date() }, 'maxAge', 'object'],
  [{ maxAge: 1n }, 'maxAge', 'bigint'],
  [{ maxage: '1000' }, 'maxAge', 'string'],
  [{ autoCommit: 1 }, 'autoCommit', 'number'],
  [{ overwrite: 'yes' }, 'overwrite', 'string'],
  [{ httpOnly: 'yes' }, 'httpOnly', 'string'],
  [{ signed: 1 }, 'signed', 'number'],
  [{ rolling: 'true' }, 'rolling', 'string'],
  [{ renew: 1 }, 'renew', 'number'],
  [{ secure: 'true' }, 'secure', 'string'],
  [{ sameSite: 1 }, 'sameSite', 'number'],
  [{ encode: 'base64' }, 'encode', 'string'],
  [{ decode: {} }, 'decode', 'object'],
  [{ genid: 'id' }, 'genid', 'string'],
  [{ prefix: 1 }, 'prefix', 'number'],
  [{ valid: true }, 'valid', 'boolean'],
  [{ beforeSave: [] }, 'beforeSave', 'array']
]

/** Options and koa-session's message for them, whose first word is the option. */
const METHODS = [
  [{ store: without('get') }, 'store.get must be function', 'undefined'],
  [{ store: without('set') }, 'store.set must be function', 'undefined'],
  [{ store: without('destroy') }, 'store.destroy must be function', 'undefined'],
  [{ store: { ...methods, get: 'a' } }, 'store.get must be function', 'string'],
  [{ store: {} }, 'store.get must be function', 'undefined'],
  [{ externalKey: { set: none } }, 'externalKey.get must be function', 'undefined'],
  [{ externalKey: { get: none } }, 'externalKey.set must be function', 'undefined'],
  [{ ContextStore: class { set () {} destroy () {} } }, 'ContextStore.prototype.get must be function', 'undefined'],
  [{ ContextStore: class { get () {} destroy () {} } }, 'ContextStore.prototype.set must be function', 'undefined'],
  [{ ContextStore: class { get () {} set () {} } }, 'ContextStore.prototype.destroy must be function', 'undefined']
]

describe('a wrong option', () => {
  for (const [options, option, received] of WRONG) {
    test(`is named: ${option} as ${received}`, () => {
      const error = errorOf(options)
      assert.ok(error instanceof TypeError)
      assert.equal(error.code, 'ERR_SESSION_OPTION')
      assert.deepEqual([error.option, error.received], [option, received])
      assert.equal(typeof error.expected, 'string')
      const [line] = error.message.split('\n')
      assert.ok(line.includes('Invalid input') && line.includes(option))
    })
  }

  for (const [options, message, received] of METHODS) {
    test(`has koa-session's message: ${message}, ${received}`, () => {
      const error = errorOf(options)
      assert.equal(error.message.split('\n')[0], message)
      assert.equal(error.code, 'ERR_SESSION_OPTION')
      assert.deepEqual([error.option, error.expected, error.received], [message.split(' ')[0], 'function', received])
    })
  }

  for (const externalKey of ['a', 1, true, none]) {
    test(`externalKey as ${typeof externalKey} names externalKey`, () => {
      const error = errorOf({ externalKey })
      assert.ok(error.message.split('\n')[0].includes('externalKey'))
      assert.equal(error.code, 'ERR_SESSION_OPTION')
      assert.ok(error.option.startsWith('externalKey'))
    })
  }

  for (const ContextStore of [{}, none, methods, 'a']) {
    test(`ContextStore as ${typeof ContextStore} has to be a class`, () => {
      const error = errorOf({ ContextStore })
      assert.equal(error.message.split('\n')[0], 'ContextStore must be a class')
      assert.deepEqual([error.code, error.option, error.expected], ['ERR_SESSION_OPTION', 'ContextStore', 'class'])
    })
  }

  test('is told before anything is put on the app', () => {
    const app = new Koa()
    assert.throws(() => session({ key: 1 }, app), { code: 'ERR_SESSION_OPTION' })
    assert.ok(!('session' in app.context))
  })

  test('is refused by SessionOptions.parse too', () => {
    const { parse } = session.SessionOptions
    for (const options of [{ key: 1 }, { store: {} }, null, 'a', undefined]) {
      assert.throws(() => parse(options), { code: 'ERR_SESSION_OPTION' })
    }
  })

  for (const options of ['a text', 1, true]) {
    test(`is what stands in the place of them all: ${typeof options}`, () => {
      const error = errorOf(options)
      assert.deepEqual([error.code, error.received], ['ERR_SESSION_OPTION', typeof options])
    })
  }

  test('is not shown: it may be a secret', () => {
    const secret = 'a-very-secret-value'
    const names = [...new Set(WRONG.map(([, option]) => option)), 'store', 'externalKey', 'ContextStore']
    for (const name of names) {
      for (const value of [secret, [secret], { [secret]: secret }, Object(secret)]) {
        let error
        try {
          session({ [name]: value }, new Koa())
        } catch (thrown) {
          error = thrown
        }
        if (error === undefined) continue
        assert.ok(!`${error.stack} ${JSON.stringify(error)} ${require('node:util').inspect(error)}`.includes(secret), name)
      }
    }
  })
})

describe('null and undefined', () => {
  const NAMES = [...new Set(WRONG.map(([, option]) => option)), 'store', 'externalKey', 'ContextStore', 'domain', 'priority']

  for (const nothing of [null, undefined]) {
    test(`${nothing} means the default`, async (t) => {
      const options = Object.fromEntries(NAMES.map((name) => [name, nothing]))
      const client = await visit(t, options, (ctx) => {
        ctx.session.a = 1
        return { maxAge: ctx.session.maxAge }
      })
      const { json, setCookie } = await client.get()
      assert.deepEqual(json, {})
      assert.deepEqual(setCookie.map((line) => line.replace(/=[^;]+/, '=')), ['koa.sess=; path=/; httponly', 'koa.sess.sig=; path=/; httponly'])
    })
  }
})
