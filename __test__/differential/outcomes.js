'use strict'

const { Readable } = require('node:stream')

const failure = (message, fields) => Object.assign(new Error(message), fields)

// How a route ends, by name.
const outcomes = {
  text: ctx => { ctx.body = 'done' },
  // Koa serialises the body after the commit, so it shows the session as it is then.
  json: ctx => { ctx.body = { session: ctx.session } },
  stream: ctx => { ctx.body = Readable.from(['a', 'b']) },
  redirect: ctx => { ctx.redirect('/elsewhere') },
  noContent: ctx => { ctx.status = 204 },
  notModified: ctx => { ctx.status = 304 },
  notFound: () => {},
  created: ctx => {
    ctx.status = 201
    ctx.body = 'made'
  },
  throw: () => { throw failure('route failed') },
  caught: () => { throw failure('route failed, and the app answers') },
  throwStatus: ctx => { ctx.throw(403, 'not yours') },
  throwHeaders: () => { throw failure('with headers', { status: 429, headers: { 'retry-after': '5', 'set-cookie': ['from=error'] } }) },
  throwText: () => { throw 'a text' }, // eslint-disable-line no-throw-literal
  // An error object that several requests throw.
  throwShared: (ctx, world) => { throw world.sharedError },
  late: async ctx => {
    await new Promise(resolve => setImmediate(resolve))
    ctx.body = 'late'
  },
  raw: ctx => {
    ctx.respond = false
    ctx.res.end('raw')
  },
  flushed: ctx => {
    ctx.status = 200
    ctx.flushHeaders()
    ctx.body = 'after the headers'
  }
}

/** Ends a route in the named way. */
async function conclude (outcome, ctx, world) {
  await outcomes[outcome](ctx, world)
}

module.exports = { conclude, names: Object.keys(outcomes) }
