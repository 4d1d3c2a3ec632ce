'use strict'

// A small app with Express and express-session: a login, a counter of visits, and a logout. after.js is the same app with Koa.

const express = require('express')
const session = require('express-session')

module.exports = function before (store) {
  const app = express()
  app.use(session({ store, secret: 'a secret of the example', resave: false, saveUninitialized: false }))

  app.get('/', (req, res) => {
    req.session.views = (req.session.views ?? 0) + 1
    res.json({ user: req.session.user ?? null, views: req.session.views })
  })

  app.post('/login', (req, res, next) => {
    req.session.regenerate((err) => {
      if (err) return next(err)
      req.session.user = req.query.user
      res.json({ user: req.session.user })
    })
  })

  app.post('/logout', (req, res, next) => {
    req.session.destroy((err) => err ? next(err) : res.json({ user: null }))
  })

  return app
}

if (require.main === module) module.exports().listen(3000)
