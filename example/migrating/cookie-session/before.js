'use strict'

// An Express app whose sessions are in the cookie. after.js is the same app on Koa.

const { randomUUID } = require('node:crypto')
const express = require('express')
const cookieSession = require('cookie-session')

const DAY_MS = 24 * 60 * 60 * 1000

module.exports = (keys) => {
  const app = express()

  app.use(cookieSession({ name: 'session', keys, maxAge: DAY_MS, sameSite: 'lax' }))

  app.get('/', (req, res) => {
    req.session.views = (req.session.views ?? 0) + 1
    res.type('text').send(`views: ${req.session.views}, user: ${req.session.user ?? 'nobody'}\n`)
  })

  // A real app checks a password here.
  app.post('/login', (req, res) => {
    req.session.user = String(req.query.name)
    res.redirect(303, '/')
  })

  app.post('/logout', (req, res) => {
    req.session = null
    res.redirect(303, '/')
  })

  return app
}

if (require.main === module) {
  const { PORT = '3000', SESSION_KEYS } = process.env
  const keys = SESSION_KEYS ? SESSION_KEYS.split(',') : [randomUUID()]
  const server = module.exports(keys).listen(Number(PORT), '127.0.0.1', () => {
    console.log(`http://127.0.0.1:${server.address().port}`)
  })
}
