'use strict'

// If a function that an addon calls throws, the thrown value is passed on.

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { runFixture } = require('./child')

describe('a value thrown', () => {
  test('by the emit function is thrown by the call, and that function runs once', () => {
    const { expected, same, emitted } = runFixture('throw-from-emit.js')
    assert.deepEqual({ same, emitted }, { same: expected, emitted: expected + 1 })
  })

  for (const addon of ['sqlite', 'redis']) {
    test(`by the function that ${addon} delivers answers to is an uncaught exception`, () => {
      assert.deepEqual(runFixture('throw-from-answer.js', addon), { isSame: true })
    })
  }
})
