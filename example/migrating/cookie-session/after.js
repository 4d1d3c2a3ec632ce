'use strict'

// The app of before.js, on Koa. With the same keys, each of the two reads the sessions of the other.

const { randomUUID } = require('node:crypto')
const Koa = require('koa')
// In an app of your own: require('koa-session-rs/compat/cookie-session')
const cookieSession = require('../../../compat/cookie-session')

const DAY_MS = 24 * 60 * 60 * 1000

const routes = {
  'GET /' (ctx) {
    ctx.session.views = (ctx.session.views ?? 0) + 1
    ctx.body = `views: ${ctx.session.views}, user: ${ctx.session.user ?? 'nobody'}\n`
  },

  // A real app checks a password here.
  'POST /login' (ctx) {
    ctx.session.user = String(ctx.query.name)
    ctx.status = 303
    ctx.redirect('/')
  },

  'POST /logout' (ctx) {
    ctx.session = null
    ctx.status = 303
    ctx.redirect('/')
  }
}

module.exports = (keys) => {
  const app = new Koa()

  app.use(cookieSession({ name: 'session', keys, maxAge: DAY_MS, sameSite: 'lax' }))

  app.use((ctx) => routes[`${ctx.method} ${ctx.path}`]?.(ctx))

  return app
}

if (require.main === module) {
  const { PORT = '3000', SESSION_KEYS } = process.env
  const keys = SESSION_KEYS ? SESSION_KEYS.split(',') : [randomUUID()]
  const server = module.exports(keys).listen(Number(PORT), '127.0.0.1', () => {
    console.log(`http://127.0.0.1:${server.address().port}`)
  })
}
