'use strict'

const Koa = require('koa')
const original = require('cookie-session')

const entry = require('../../../compat/cookie-session')

/** Serves requests by Node, with cookie-session as Express calls it. */
function upstream (options, run) {
  const middleware = original(options)
  return (req, res) => new Promise((resolve) => {
    // As in Express, with 'trust proxy'.
    if (req.headers['x-forwarded-proto'] === 'https') req.protocol = 'https'
    const fail = () => {
      res.statusCode = 500
      res.end('Internal Server Error')
    }
    const how = {
      send: (body) => typeof body === 'string' ? res.end(body) : body.pipe(res),
      fail,
      away: () => {
        res.statusCode = 302
        res.end()
      },
      raw: () => res
    }
    req.res = res
    middleware(req, res, () => run(Object.assign(req, how)))
    resolve()
  })
}

/** Makes a server of a Koa app with the entry. */
function ours (options, run, { onError = () => {} } = {}) {
  const app = new Koa({ proxy: true })
  app.on('error', onError)
  app.use(entry(options))
  app.use((ctx) => run(Object.assign(ctx, {
    send: (body) => { ctx.body = body },
    fail: () => ctx.throw(500),
    away: () => { ctx.redirect('/other') },
    raw: () => {
      ctx.respond = false
      ctx.status = 200
      return ctx.res
    }
  })))
  return app.callback()
}

module.exports = { ours, upstream }
