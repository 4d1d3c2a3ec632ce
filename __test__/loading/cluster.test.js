'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')

test('workers of a cluster share a session, also after one is killed, and the cluster ends by itself', () => {
  const { signal, status, stdout, stderr } = spawnSync(process.execPath, [require.resolve('./fixtures/cluster.js')],
    { encoding: 'utf8', timeout: 30_000 })
  assert.deepEqual({ signal, status, stderr }, { signal: null, status: 0, stderr: '' })
  assert.deepEqual(JSON.parse(stdout), {
    code: 0,
    sameAddress: true,
    early: { counts: [1, 2, 3, 4, 5, 6], served: 2 },
    late: { counts: [7, 8, 9, 10], served: 1 }
  })
})
