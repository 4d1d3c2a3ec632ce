'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { MODES } = require('../harness/modes')
const { refuses } = require('../harness/refusal')
const { visit } = require('../harness/server')

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const put = (ctx) => {
  ctx.session.a = 1
  return { id: ctx.session.externalKey }
}

describe('prefix', () => {
  test('is empty by default', async (t) => {
    const client = await visit(t, MODES.store().options, put)
    assert.match((await client.get()).json.id, UUID_V4)
  })

  for (const mode of ['store', 'ContextStore', 'externalKey']) {
    test(`precedes the UUID: ${mode}`, async (t) => {
      const client = await visit(t, { ...MODES[mode]().options, prefix: 'app:' }, put)
      const { id } = (await client.get()).json
      assert.ok(id.startsWith('app:'))
      assert.match(id.slice(4), UUID_V4)
    })
  }

  test('may be any text', async (t) => {
    const client = await visit(t, { ...MODES.store().options, prefix: 'ü/{}%s' }, put)
    assert.match((await client.get()).json.id, /^ü\/\{\}%s[0-9a-f]{8}-/)
  })

  test('is not used with genid', async (t) => {
    const client = await visit(t, { ...MODES.store().options, prefix: 'app:', genid: () => 'mine' }, put)
    assert.deepEqual((await client.get()).json, { id: 'mine' })
  })
})

refuses('prefix', [[1, 'number']])
