'use strict'

const { spawnSync } = require('node:child_process')
const { join } = require('node:path')
const assert = require('node:assert/strict')

/** Runs a fixture in a process of its own, and gives what it prints, as JSON. The process has to end as processes do. */
function runFixture (name, ...args) {
  // Time enough for any machine: what hangs would hang for ever.
  const child = spawnSync(process.execPath, [join(__dirname, 'fixtures', name), ...args], { encoding: 'utf8', timeout: 120_000 })
  const { error, signal, status, stderr, stdout } = child
  assert.equal(error, undefined)
  assert.deepEqual({ signal, status, stderr }, { signal: null, status: 0, stderr: '' })
  return JSON.parse(stdout)
}

module.exports = { runFixture }
