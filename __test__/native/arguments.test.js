'use strict'

// What is handed to an addon has an effect or an error: it never ends the process, and no error tells what was handed over.

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { runFixture } = require('./child')

describe('any arguments', () => {
  for (const addon of ['binding', 'sqlite', 'redis']) {
    test(`may be given to the functions of ${addon}`, () => {
      const { calls, wrong } = runFixture('call-all.js', addon)
      assert.ok(calls > 5000)
      assert.deepEqual(wrong, [])
    })
  }

  test('may be given to the stores', () => {
    assert.deepEqual(runFixture('call-stores.js'), { thrown: 0, told: [], isServing: true })
  })
})
