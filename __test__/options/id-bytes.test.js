'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { of } = require('../harness/app')
const { MODES } = require('../harness/modes')
const { errorOf, refuses } = require('../harness/refusal')
const { start, visit } = require('../harness/server')

const ROUTES = {
  async '/in' (ctx) {
    ctx.session.user = 'ann'
    return [ctx.session.externalKey]
  },
  async '/regenerate' (ctx) {
    await of(ctx).regenerate()
    return [of(ctx).id]
  },
  '/options': (ctx) => [ctx.sessionOptions.genid()],
  '/me': (ctx) => [ctx.session.user]
}

describe('idBytes', () => {
  for (const mode of ['store', 'ContextStore', 'externalKey']) {
    test(`ids have this number of random bytes in URL-safe base64, after the prefix: ${mode}`, async (t) => {
      for (const [idBytes, length] of [[16, 22], [32, 43], [64, 86]]) {
        const { options } = MODES[mode]()
        const client = await visit(t, { ...options, idBytes, prefix: 'app:' }, ROUTES)
        const ids = new Set()
        for (const path of ['/in', '/regenerate', '/regenerate', '/options']) {
          const [id] = (await client.get(path)).json
          assert.match(id, /^app:[\w-]+$/)
          assert.equal(id.length, 4 + length)
          ids.add(id)
        }
        assert.equal(ids.size, 4)
        assert.deepEqual((await client.get('/me')).json, ['ann'])
      }
    })
  }

  test('the default is a UUID', async (t) => {
    const client = await visit(t, MODES.store().options, ROUTES)
    assert.match((await client.get('/in')).json[0], /^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/)
  })

  test('is refused together with genid', () => {
    const { code, option } = errorOf({ idBytes: 32, genid: () => 'id' })
    assert.deepEqual([code, option], ['ERR_SESSION_OPTION', 'genid'])
  })
})

test('a wrong number after the start is an error that names the option', async (t) => {
  for (const idBytes of [-1, 15, 1e9, 'many']) {
    const options = { ...MODES.store().options, idBytes: 16 }
    const server = await start(t, options, ROUTES)
    options.idBytes = idBytes
    assert.equal((await server.get('/in')).status, 500)
    assert.deepEqual([server.errors[0].code, server.errors[0].option], ['ERR_SESSION_OPTION', 'idBytes'])
  }
})

refuses('idBytes', [['32', 'string'], [15, 'number'], [65, 'number'], [16.5, 'number']])
