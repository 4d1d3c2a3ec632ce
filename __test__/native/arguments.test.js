'use strict'

// Any argument of an addon's function has an effect or causes an error. None ends the process, and no error contains the argument.

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { runFixture } = require('./child')

describe('any arguments', () => {
  for (const addon of ['binding', 'sqlite', 'redis']) {
    test(`can be passed to the functions of ${addon}`, () => {
      const { calls, wrong } = runFixture('call-all.js', addon)
      assert.ok(calls > 5000)
      assert.deepEqual(wrong, [])
    })
  }

  test('can be passed to the stores', () => {
    assert.deepEqual(runFixture('call-stores.js'), { thrown: 0, leaks: [], isServing: true })
  })
})
