'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')

const { MemoryStore } = require('../../stores/memory')
const { refuses } = require('../harness/refusal')
const { list, loggedIn, startUsers } = require('./users')

const labels = async (visitor) => (await list(visitor)).map(({ label }) => label)

test('a session has no label by default', async (t) => {
  const server = await startUsers(t)
  assert.deepEqual(await labels(await loggedIn(server, 'ann', 'phone')), [undefined])
})

test('label is called with ctx when a session gets its subject, not for each request', async (t) => {
  const calls = []
  const server = await startUsers(t, {
    label (...args) {
      calls.push([args.length, args[0].path])
      return args[0].get('user-agent')
    }
  })
  const ann = await loggedIn(server, 'ann', 'phone')
  assert.deepEqual(await labels(ann), ['phone'])
  await ann.get('/set?a=1', { 'user-agent': 'another' })
  assert.deepEqual(await labels(ann), ['phone'])
  assert.ok(calls.length > 0 && calls.every(([count, path]) => count === 1 && path === '/login'))
})

for (const nothing of [null, undefined]) {
  test(`label may return ${nothing}: no label`, async (t) => {
    const server = await startUsers(t, { label: () => nothing })
    assert.deepEqual(await labels(await loggedIn(server, 'ann')), [undefined])
  })
}

test('a label is truncated to 256 characters', async (t) => {
  const server = await startUsers(t, { label: () => 'x'.repeat(300) })
  assert.deepEqual(await labels(await loggedIn(server, 'ann')), ['x'.repeat(256)])
})

test('label must not return a promise', async (t) => {
  const server = await startUsers(t, { label: async () => 'phone' })
  assert.equal((await server.get('/login-in-place?user=ann')).status, 500)
  assert.deepEqual(server.errors.map(({ code }) => code), ['ERR_SESSION_VALUE'])
})

refuses('label', [['x', 'string'], [true, 'boolean']], { subject: 'user', store: new MemoryStore() })
