'use strict'

const { randomBytes } = require('node:crypto')
const Koa = require('koa')
// In an app of your own: require('koa-session-rs')
const session = require('..')
const cookiesOf = require('./cookies')
const files = require('./files')
const { hasToken, makeToken, readForm } = require('./forms')
const listen = require('./listen')
const openMode = require('./modes')
const page = require('./page')
const { deviceIn } = require('./words')

const KEY = 'example.sess'
const WEEK_MS = 7 * 24 * 60 * 60 * 1000
const MOST_CHARACTERS = 32
const POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

const app = new Koa()
const mode = openMode(process.env)
const { SESSION_KEYS } = process.env

// The first key signs (or seals), all keys are accepted. docs/security.md says how to change them.
app.keys = SESSION_KEYS ? SESSION_KEYS.split(',') : [randomBytes(32).toString('base64url')]
app.use(session({ key: KEY, maxAge: WEEK_MS, renew: true, sameSite: 'lax', cacheControl: true, ...mode.options }, app))

const routes = {
  ...files,

  async 'GET /' (ctx) {
    ctx.session.views = (ctx.session.views ?? 0) + 1
    // A new session, although the browser has a cookie: the old one has expired, or was ended elsewhere.
    const hasEnded = ctx.session.isNew && ctx.cookies.get(KEY, { signed: false })
    await show(ctx, hasEnded ? 'Your session has ended.' : ctx.session.notice)
  },

  async 'POST /login' (ctx, form) {
    const name = form.get('name')?.trim() ?? ''
    if (name === '' || name.length > MOST_CHARACTERS) return show(ctx, `Enter a name of 1 to ${MOST_CHARACTERS} characters.`, 400)
    // A real app checks a password here.
    ctx.session.user = name
    // The session gets a new id, so that someone who knew the one from before the login does not share it; and a new CSRF token.
    await session.of(ctx).regenerate({ keep: ['user'] })
  },

  'POST /logout' (ctx) {
    // Ends the whole session. `delete ctx.session.user` would leave the other data for the next user of the browser.
    ctx.session = null
  }
}

// Sessions can be listed and ended if they are in a store.
if (mode.store) {
  Object.assign(routes, {
    async 'POST /sessions/end' (ctx, form) {
      const handle = session.of(ctx)
      const chosen = (await handle.list()).find(({ hash }) => hash === form.get('hash'))
      const isEnded = await handle.revoke(chosen?.hash)
      // Without a session, it was this one.
      if (ctx.session) ctx.session.notice = isEnded ? `${deviceIn(chosen.label)} is logged out.` : 'That session had already ended.'
    },

    async 'POST /sessions/end-others' (ctx) {
      const count = await session.of(ctx).revokeOthers()
      ctx.session.notice = count === 1 ? 'The other session is logged out.' : `${count} other sessions are logged out.`
    }
  })
}

app.use(async (ctx) => {
  ctx.set('Content-Security-Policy', POLICY)
  const route = routes[`${ctx.method === 'HEAD' ? 'GET' : ctx.method} ${ctx.path}`]
  if (!route) return
  if (ctx.method !== 'POST') return route(ctx)

  const form = await readForm(ctx)
  // Without a user there is nothing to end: the session was ended elsewhere, after the browser got the form.
  if (ctx.session.user || ctx.path === '/login') {
    if (!hasToken(ctx, form)) return show(ctx, 'Nothing was done, since the page was out of date. Try again.', 403)
    await route(ctx, form)
  }
  if (ctx.body) return
  // By 303 the browser gets the page, and a reload does not send the form again.
  ctx.status = 303
  ctx.redirect('/')
})

/** Responds with the page: the user's sessions, or a login form. */
async function show (ctx, notice, status = 200) {
  const handle = session.of(ctx)
  ctx.session.csrf ??= makeToken()
  delete ctx.session.notice
  // Saved here, not after the response, so that the page can tell which cookie comes with it.
  await handle.commit()
  const sessions = mode.store && ctx.session.user ? await handle.list() : []
  ctx.status = status
  ctx.type = 'html'
  ctx.body = page({ ...ctx.session.toJSON(), notice, mode, sessions, cookies: cookiesOf(ctx, KEY), expiresAt: handle.expiresAt })
}

listen(app, mode)
