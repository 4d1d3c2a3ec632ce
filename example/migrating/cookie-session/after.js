'use strict'

// The app of before.js, on Koa. With the same keys, each of the two reads the sessions of the other.

const Koa = require('koa')
const cookieSession = require('koa-session-rs/compat/cookie-session')

const DAY_MS = 24 * 60 * 60 * 1000

const routes = {
  'GET /' (ctx) {
    ctx.session.views = (ctx.session.views ?? 0) + 1
    ctx.body = `views: ${ctx.session.views}, user: ${ctx.session.user ?? 'nobody'}\n`
  },

  'GET /me' (ctx) {
    const { user = 'nobody', views = 0 } = ctx.session
    ctx.body = { user, views }
  },

  // A real app checks a password here.
  'POST /login' (ctx) {
    ctx.session.user = String(ctx.query.name ?? 'ada')
    ctx.body = 'logged in\n'
  },

  'POST /logout' (ctx) {
    ctx.session = null
    ctx.body = 'logged out\n'
  }
}

/** Makes the app. Its sessions are in the cookie, signed with `keys`. */
module.exports = ({ keys }) => {
  const app = new Koa()

  app.use(cookieSession({ name: 'session', keys, maxAge: DAY_MS, sameSite: 'lax' }))

  app.use((ctx) => routes[`${ctx.method} ${ctx.path}`]?.(ctx))

  return app
}

if (require.main === module) require('../start')(module.exports)
