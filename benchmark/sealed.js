'use strict'

const { CASES } = require('./inprocess')
const { SUBJECTS } = require('./subjects')
const { KEYS, MAX_AGE_MS } = require('./settings')

/**
 * Encrypted cookies: this package with `seal`, and iron-session, beside signed ones. iron-session has no dirty check, so the app calls
 * `save` where it has changed the session.
 */
const SEALED_SUBJECTS = [
  ...SUBJECTS.filter(({ name }) => name === 'koa-session' || name === 'ours'),
  {
    name: 'sealed',
    modes: ['cookie'],
    key: 'koa.sess',
    sealed: true,
    use (app) {
      app.use(require('..')({ key: this.key, maxAge: MAX_AGE_MS, seal: true }, app))
    }
  },
  {
    name: 'iron-session',
    package: 'iron-session',
    modes: ['cookie'],
    key: 'koa.sess',
    sealed: true,
    // Its cookie of 3000 bytes of session is over 4096 bytes, which it refuses.
    isFit: ({ shape }) => shape !== 'flat-3000',
    use (app) {
      const { getIronSession } = require('iron-session')
      const options = { cookieName: this.key, password: { 2: KEYS[0], 1: KEYS[1] }, ttl: MAX_AGE_MS / 1000, cookieOptions: { secure: false } }
      app.use(async (ctx, next) => {
        ctx.session = await getIronSession(ctx.req, ctx.res, options)
        await next()
        if (/^\/(?:modify|fill)\//.test(ctx.url)) await ctx.session.save()
      })
    }
  }
]

const SHAPES = ['login', 'cart', 'oidc', 'flat-100', 'flat-1000', 'flat-3000']

/** The cases: those of the table in process, in cookie mode. */
const SEALED_CASES = new Map([...CASES].filter(([, { mode, action, shape }]) => mode === 'cookie' && action !== 'untouched' && SHAPES.includes(shape)))

module.exports = { SEALED_CASES, SEALED_SUBJECTS }
