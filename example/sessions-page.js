'use strict'

const { STATUS_CODES } = require('node:http')
const session = require('..')

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escape = (text) => String(text).replace(/[&<>"]/g, (char) => ENTITIES[char])

/** Answers browsers with a page, and other clients with text. */
function answer (ctx, sessions) {
  ctx.body = ctx.accepts('text', 'html') === 'html'
    ? `<!doctype html><title>Your sessions</title><h1>Your sessions</h1><ul>${sessions.map(item).join('')}</ul>
<form method="post" action="/sessions/revoke-others"><button>Log out my other devices</button></form>`
    : sessions.map(({ label, current }) => `${current ? '*' : ' '} ${label}\n`).join('')
}

function item ({ hash, label, created, seen, current }) {
  const times = `since ${new Date(created).toISOString()}, last seen ${new Date(seen).toISOString()}`
  const button = current
    ? '(this one)'
    : `<form method="post" action="/sessions/revoke?hash=${hash}"><button>Log out</button></form>`
  return `<li><b>${escape(label)}</b> ${times} ${button}</li>`
}

function requireUser (ctx) {
  ctx.assert(ctx.session.user, 401, `${STATUS_CODES[401]}\n`)
}

/**
 * The routes that list the user's sessions, end one of them, and end all but this one. The cookie has SameSite=Lax, so posts from
 * other sites come without it.
 */
module.exports = {
  async 'GET /sessions' (ctx) {
    requireUser(ctx)
    answer(ctx, await session.of(ctx).list())
  },

  async 'POST /sessions/revoke' (ctx) {
    requireUser(ctx)
    ctx.assert(await session.of(ctx).revoke(ctx.query.hash), 404, 'no such session\n')
    ctx.redirect('/sessions')
  },

  async 'POST /sessions/revoke-others' (ctx) {
    requireUser(ctx)
    const ended = await session.of(ctx).revokeOthers()
    if (ctx.accepts('text', 'html') === 'html') ctx.redirect('/sessions')
    else ctx.body = `ended: ${ended}\n`
  }
}
