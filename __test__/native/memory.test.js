'use strict'

// Memory of JavaScript's may be gone when JavaScript has run. The numbers of a call lie in memory of JavaScript's, which may be gone in the next call: that is an error then, and
// never an access.

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { runFixture } = require('./child')

describe('the memory of numbers', () => {
  test('is looked for in each call', () => {
    const codes = runFixture('lose-memory.js')
    assert.ok(Object.keys(codes).length > 50)
    for (const [name, found] of Object.entries(codes)) {
      const after = name.startsWith('grown') ? undefined : 'InvalidArg'
      assert.deepEqual(found, after === undefined ? { isHarmed: false } : { after, isHarmed: false }, name)
    }
  })

  test('may be lost by an app that serves: requests with a session fail, the others do not', () => {
    assert.deepEqual(runFixture('lose-registers.js'), { statuses: [200, 500], last: 200 })
  })
})

test('the bytes of a key are copied before the next key is read', () => {
  assert.deepEqual(runFixture('lose-keys.js'), { isDetached: true, isSame: true })
})
