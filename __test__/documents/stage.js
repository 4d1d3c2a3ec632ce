'use strict'

/**
 * Runs a piece of code that a document shows, in an app that listens.
 *
 * The code is a whole app, or a piece of one that has `Koa`, `session`, `app` (with keys) and `store` at hand. If its own
 * middleware does not respond to a request, the visits are counted in `ctx.session`.
 */

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { createRequire } = require('node:module')

// The key that the documents take from the environment.
process.env.SESSION_KEY ??= 'a key of the documents: 32 bytes or more'

const requireHere = createRequire(__filename)
const AsyncFunction = (async () => {}).constructor

/** A store over a Map that the checks read. */
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

/** A running block: its app on a port, and its output. */
class Stage {
  logs = []
  records = new Map()
  listening = []

  /**
   * Runs code as the body of a module.
   *
   * @param {string} code
   * @param {{ packages?: Record<string, unknown>, given?: object }} [how] `packages`: replacements of `require`'s modules,
   * as a module or another name; `given`: further variables
   */
  async run (code, { packages = {}, given: more } = {}) {
    const Koa = this.#koa()
    const app = new Koa()
    app.keys = ['a key']
    const load = (id) => {
      if (id === 'koa') return Koa
      const other = packages[id] ?? id
      return typeof other === 'string' ? requireHere(other) : other
    }
    const log = (...texts) => { this.logs.push(texts.join(' ')) }
    const given = { require: load, exports: {}, Koa, app, store: mapStore(this.records), console: { log, warn: log, error: log }, ...more }
    if (!/require\('koa(-session-rs)?'\)/.test(code)) given.session = requireHere('koa-session-rs')
    // In braces, since a whole app declares variables that a piece gets.
    await new AsyncFunction(...Object.keys(given), `'use strict'; {\n${code}\n}`)(...Object.values(given))
    if (this.listening.length === 0) this.app.listen()
    for (const server of this.listening) if (!server.listening) await once(server, 'listening')
    this.address = `http://127.0.0.1:${this.listening[0].address().port}`
  }

  /** Makes a Koa class that records its apps, which listen on a free port. */
  #koa () {
    const stage = this
    return class Koa extends requireHere('koa') {
      constructor (...args) {
        super(...args)
        stage.app = this
      }

      listen () {
        this.use(countVisits)
        const server = super.listen(0, '127.0.0.1')
        stage.listening.push(server)
        return server
      }
    }
  }

  async stop () {
    for (const server of this.listening) {
      server.close()
      await once(server, 'close')
    }
  }

  /** Makes a simple browser: it sends its cookies, and the header in which one block has the id. */
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

/** Runs code, checks what it does, and stops it. */
async function staged (code, check, how) {
  const stage = new Stage()
  try {
    await stage.run(code, how)
    await check(stage)
  } finally {
    await stage.stop()
  }
}

/** Checks the counts that a visitor gets, one for each request. */
async function countsTo (visit, ...counts) {
  for (const count of counts) {
    const { status, text } = await visit()
    assert.deepEqual([status, text], [200, `views: ${count}`])
  }
}

module.exports = { countsTo, staged }
