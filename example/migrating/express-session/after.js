'use strict'

// The app of before.js with Koa. Both share the cookie and the store.

const Koa = require('koa')
const session = require('koa-session-rs/compat/express-session')

const ROUTES = {
  'GET /' (ctx) {
    ctx.session.views = (ctx.session.views ?? 0) + 1
    ctx.body = { user: ctx.session.user ?? null, views: ctx.session.views }
  },

  async 'POST /login' (ctx) {
    await ctx.session.regenerate()
    ctx.session.user = ctx.query.user
    ctx.body = { user: ctx.session.user }
  },

  async 'POST /logout' (ctx) {
    await ctx.session.destroy()
    ctx.body = { user: null }
  }
}

module.exports = function after (store) {
  const app = new Koa()
  app.use(session({ store, secret: 'a secret of the example', resave: false, saveUninitialized: false }))
  app.use((ctx) => ROUTES[`${ctx.method} ${ctx.path}`]?.(ctx))
  return app.callback()
}

if (require.main === module) require('node:http').createServer(module.exports()).listen(3001)
