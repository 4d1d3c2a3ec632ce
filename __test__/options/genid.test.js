'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { MODES } = require('../harness/modes')
const { refuses } = require('../harness/refusal')
const { visit } = require('../harness/server')

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const STORED = ['store', 'ContextStore', 'externalKey']

const put = (ctx) => {
  ctx.session.a = 1
  return { id: ctx.session.externalKey }
}

describe('genid', () => {
  for (const mode of STORED) {
    test(`is a UUIDv4 by default, another for each session: ${mode}`, async (t) => {
      const { options, store } = MODES[mode]()
      const client = await visit(t, options, put)
      const ids = []
      for (let i = 0; i < 20; i++) ids.push((await client.get('/', { cookie: '' })).json.id)
      for (const id of ids) assert.match(id, UUID_V4)
      assert.equal(new Set(ids).size, 20)
      assert.deepEqual([...store.records.keys()], ids)
    })

    test(`is called with ctx for each session without an id: ${mode}`, async (t) => {
      const { options, store } = MODES[mode]()
      const calls = []
      const client = await visit(t, { ...options, genid: (...args) => `${args[0].path.slice(1)}-${calls.push(args)}` }, put)
      assert.deepEqual((await client.get('/here')).json, { id: 'here-1' })
      assert.deepEqual((await client.get('/there')).json, { id: 'here-1' })
      assert.deepEqual(calls.map((args) => args.length), [1])
      assert.deepEqual([...store.records.keys()], ['here-1'])
    })

    test(`is called for a visitor without a session, even if none is saved: ${mode}`, async (t) => {
      let calls = 0
      const client = await visit(t, { ...MODES[mode]().options, genid: () => `id${++calls}` }, () => 'untouched')
      assert.deepEqual((await client.get()).setCookie, [])
      assert.equal(calls, 1)
    })
  }

  test('is not called in cookie mode', async (t) => {
    const client = await visit(t, { genid () { throw new Error('called') } }, put)
    assert.deepEqual((await client.get()).json, {})
  })

  test('may throw: its error fails the request', async (t) => {
    const client = await visit(t, { ...MODES.store().options, genid () { throw Object.assign(new Error('no'), { status: 503 }) } }, put)
    assert.equal((await client.get()).status, 503)
  })
})

refuses('genid', [['id', 'string']])
