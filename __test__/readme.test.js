'use strict'

/**
 * Runs what the README shows.
 *
 * A block marked `js` is a whole app, or a piece of one that has `Koa`, `session`, `app` (with keys) and `store` (a Map's)
 * at hand. Either way it makes an app that keeps sessions: where its own middleware leaves a request unanswered, this test
 * counts the visits in `ctx.session`. What a block shows beyond that is checked under CHECKS, by the heading above it.
 */

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { once } = require('node:events')
const { readFileSync } = require('node:fs')
const { createRequire } = require('node:module')
const { join } = require('node:path')
const ts = require('typescript')

const README = readFileSync(join(__dirname, '../README.md'), 'utf8')
const requireHere = createRequire(__filename)

const LANGUAGES = ['diff', 'js', 'sh', 'ts']

/** Lists the code blocks as { language, code, heading, line }. */
function blocksOf (text) {
  return [...text.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].map((match) => ({
    language: match[1],
    code: match[2],
    heading: text.slice(0, match.index).match(/^#+ .+$/gm).at(-1).replace(/^#+ /, ''),
    line: text.slice(0, match.index).split('\n').length + 1
  }))
}

const BLOCKS = blocksOf(README)
const blocks = (language) => BLOCKS.filter((block) => block.language === language)

/** A store over a Map that the checks look into. */
function mapStore (records) {
  return {
    get: (id) => records.get(id),
    set: (id, record) => { records.set(id, record) },
    destroy: (id) => { records.delete(id) }
  }
}

function countVisits (ctx, next) {
  ctx.session.views = (ctx.session.views ?? 0) + 1
  ctx.body = `views: ${ctx.session.views}`
  return next()
}

/** What running a block gave: its app on a port, and what it printed. */
class Stage {
  logs = []
  records = new Map()
  listening = []

  /** Runs a block of code as the body of a module. */
  run (code) {
    const Koa = this.#koa()
    const app = new Koa()
    app.keys = ['a key']
    const given = { require: (id) => id === 'koa' ? Koa : requireHere(id), Koa, app, store: mapStore(this.records) }
    given.console = { log: (...texts) => { this.logs.push(texts.join(' ')) } }
    if (!/require\('koa(-session-rs)?'\)/.test(code)) given.session = requireHere('koa-session-rs')
    // In braces, since a whole app declares names that a piece is given.
    // eslint-disable-next-line no-new-func
    new Function(...Object.keys(given), `'use strict'; {\n${code}\n}`)(...Object.values(given))
    this.app.use(countVisits)
    if (this.listening.length === 0) this.app.listen()
  }

  /** Makes a Koa that notes its apps and listens on a free port. */
  #koa () {
    const stage = this
    return class Koa extends requireHere('koa') {
      constructor (...args) {
        super(...args)
        stage.app = this
      }

      listen () {
        const server = super.listen(0, '127.0.0.1')
        stage.listening.push(server)
        return server
      }
    }
  }

  async start () {
    for (const server of this.listening) if (!server.listening) await once(server, 'listening')
    this.address = `http://127.0.0.1:${this.listening[0].address().port}`
  }

  async stop () {
    for (const server of this.listening) {
      server.close()
      await once(server, 'close')
    }
  }

  /** Makes a browser of a kind: it returns its cookies, and the header in which one block carries the id. */
  client (cookies = {}) {
    const headers = { connection: 'close', 'user-agent': 'test' }
    const visit = async (path = '/', options = {}) => {
      const cookie = Object.entries(cookies).map(([name, value]) => `${name}=${value}`).join('; ')
      const sent = { ...headers, ...options.headers, ...cookie && { cookie } }
      const response = await fetch(this.address + path, { ...options, headers: sent })
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
        if (Date.parse(/; expires=([^;]+)/.exec(line)?.[1]) <= Date.now()) delete cookies[name]
        else cookies[name] = value
      }
      const id = response.headers.get('x-session-id')
      if (id) headers['x-session-id'] = id
      return { status: response.status, text: await response.text(), headers: response.headers }
    }
    return Object.assign(visit, { cookies })
  }
}

