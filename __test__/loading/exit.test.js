'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')

const index = JSON.stringify(require.resolve('../..'))

// The timeout only ends a process that hangs.
function run (...args) {
  return spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 })
}

function assertEnded ({ error, signal, status, stderr }) {
  assert.equal(error, undefined)
  assert.deepEqual({ signal, status, stderr }, { signal: null, status: 0, stderr: '' })
}

describe('a process', () => {
  test('that loads the package ends by itself', () => {
    assertEnded(run('-e', `require(${index})`))
  })

  test('that makes an app ends by itself', () => {
    assertEnded(run('-e', `
      const app = { use () {}, context: {}, keys: ['a key to exit with'], emit () {}, on () {} }
      require(${index})({ maxAge: 1000, store: { get () {}, set () {}, destroy () {} } }, app)
    `))
  })

  test('that handled requests ends by itself, and the package leaves no listeners on it', () => {
    const child = run(require.resolve('./fixtures/exiting.js'))
    assertEnded(child)
    const { before, after, counts } = JSON.parse(child.stdout)
    assert.deepEqual(counts, [2, 2, 1])
    assert.deepEqual(after, before)
  })
})
