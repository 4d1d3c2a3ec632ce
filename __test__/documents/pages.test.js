'use strict'

/**
 * Runs the code of the README and of the pages that show how sessions are used.
 *
 * Each block marked `js` makes an app that keeps sessions: it counts visits. What a block shows beyond that is checked under
 * CHECKS, by the document and the heading above it.
 */

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { once } = require('node:events')
const { get } = require('node:http')
const { join } = require('node:path')
const { setImmediate } = require('node:timers/promises')
const Keygrip = require('keygrip')
const ts = require('typescript')

const { blocksOf } = require('./blocks')
const { unseal } = require('../fixtures/seal')
const { countsTo, staged } = require('./stage')

/** Returns the signature by the key of these apps. */
function signed (name, value) {
  return { [`${name}.sig`]: new Keygrip(['a key']).sign(`${name}=${value}`) }
}

/** Further checks of the blocks under each heading, in their order. */
const CHECKS = {
  'README.md': {
    Use: [
      async (stage) => {
        const { headers } = await stage.client()()
        const [line] = headers.getSetCookie()
        assert.match(line, /^koa\.sess=[\w=]+; path=\/; expires=[^;]+; samesite=lax; httponly$/)
      },
      async (stage) => {
        const visit = stage.client()
        await visit()
        const before = { ...visit.cookies }
        assert.match(before['koa.sess'], /^[\w-]{36}$/)
        assert.equal((await visit('/login', { method: 'POST' })).text, 'logged in')
        const loggedIn = { ...visit.cookies }
        assert.notEqual(loggedIn['koa.sess'], before['koa.sess'])
        await countsTo(visit, 2)
        await countsTo(stage.client(before), 1)
        assert.equal((await visit('/logout', { method: 'POST' })).text, 'logged out')
        assert.deepEqual(visit.cookies, {})
        await countsTo(stage.client(loggedIn), 1)
      }
    ],
    Security: [
      async (stage) => {
        const visit = stage.client()
        await countsTo(visit, 1)
        assert.deepEqual(Object.keys(visit.cookies), ['koa.sess'])
        assert.equal(JSON.parse(unseal('koa.sess', process.env.SESSION_KEY, visit.cookies['koa.sess'])).views, 1)
      }
    ]
  },
  'docs/usage.md': {
    Options: [
      async (stage) => {
        stage.app.proxy = true
        const lines = async (host) => (await stage.client()('/', { headers: { 'x-forwarded-host': host } })).headers.getSetCookie()
        for (const line of await lines('shop.example.com')) assert.match(line, /; domain=example\.com;/)
        for (const line of await lines('localhost')) assert.doesNotMatch(line, /domain/)
      }
    ],
    'Two requests at once': [
      async (stage) => {
        const visit = stage.client()
        await countsTo(visit, 1)
        // This process reads what another one writes meanwhile, before its own write.
        const { get } = stage.records
        const read = () => get.call(stage.records, visit.cookies['koa.sess'])
        let reads = 0
        stage.records.get = () => ++reads === 1 ? read() : { ...read(), other: true }
        await countsTo(visit, 2)
        assert.equal(read().other, true)
      }
    ],
    'Whose sessions they are': [
      async (stage) => {
        const visitors = []
        for (let i = 0; i < 6; i++) {
          visitors.push(stage.client())
          await visitors[i]('/login', { method: 'POST', headers: { 'user-agent': `device ${i}` } })
        }
        const list = async () => JSON.parse((await visitors[5]('/sessions')).text)
        assert.deepEqual((await list()).map(({ label, current }) => [label, current]), [1, 2, 3, 4, 5].map((i) => [`device ${i}`, i === 5]))
        const [{ hash }] = await list()
        assert.equal((await visitors[5](`/revoke?hash=${hash}`, { method: 'POST' })).text, 'true')
        assert.equal((await visitors[5]('/revoke-others', { method: 'POST' })).text, '3')
        assert.equal((await list()).length, 1)
      }
    ],
    'A store of your own': [
      async (stage) => {
        const visit = stage.client()
        await visit()
        assert.match(visit.cookies['koa.sess'], /^web:[\w-]{36}$/)
      },
      async (stage) => {
        const visit = stage.client()
        const { headers } = await visit()
        assert.deepEqual([...stage.records.keys()], [headers.get('x-session-id')])
        assert.deepEqual(visit.cookies, {})
      }
    ],
    'A store that fails': [
      async (stage) => {
        stage.records.get = () => { throw new Error('down') }
        const visit = stage.client({ 'koa.sess': 'id', ...signed('koa.sess', 'id') })
        await countsTo(visit, 1, 1)
        assert.deepEqual(stage.logs, ['get / down', 'get / down'])
        assert.equal(stage.records.size, 0)
        stage.records.set = () => { throw new Error('down') }
        stage.app.silent = true
        assert.equal((await stage.client()()).status, 500)
      }
    ],
    'Reading the store when it is needed': [
      async (stage) => {
        const visit = stage.client()
        await visit()
        stage.records.get = () => { throw new Error('read') }
        stage.app.silent = true
        assert.equal((await visit('/health')).text, 'ok')
        assert.equal((await visit()).status, 500)
      }
    ],
    'A second session': [
      async (stage) => {
        const visit = stage.client()
        await countsTo(visit, 1)
        const { text, headers } = await visit('/sudo')
        assert.equal(text, 'you may')
        assert.deepEqual(headers.getSetCookie().map((line) => line.split('=')[0]), ['admin.sess', 'admin.sess.sig'])
        await countsTo(visit, 2)
      }
    ],
    'Responses sent by hand': [
      async (stage) => {
        const visit = stage.client()
        for (const count of [1, 2]) {
          const { status, text } = await visit('/stream')
          assert.deepEqual([status, text], [200, `streams: ${count}`])
        }
        await countsTo(visit, 1)
      }
    ]
  },
  'docs/shutdown.md': {
    Shutdown: [
      async (stage) => {
        const [server] = stage.listening.splice(0)
        const closed = once(server, 'close')
        process.emit('SIGTERM')
        await closed
        await setImmediate()
        assert.deepEqual(stage.logs, ['closed'])
      }
    ]
  },
  'docs/troubleshooting.md': {
    'No cookie behind a proxy': [
      async (stage) => {
        const { headers } = await stage.client()('/', { headers: { 'x-forwarded-proto': 'https' } })
        assert.match(headers.getSetCookie()[0], /; secure;/)
      }
    ],
    'Redis is away': [
      async (stage) => {
        const visit = stage.client()
        await visit()
        stage.records.get = () => { throw new Error('down') }
        await countsTo(visit, 1)
      }
    ],
    '`.keys required for signed cookies`': [async () => {}],
    'The session in a WebSocket': [
      async (stage) => {
        const visit = stage.client()
        await visit()
        Object.values([...stage.records.values()])[0].user = 'ada'
        const headers = { connection: 'Upgrade', upgrade: 'websocket', cookie: Object.entries(visit.cookies).map((pair) => pair.join('=')).join('; ') }
        const [response] = await once(get(stage.address, { headers }), 'response')
        assert.deepEqual([response.statusCode, response.headers['x-user']], [403, 'ada'])
        response.destroy()
      }
    ]
  },
  'docs/events.md': {
    Events: [
      async (stage) => {
        const visit = stage.client()
        await visit('/begin')
        await visit('/other', { headers: { 'user-agent': 'other' } })
        for (const record of stage.records.values()) record._expire = Date.now() - 1
        await visit('/late')
        stage.records.clear()
        await visit('/gone')
        // Events are emitted in a later turn of the event loop, and each of these requests takes several.
        await countsTo(visit, 2)
        assert.deepEqual(stage.logs, ['session:invalid /other', 'session:expired /late', 'session:missed /gone'])
      },
      async (stage) => {
        const visit = stage.client()
        await visit()
        await visit('/logout')
        await visit()
        const { logs } = stage
        const [end] = logs.splice(logs.findIndex((text) => text.startsWith('destroyed')), 1)
        assert.equal(end, 'destroyed 43')
        assert.ok(logs.length >= 4 && logs.every((text) => text === 'saved changed'), logs.join())
      }
    ]
  }
}

