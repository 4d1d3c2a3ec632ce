'use strict'

// The entries of compat/ on a context without a response, as a middleware for WebSockets makes it: sessions are saved, cookies are not sent.

const { IncomingMessage, ServerResponse } = require('node:http')
const { Socket } = require('node:net')
const { test } = require('node:test')
const assert = require('node:assert/strict')

const Koa = require('koa')

const cookieSession = require('../../compat/cookie-session')
const expressSession = require('../../compat/express-session')
const generic = require('../../compat/generic')
const minimal = require('../../compat/minimal')

const MIDDLEWARE = {
  minimal: minimal(),
  generic: generic({ cookie: { signed: false } }),
  'generic with defer': generic({ cookie: { signed: false }, defer: true }),
  'cookie-session': cookieSession({ keys: ['a secret of sixteen bytes'] }),
  'express-session': expressSession({ secret: 'a secret of sixteen bytes', resave: false, saveUninitialized: false })
}

for (const [name, use] of Object.entries(MIDDLEWARE)) {
  test(name, async () => {
    const app = new Koa()
    const errors = []
    app.on('error', (err) => errors.push(err))
    const req = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url: '/', headers: {} })
    const ctx = app.createContext(req, new ServerResponse(req))
    ctx.res = undefined
    await use(ctx, async () => { (await ctx.session).a = 1 })
    assert.equal((await ctx.session).a, 1)
    assert.deepEqual(errors, [])
  })
}
