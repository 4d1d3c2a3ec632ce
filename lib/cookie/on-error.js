'use strict'

const { beforeHead } = require('../base/before-head')
const { emitError } = require('../base/events')
const { appendCookies } = require('./set-cookie')

/**
 * Keeps the session's cookies on Koa's error response, whether the app, an outer middleware or a body stream has failed.
 *
 * Koa's `ctx.onerror` removes all headers, sets those of `err.headers`, and ends the response. The cookies cannot be added to
 * `err.headers`, since apps throw one error object for many requests. So they are put back when the headers are sent.
 *
 * @param {object} ctx
 * @param {import('./base-cookie').BaseCookie} cookie
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

/** Puts the lines back when the headers are sent. Never throws, since Koa calls `ctx.onerror` also as an event listener of streams. */
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
