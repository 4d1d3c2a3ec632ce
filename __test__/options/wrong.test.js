'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const Koa = require('koa')

const session = require('../..')
const { optionNames } = require('../harness/option-names')
const { errorOf } = require('../harness/refusal')
const { visit } = require('../harness/server')

/** Tests for all options; the file of each has the values that it refuses. */
describe('a wrong option', () => {
  test('throws before the app is changed', () => {
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
    test(`may also be a value that is no object, in place of all options: ${typeof options}`, () => {
      const error = errorOf(options)
      assert.deepEqual([error.code, error.received], ['ERR_SESSION_OPTION', typeof options])
    })
  }

  test('is not in the error, since it may be a secret', () => {
    const secret = 'a-very-secret-value'
    const names = optionNames()
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
  // With null or undefined, there is no path attribute.
  const NAMES = optionNames().filter((name) => name !== 'path')

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
