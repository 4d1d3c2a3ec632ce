'use strict'

const { beforeHead } = require('../base/before-head')
const { emitError } = require('../base/events')
const { appendCookies } = require('./set-cookie')

/**
 * Keeps the session's cookies on the response that Koa makes of an error, whoever threw it: the app, a middleware in front,
 * or a body that is a stream.
 *
 * Koa's `ctx.onerror` removes all headers, sets those of the error, and ends the response. The error is not ours to write
 * to: apps throw one object for many requests. So the lines are put back when the headers leave.
 *
 * @param {object} ctx
 * @param {import('./request-cookie').RequestCookie} cookie
 */
function keepOnError (ctx, cookie) {
  const { res, onerror } = ctx
  if (res == null || typeof onerror !== 'function') return
  ctx.onerror = function (err) {
    ctx.onerror = onerror
    if (err != null && !res.headersSent) keepLines(ctx, cookie)
    return onerror.call(ctx, err)
  }
}

/** Koa calls `ctx.onerror` as a listener of streams, too: nothing may be thrown there. */
function keepLines (ctx, cookie) {
  try {
    const { lines } = cookie
    beforeHead(ctx, () => putBack(ctx, cookie, lines))
  } catch (thrown) {
    emitError(ctx, thrown)
  }
}

function putBack (ctx, cookie, lines) {
  const { res } = ctx
  if (cookie.hasCacheControl) ctx.vary('Cookie')
  if (lines.length === 0) return
  const header = res.getHeader('Set-Cookie')
  const missing = lines.filter((line) => !header?.includes(line))
  if (missing.length > 0) appendCookies(res, missing, true)
  cookie.afterSetCookie()
}

module.exports = { keepOnError }
