'use strict'

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const path = require('node:path')
const { describe, test } = require('node:test')

const { freeze } = require('../harness/clock')
const { decode } = require('../harness/forge')
const { refuses } = require('../harness/refusal')
const { visit } = require('../harness/server')

const put = (ctx) => {
  ctx.session.a = 1
  return { session: ctx.session.maxAge, options: ctx.sessionOptions.maxAge }
}

describe('maxage, the old spelling', () => {
  test('is maxAge', async (t) => {
    freeze(t)
    const client = await visit(t, { maxage: 3600000 }, put)
    const { setCookie, json } = await client.get()
    assert.deepEqual(json, { session: 3600000, options: 3600000 })
    assert.equal(decode(setCookie)._maxAge, 3600000)
    assert.ok(setCookie[0].endsWith('; expires=Mon, 01 Jan 2024 01:00:00 GMT; httponly'))
  })

  test('is overridden by maxAge', async (t) => {
    const client = await visit(t, { maxage: 1000, maxAge: 3600000 }, put)
    assert.equal(decode((await client.get()).setCookie)._maxAge, 3600000)
  })

  test('emits a warning outside production', () => {
    const script = `
      process.on('warning', (warning) => console.log(warning.name))
      const app = new (require('koa'))()
      require('..')({ maxage: 1000 }, app)
      require('..')({ maxAge: 1000 }, new (require('koa'))())`
    const run = (NODE_ENV) => execFileSync(process.execPath, ['-e', script], {
      cwd: path.dirname(__dirname), env: { ...process.env, NODE_ENV, NODE_NO_WARNINGS: '' }, stdio: ['ignore', 'pipe', 'ignore']
    }).toString()
    assert.equal(run('development'), 'DeprecationWarning\n')
    assert.equal(run('production'), '')
  })
})

refuses('maxage', [['1000', 'string', 'maxAge']])
