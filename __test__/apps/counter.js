'use strict'

/**
 * A typical app for koa-session: login, a counter, a store in a Map, its own encoding of the cookie, and an id in a header.
 * One line names its session module.
 */

const Koa = require('koa')

/** Outlives the app, like a database. */
const records = new Map()

const store = {
  async get (key) {
    return records.get(key)
  },
  async set (key, value, maxAge, { changed, rolling }) {
    if (changed || rolling || !records.has(key)) records.set(key, value)
  },
  async destroy (key) {
    records.delete(key)
  }
}

/** The options of each kind of app. */
const KINDS = {
  counter: { maxAge: 3600000, renew: true, sameSite: 'lax' },
  encoded: {
    key: 'encoded',
    encode: (data) => Buffer.from(JSON.stringify(data)).toString('hex'),
    decode: (text) => JSON.parse(Buffer.from(text, 'hex').toString())
  },
  stored: { key: 'stored', store, prefix: 'app:', valid: (ctx, value) => value.views > 0 },
  header: {
    store,
    externalKey: {
      get: (ctx) => ctx.get('x-session-id'),
      set: (ctx, value) => ctx.set('x-session-id', value)
    }
  }
}

/**
 * Makes the app.
 *
 * @param {string} kind
 * @param {string} module what it requires
 */
function createApp (kind, module) {
  const app = new Koa()
  app.keys = ['first secret', 'second secret']
  // The one line that names the session module.
  const session = load(module)
  app.use(session({ ...KINDS[kind] }, app))
  app.use(async (ctx) => {
    if (ctx.path === '/login') {
      ctx.session.user = ctx.query.user
      await ctx.session.regenerate()
    }
    if (ctx.path === '/logout') ctx.session = null
    else ctx.session.views = (ctx.session.views ?? 0) + 1
    ctx.body = { ...ctx.session?.toJSON() }
  })
  return app
}

/** Loads a session module: the function itself, or its default export. */
function load (module) {
  const loaded = require(module)
  return typeof loaded === 'function' ? loaded : loaded.default
}

module.exports = { createApp, KINDS }