for (const [document, checks] of Object.entries(CHECKS)) {
  describe(`the blocks of ${document}`, () => {
    const blocks = blocksOf(document, 'js')

    test('are all checked here', () => {
      for (const heading in checks) {
        assert.equal(blocks.filter((block) => block.heading === heading).length, checks[heading].length, heading)
      }
    })

    const places = new Map()
    for (const { code, heading, line } of blocks) {
      const place = places.get(heading) ?? 0
      places.set(heading, place + 1)
      test(`line ${line}, under ${heading}`, () => staged(code, async (stage) => {
        await countsTo(stage.client(), 1, 2, 3)
        stage.records.clear()
        await checks[heading]?.[place](stage)
      }))
    }
  })
}

test('the blocks in TypeScript compile, and name the data', () => {
  const [{ code }, ...others] = blocksOf('docs/usage.md', 'ts')
  assert.deepEqual(others, [])
  assert.deepEqual(diagnose(`${code}
    import session = require('koa-session-rs')
    import Koa = require('koa')
    const app = new Koa()
    app.use(session(app))
    app.use(ctx => {
      ctx.session.user = 'ada'
      ctx.body = ctx.session.views?.toFixed()
      // @ts-expect-error
      ctx.session.user = 1
      // @ts-expect-error
      ctx.body = ctx.session.usr
    })`), [])
})

/** Compiles a text as a file of this folder, and returns what the compiler says. */
function diagnose (text) {
  const file = join(__dirname, 'readme-block.ts')
  const options = {
    strict: true, noEmit: true, skipLibCheck: true, types: ['node'], target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.Node16
  }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  host.fileExists = (name) => name === file || fileExists(name)
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, text, ...rest) : getSourceFile(name, ...rest)
  const program = ts.createProgram([file], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}
