'use strict'

const assert = require('node:assert/strict')
const { execFile } = require('node:child_process')
const { join } = require('node:path')
const { test } = require('node:test')

const REQUESTS = 100000

/** In a process of its own, without the memory of the test runner. */
function soak (requests) {
  const args = ['--no-warnings', join(__dirname, '..', 'scripts', 'soak.js'), String(requests)]
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, (err, stdout, stderr) => {
      if (stdout === '') reject(err ?? new Error(stderr))
      else resolve({ code: err?.code ?? 0, ...JSON.parse(stdout) })
    })
  })
}

test(`nothing remains in use after ${REQUESTS} requests`, async (t) => {
  const { code, grown, before, after, first, seconds } = await soak(REQUESTS)
  t.diagnostic(`${first} bytes after the first half, ${grown} more after the second; ${seconds} s`)
  assert.deepEqual(after, before)
  assert.ok(grown < 2 * 1024 * 1024, `${grown} bytes more`)
  assert.equal(code, 0)
})
