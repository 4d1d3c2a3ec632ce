'use strict'

const assert = require('node:assert/strict')
const { execFile } = require('node:child_process')
const { createHash } = require('node:crypto')
const { describe, test } = require('node:test')

const { isUpstream } = require('../harness/app')

/** Plays requests in a process of its own, whose standard error is the log; prints the ids as JSON. */
const PLAY = `
const http = require('node:http')
const Koa = require('koa')
const subject = require(process.argv[1])
const session = subject.default ?? subject
const records = new Map()
const store = { get: (id) => records.get(id), set: (id, data) => { records.set(id, data) }, destroy: (id) => { records.delete(id) } }
function serve (opts) {
  const app = new Koa()
  app.keys = ['a key of its own']
  app.use(session({ signed: false, maxAge: 60000, ...opts }, app))
  app.use(async (ctx) => {
    if (ctx.path === '/in') ctx.session.user = 'the-secret-value'
    if (ctx.path === '/new') await ctx.session.regenerate()
    if (ctx.path === '/out') ctx.session = null
    ctx.body = ctx.session?.user ?? ''
  })
  return http.createServer(app.callback()).listen(0, '127.0.0.1')
}
async function play (opts) {
  const server = serve(opts)
  await new Promise((resolve) => server.once('listening', resolve))
  let cookie = 'koa.sess=the-missed-id'
  const seen = []
  for (const path of ['/me', '/in', '/me', '/new', '/out', '/me']) {
    console.error(path)
    const res = await fetch('http://127.0.0.1:' + server.address().port + path, { headers: { cookie, connection: 'close' } })
    await res.text()
    const pairs = res.headers.getSetCookie().map((line) => line.slice(0, line.indexOf(';')))
    if (pairs.length > 0) cookie = pairs.join('; ')
    seen.push(cookie.split('; ')[0].slice('koa.sess='.length))
  }
  server.close()
  return seen
}
play({ store }).then(async (ids) => {
  const values = await play({ signed: process.env.SIGNED === 'true' })
  console.log(JSON.stringify({ ids: [...new Set(ids)].filter(Boolean), values: [...new Set(values)].filter(Boolean) }))
})
`

function run (env) {
  const subject = isUpstream ? require.resolve('koa-session') : require.resolve('../..')
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['-e', PLAY, subject], { cwd: __dirname, env: { ...process.env, ...env } }, (err, stdout, stderr) => {
      if (err) reject(err)
      else resolve({ ...JSON.parse(stdout), log: stderr })
    })
  })
}

const PATHS = ['/me', '/in', '/me', '/new', '/out', '/me']

/** Returns the lines of the log, without ids: the path of each request, and then its decisions. */
function decisions (log) {
  return log.trim().split('\n').map((line) => line.replace(/^KOA-SESSION-RS \d+: session: /, '').replace(/, id [\w-]{43}$/, ''))
}

const hashOf = (id) => createHash('sha256').update(id).digest('base64url')

describe('fault 33: the debug log', () => {
  test('has neither ids nor data', async () => {
    const { ids, values, log } = await run({ NODE_DEBUG: 'koa-session-rs', DEBUG: 'koa-session*' })
    assert.ok(/session/i.test(log))
    assert.ok(ids.length >= 3 && ids.includes('the-missed-id'), String(ids))
    for (const id of ids) assert.ok(!log.includes(id), 'an id')
    for (const value of values) assert.ok(!log.includes(value), 'a cookie')
    assert.ok(!log.includes('the-secret-value'), 'data')
    if (!isUpstream) assert.ok(log.includes(hashOf('the-missed-id')))
  })

  test('is empty unless NODE_DEBUG asks for it', async () => {
    const { log } = await run({ NODE_DEBUG: '', DEBUG: '' })
    assert.deepEqual(decisions(log), [...PATHS, ...PATHS])
  })

  test('has the decisions of each request', { skip: isUpstream }, async () => {
    const { log } = await run({ NODE_DEBUG: 'koa-session-rs', SIGNED: 'true' })
    const forged = 'a cookie came that does not verify, or has no session'
    const end = ['/me', forged]
    const used = ['/me', 'loaded', 'nothing to save', '/new', 'loaded', 'saved (forced)', 'regenerated', 'nothing to save']
    assert.deepEqual(decisions(log), [
      '/me', 'missed', '/in', 'missed', 'created', 'saved (changed)', ...used, '/out', 'loaded', 'destroyed', ...end,
      '/me', forged, '/in', forged, 'created', 'saved (changed)', ...used, '/out', 'destroyed', ...end
    ])
  })
})
