'use strict'

const { CASES } = require('./inprocess')
const { SUBJECTS } = require('./subjects')
const { KEYS, MAX_AGE_MS } = require('./settings')

/**
 * The subjects with encrypted cookies (this package with `seal`, and iron-session), and two with signed ones. iron-session has no dirty
 * check, so the app calls `save` where it has changed the session.
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
    // For a session of 3000 bytes, its cookie would be longer than 4096 bytes, which it refuses to send.
    isFit: ({ shape }) => shape !== 'flat-3000',
    use (app) {
      const { getIronSession } = require('iron-session')
      const options = {
        cookieName: this.key,
        password: { 2: KEYS[0], 1: KEYS[1] },
        ttl: MAX_AGE_MS / 1000,
        cookieOptions: { secure: false }
      }
      app.use(async (ctx, next) => {
        ctx.session = await getIronSession(ctx.req, ctx.res, options)
        await next()
        if (/^\/(?:modify|fill)\//.test(ctx.url)) await ctx.session.save()
      })
    }
  }
]

const SHAPES = ['login', 'cart', 'oidc', 'flat-100', 'flat-1000', 'flat-3000']

/** The cases of the part in process that are in cookie mode, read or modify, and have one of these shapes. */
const SEALED_CASES = new Map([...CASES].filter(([, { mode, action, shape }]) =>
  mode === 'cookie' && action !== 'untouched' && SHAPES.includes(shape)))

module.exports = { SEALED_CASES, SEALED_SUBJECTS }
