'use strict'

/**
 * The least that a session costs with this package's addon: its bare calls (one to open the cookie, one to close it), `JSON.parse`
 * and `JSON.stringify`. Like the floor in JavaScript, it is a reference, not a usable middleware.
 */

const binding = require('../lib/native/binding')
const { modifies } = require('./floor')

/**
 * Makes the native floor's middleware.
 *
 * @param {object} options
 * @param {string} options.key name of the cookie
 * @param {number} options.maxAge milliseconds
 * @param {object} [options.store] without it, the session is in the cookie
 */
function nativeFloor ({ key, maxAge, store }) {
  const memory = new Float64Array(5).buffer
  const attributes = { key, path: '/', domain: '', priority: '', sameSite: '', httpOnly: true, partitioned: false }
  let cookie
  const cookieOf = (ctx) => (cookie ??= binding.sessionCookie(attributes, ctx.app.keys))
  return store === undefined ? inCookie(cookieOf, memory, maxAge) : inStore(cookieOf, memory, maxAge, store)
}

function inCookie (cookieOf, memory, maxAge) {
  return function nativeFloorCookie (ctx, next) {
    const header = ctx.req.headers.cookie
    const text = header === undefined ? undefined : cookieOf(ctx).open(memory, header, Date.now())
    ctx.session = text ? JSON.parse(text) : {}
    return modifies(ctx) ? next().then(() => close(ctx)) : next()
  }

  function close (ctx) {
    const now = Date.now()
    send(ctx, cookieOf(ctx).close(JSON.stringify(ctx.session), now, maxAge, now + maxAge, false))
  }
}

function inStore (cookieOf, memory, maxAge, store) {
  return async function nativeFloorStore (ctx, next) {
    const header = ctx.req.headers.cookie
    const id = header === undefined ? undefined : cookieOf(ctx).read(memory, header)
    ctx.session = id ? await store.get(id) : {}
    if (!modifies(ctx)) return next()
    await next()
    const saved = id || binding.newId('')
    await store.set(saved, ctx.session)
    send(ctx, cookieOf(ctx).write(saved, Date.now() + maxAge, false))
  }
}

function send (ctx, lines) {
  ctx.res.setHeader('Set-Cookie', lines.split('\n'))
}

module.exports = { nativeFloor }
