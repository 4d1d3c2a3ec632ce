'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')

const { KOAS, session } = require('./app')

const { koa3: Koa } = KOAS

/** Returns the error of session() for some options. */
function errorOf (options) {
  try {
    session(options, new Koa())
  } catch (error) {
    return error
  }
  assert.fail('there is no error')
}

/**
 * Tests that session() refuses values of an option, with an error whose fields say which and why.
 *
 * @param {string} option
 * @param {Array<[*, string, string?]>} rows a value, its description in the error, and the option that the error names, if that is another
 * @param {object} [others] options that are given beside it
 */
function refuses (option, rows, others = {}) {
  for (const [value, received, named = option] of rows) {
    test(`a wrong ${option} is refused by an error that names ${named}: ${received}`, () => {
      const error = errorOf({ ...others, [option]: value })
      assert.ok(error instanceof TypeError)
      assert.equal(error.code, 'ERR_SESSION_OPTION')
      assert.deepEqual([error.option, error.received], [named, received])
      assert.equal(typeof error.expected, 'string')
      const [line] = error.message.split('\n')
      assert.ok(line.includes('Invalid input') && line.includes(named))
    })
  }
}

/** Tests the same for methods, whose errors have koa-session's message. */
function refusesMethods (option, rows) {
  for (const [value, named, received] of rows) {
    test(`a wrong ${option} is refused with koa-session's message: ${named} is ${received}`, () => {
      const error = errorOf({ [option]: value })
      assert.equal(error.message.split('\n')[0], `${named} must be function`)
      assert.equal(error.code, 'ERR_SESSION_OPTION')
      assert.deepEqual([error.option, error.expected, error.received], [named, 'function', received])
    })
  }
}

module.exports = { errorOf, refuses, refusesMethods }
