'use strict'

// The numbers of a call are in memory of JavaScript, which JavaScript may free between calls. That has to cause an error, and never
// an access to freed memory.

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { runFixture } = require('./child')

describe('the memory of numbers', () => {
  test('is looked up in each call', () => {
    const codes = runFixture('lose-memory.js')
    assert.ok(Object.keys(codes).length > 50)
    for (const [name, found] of Object.entries(codes)) {
      const after = name.startsWith('grown') ? undefined : 'InvalidArg'
      assert.deepEqual(found, after === undefined ? { isHarmed: false } : { after, isHarmed: false }, name)
    }
  })

  test('may be lost while an app serves: requests with a session fail, the others do not', () => {
    assert.deepEqual(runFixture('lose-opened-numbers.js'), { statuses: [200, 500], last: 200 })
  })
})

test('the bytes of a key are copied before the next key is read', () => {
  assert.deepEqual(runFixture('lose-keys.js'), { isDetached: true, isSame: true })
})
