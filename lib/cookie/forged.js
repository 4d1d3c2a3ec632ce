'use strict'

const { announce, isObserved, publish } = require('../base/events')
const { readCookie } = require('../native/opened')

/**
 * Emits `session:forged`: the session's cookie is signed or sealed with none of the keys. With a store, the event has the hash of
 * the id in a signed cookie.
 *
 * @param {import('../options/request-options').RequestOptions} request
 * @param {boolean} hasId whether the cookie's value may be an id
 */
function reportForged (request, hasId) {
  if (!isObserved(request, 'forged')) return
  const { ContextStore, store } = request.options
  const id = hasId && (ContextStore || store) ? unverifiedId(request) : undefined
  announce(request, 'forged', id)
  publish(request, 'forged', id)
}

/** Returns the id in the cookie, which is not verified; undefined for cookies that the core does not read. */
function unverifiedId ({ ctx, options, nativeCookies, isFixed }) {
  const header = ctx.req?.headers?.cookie
  const unsigned = typeof header === 'string' ? nativeCookies.cookie(options, isFixed) : undefined
  return unsigned && readCookie(unsigned, header).value
}

/**
 * Returns whether a Set-Cookie line of `ctx.cookies` clears the request's signature. `cookies`, and classes modelled on it, set
 * that line while they read a cookie whose signature was made with none of the keys. Nothing else shows that.
 */
function isSignatureDropped ({ req }, line, key) {
  const name = `${key}.sig=`
  const header = req?.headers?.cookie
  return line?.startsWith(`${name};`) === true && typeof header === 'string' && header.includes(name)
}

module.exports = { isSignatureDropped, reportForged }
