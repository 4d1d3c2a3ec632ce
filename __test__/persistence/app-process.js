'use strict'

// One process of an app whose session is shared with others: node app-process.js '{"store":"sqlite","options":{...}}'
// It sends its port to the parent when it listens.

const Koa = require('koa')
const session = require('../..')

const STORES = {
  memory: (options) => new (require('../../stores/memory').MemoryStore)(options),
  sqlite: (options) => new (require('../../stores/sqlite').SqliteStore)(options),
  redis: (options) => new (require('../../stores/redis').RedisStore)(options)
}

const { store, options } = JSON.parse(process.argv[2])

/** Waits for a number of turns of the event loop. */
async function turns (count) {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

const ROUTES = {
  async '/set' (ctx) {
    ctx.session[ctx.query.key] = Number(ctx.query.value)
    await turns(Number(ctx.query.turns ?? 0))
  },
  async '/poll' (ctx) {
    await turns(Number(ctx.query.turns ?? 0))
    return ctx.session.toJSON()
  },
  async '/login' (ctx) {
    ctx.session.user = ctx.query.user
    await session.of(ctx).regenerate()
  },
  '/logout' (ctx) { ctx.session = null },
  '/me' (ctx) { return ctx.session.toJSON() }
}

const app = new Koa()
app.keys = ['a key']
app.use(session({ store: STORES[store](options), rolling: true, maxAge: 600_000, subject: 'user' }, app))
app.use(async (ctx) => { ctx.body = await ROUTES[ctx.path](ctx) ?? 'ok' })

const server = app.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
// The parent, a test, has ended.
process.on('disconnect', () => process.exit())
