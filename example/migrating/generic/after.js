'use strict'

const Koa = require('koa')
const session = require('koa-session-rs/compat/generic')

/** Makes the app. Its sessions are in `store`. */
module.exports = ({ store, keys }) => {
  const app = new Koa()
  app.keys = keys

  app.use(session({ store, cookie: { maxAge: 60 * 60 * 1000 } }))

  const routes = {
    'GET /' (ctx) {
      ctx.session.views = (ctx.session.views ?? 0) + 1
      ctx.body = `views: ${ctx.session.views}\n`
    },

    'GET /me' (ctx) {
      const { user = 'nobody', views = 0 } = ctx.session
      ctx.body = { user, views }
    },

    async 'POST /login' (ctx) {
      // A real app checks a password here.
      await ctx.regenerateSession()
      ctx.session.user = 'ada'
      ctx.body = 'logged in\n'
    },

    'POST /logout' (ctx) {
      ctx.session = null
      ctx.body = 'logged out\n'
    }
  }

  app.use((ctx) => routes[`${ctx.method} ${ctx.path}`]?.(ctx))
  return app
}

if (require.main === module) require('../start')(module.exports)
