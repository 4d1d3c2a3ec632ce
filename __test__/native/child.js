'use strict'

const { spawnSync } = require('node:child_process')
const { join } = require('node:path')
const assert = require('node:assert/strict')

/** Runs a fixture in a process of its own, and returns the JSON that it prints. The process must end normally. */
function runFixture (name, ...args) {
  // The timeout only ends a process that hangs.
  const child = spawnSync(process.execPath, [join(__dirname, 'fixtures', name), ...args], { encoding: 'utf8', timeout: 120_000 })
  const { error, signal, status, stderr, stdout } = child
  assert.equal(error, undefined)
  assert.deepEqual({ signal, status, stderr }, { signal: null, status: 0, stderr: '' })
  return JSON.parse(stdout)
}

module.exports = { runFixture }
