'use strict'

// What a function throws that an addon calls is passed on as it is.

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { runFixture } = require('./child')

describe('what is thrown', () => {
  test('by the function that emits comes out of the call, and that function runs once', () => {
    const { expected, same, emitted } = runFixture('throw-from-emit.js')
    assert.deepEqual({ same, emitted }, { same: expected, emitted: expected + 1 })
  })

  for (const addon of ['sqlite', 'redis']) {
    test(`by the function that ${addon} answers is an uncaught exception`, () => {
      assert.deepEqual(runFixture('throw-from-answer.js', addon), { isSame: true })
    })
  }
})
