'use strict'

const { MemoryStore } = require('../../stores/memory')
const { of } = require('../harness/app')
const { ROUTES } = require('../harness/merging')
const { start } = require('../harness/server')

/** Starts an app whose users log in by /login?user=..., with a new id. */
function startUsers (t, options, routes) {
  return start(t, { store: new MemoryStore(), subject: 'user', ...options }, {
    ...ROUTES,
    async '/login' (ctx) {
      ctx.session.user = ctx.query.user
      await of(ctx).regenerate()
    },
    '/login-in-place' (ctx) { ctx.session.user = ctx.query.user },
    '/leave' (ctx) { delete ctx.session.user },
    '/touch': (ctx) => of(ctx).touch(),
    '/list': (ctx) => of(ctx).list(),
    async '/revoke' (ctx) { return { revoked: await of(ctx).revoke(ctx.query.hash) } },
    async '/revoke-others' (ctx) { return { ended: await of(ctx).revokeOthers() } },
    ...routes
  })
}

/** Logs a new visitor in. */
async function loggedIn (server, user, agent) {
  const visitor = server.visitor()
  await visitor.get(`/login?user=${user}`, { 'user-agent': agent ?? user })
  return visitor
}

/** Returns the sessions of the visitor's subject. */
const list = async (visitor) => (await visitor.get('/list')).json

/** Returns whether a visitor is logged in. */
const isIn = async (visitor) => (await visitor.get('/me')).json.user !== undefined

module.exports = { startUsers, loggedIn, list, isIn }
