'use strict'

const { appendCookies } = require('./set-cookie')

/**
 * Keeps the session's cookies on the response that Koa makes of an error, whoever threw it: the app, a middleware in front,
 * or a body that is a stream.
 *
 * Koa's `ctx.onerror` removes all headers, sets those of the error, and ends the response. The error is not ours to write
 * to: apps throw one object for many requests. So the lines are put back when the headers leave.
 *
 * @param {object} ctx
 * @param {import('./cookie').RequestCookie} cookie
 */
function keepOnError (ctx, cookie) {
  const { res, onerror } = ctx
  ctx.onerror = function (err) {
    ctx.onerror = onerror
    if (err != null && !res.headersSent) {
      const { lines } = cookie
      beforeHead(res, () => putBack(ctx, cookie, lines))
    }
    return onerror.call(ctx, err)
  }
}

function putBack (ctx, cookie, lines) {
  const { res } = ctx
  if (cookie.isGuarded) ctx.vary('Cookie')
  if (lines.length === 0) return
  const header = res.getHeader('Set-Cookie')
  const missing = lines.filter((line) => !header?.includes(line))
  if (missing.length > 0) appendCookies(res, missing, true)
  cookie.guard()
}

/** Calls `act` when the headers leave: `res.write`, `res.end` and the like all come to `res.writeHead`. */
function beforeHead (res, act) {
  const { writeHead } = res
  const isOwn = Object.hasOwn(res, 'writeHead')
  res.writeHead = function (...args) {
    if (isOwn) res.writeHead = writeHead
    else delete res.writeHead
    act()
    return writeHead.apply(res, args)
  }
}

module.exports = { keepOnError }
