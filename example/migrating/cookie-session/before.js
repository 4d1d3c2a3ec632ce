'use strict'

// An Express app whose sessions are in the cookie. after.js is the same app on Koa.

const express = require('express')
const cookieSession = require('cookie-session')

const DAY_MS = 24 * 60 * 60 * 1000

/** Makes the app. Its sessions are in the cookie, signed with `keys`. */
module.exports = ({ keys }) => {
  const app = express()

  app.use(cookieSession({ name: 'session', keys, maxAge: DAY_MS, sameSite: 'lax' }))

  app.get('/', (req, res) => {
    req.session.views = (req.session.views ?? 0) + 1
    res.type('text').send(`views: ${req.session.views}, user: ${req.session.user ?? 'nobody'}\n`)
  })

  app.get('/me', (req, res) => {
    const { user = 'nobody', views = 0 } = req.session
    res.json({ user, views })
  })

  // A real app checks a password here.
  app.post('/login', (req, res) => {
    req.session.user = String(req.query.name ?? 'ada')
    res.type('text').send('logged in\n')
  })

  app.post('/logout', (req, res) => {
    req.session = null
    res.type('text').send('logged out\n')
  })

  return app
}

if (require.main === module) require('../start')(module.exports)