async function staged (code, check) {
  const stage = new Stage()
  stage.run(code)
  await stage.start()
  try {
    await check(stage)
  } finally {
    await stage.stop()
  }
}

/** Gives the signature that the apps here make. */
function signed (name, value) {
  return { [`${name}.sig`]: new (requireHere('keygrip'))(['a key']).sign(`${name}=${value}`) }
}

async function countsTo (visit, ...counts) {
  for (const count of counts) {
    const { status, text } = await visit()
    assert.deepEqual([status, text], [200, `views: ${count}`])
  }
}

/** What the blocks under a heading show beside a session that is kept; in their order. */
const CHECKS = {
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
      assert.deepEqual([...stage.records.keys()], [before['koa.sess']])
      assert.equal((await visit('/login', { method: 'POST' })).text, 'logged in')
      assert.notEqual(visit.cookies['koa.sess'], before['koa.sess'])
      assert.deepEqual([...stage.records.keys()], [visit.cookies['koa.sess']])
      assert.equal(stage.records.get(visit.cookies['koa.sess']).user, 'ada')
      await countsTo(stage.client(before), 1)
      stage.records.delete([...stage.records.keys()].at(-1))
      assert.equal((await visit('/logout', { method: 'POST' })).text, 'logged out')
      assert.deepEqual([visit.cookies, stage.records.size], [{}, 0])
    }
  ],
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
      // What another process writes meanwhile is read before this one writes.
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
  ],
  Events: [
    async (stage) => {
      const visit = stage.client()
      await visit('/begin')
      await visit('/other', { headers: { 'user-agent': 'other' } })
      for (const record of stage.records.values()) record._expire = Date.now() - 1
      await visit('/late')
      stage.records.clear()
      await visit('/gone')
      // The events come on a later turn, and each of these visits takes several.
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

describe('the blocks of the README', () => {
  test('are in languages that are checked here', () => {
    for (const { language, line } of BLOCKS) assert.ok(LANGUAGES.includes(language), `line ${line}: "${language}"`)
    for (const language of LANGUAGES) assert.notEqual(blocks(language).length, 0, language)
    for (const heading in CHECKS) {
      assert.equal(blocks('js').filter((block) => block.heading === heading).length, CHECKS[heading].length, heading)
    }
  })

  const places = new Map()
  for (const { code, heading, line } of blocks('js')) {
    const place = places.get(heading) ?? 0
    places.set(heading, place + 1)
    test(`line ${line}, under ${heading}`, () => staged(code, async (stage) => {
      await countsTo(stage.client(), 1, 2, 3)
      stage.records.clear()
      await CHECKS[heading]?.[place](stage)
    }))
  }

  test('the one-line change keeps the sessions, there and back', async () => {
    const [{ code }] = blocks('diff')
    const side = (sign) => code.split('\n').filter((line) => line.startsWith(sign)).map((line) => line.slice(1))
    const [before, after] = [side('-'), side('+')]
    assert.deepEqual([before.length, after.length], [1, 1])
    const cookies = {}
    const apps = [before, after, after, before]
    for (const [index, [line]] of apps.entries()) {
      await staged(`${line}\napp.use(session({}, app))`, (stage) => countsTo(stage.client(cookies), index + 1))
    }
  })

  test('in TypeScript compile, and name the data', () => {
    const [{ code }] = blocks('ts')
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

  test('for the shell name scripts that package.json has', () => {
    const { scripts } = require('../package.json')
    const named = [...README.matchAll(/npm (?:run )?(start|test[\w:]*|bench)/g)].map((match) => match[1])
    assert.ok(named.length >= 4)
    for (const name of named) assert.ok(Object.hasOwn(scripts, name), name)
  })
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
