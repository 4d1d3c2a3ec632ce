'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { MODES } = require('../harness/modes')
const { visit } = require('../harness/server')

const respond = async (ctx) => {
  ctx.sessionOptions.domain = 'example.com'
  ctx.session.views = (ctx.session.views ?? 0) + 1
  ctx.session.maxAge = 5000
  return { views: ctx.session.views }
}

/** Makes an options object that records every attempt to change it. */
function watched (options) {
  const writes = []
  const note = (trap) => (target, name) => {
    writes.push(`${trap} ${String(name)}`)
    return true
  }
  const traps = ['set', 'defineProperty', 'deleteProperty', 'setPrototypeOf', 'preventExtensions']
  return [new Proxy(options, Object.fromEntries(traps.map((trap) => [trap, note(trap)]))), writes]
}

describe('the options object', () => {
  for (const [mode, make] of Object.entries(MODES)) {
    test(`may be frozen: ${mode}`, async (t) => {
      const client = await visit(t, Object.freeze(make().options), respond)
      assert.deepEqual((await client.get()).json, { views: 1 })
      assert.deepEqual((await client.get()).json, { views: 2 })
    })

    test(`is never written to: ${mode}`, async (t) => {
      const [options, writes] = watched({ ...make().options, sameSite: null, overwrite: null, maxage: 1000 })
      const before = Object.keys(options)
      const client = await visit(t, options, respond)
      await client.get()
      await client.get()
      assert.deepEqual(writes, [])
      assert.deepEqual(Object.keys(options), before)
    })
  }

  test('may be shared by apps', async (t) => {
    const options = Object.freeze({ key: 'shared' })
    for (let i = 0; i < 2; i++) {
      const client = await visit(t, options, respond)
      assert.deepEqual((await client.get()).json, { views: 1 })
      assert.deepEqual((await client.get()).json, { views: 2 })
    }
  })

  test('may have no prototype, and keys of its own', async (t) => {
    const options = Object.assign(Object.create(null), { key: 'own', unknown: { a: 1 } })
    const seen = []
    const client = await visit(t, options, (ctx) => {
      seen.push(ctx.sessionOptions.unknown)
      return respond(ctx)
    })
    await client.get()
    assert.ok(client.jar.has('own'))
    assert.equal(seen[0], options.unknown)
  })
})
