'use strict'

const { announce, isObserved, publish } = require('../base/events')
const { readCookie } = require('../native/opened')

/**
 * Tells that the signature which came with a session's cookie is by none of the keys. With a store, the event has the hash of
 * the id that the cookie holds.
 *
 * @param {import('../options/request-options').RequestOptions} request
 */
function reportForged (request) {
  if (!isObserved(request, 'forged')) return
  const { ContextStore, store } = request.options
  const id = ContextStore || store ? unverifiedId(request) : undefined
  announce(request, 'forged', id)
  publish(request, 'forged', id)
}

/** Returns the id that the cookie holds, for which nobody vouches; nothing where the core does not know such cookies. */
function unverifiedId ({ ctx, options, nativeCookies, isFixed }) {
  const header = ctx.req?.headers?.cookie
  const unsigned = typeof header === 'string' ? nativeCookies.cookie(options, isFixed) : undefined
  return unsigned && readCookie(unsigned, header).value
}

/**
 * Returns whether a line of `ctx.cookies` drops the signature that came. `cookies` sends it while it reads, and so do objects made
 * like it, where the signature is by none of the keys; what else they find, nobody can tell.
 */
function isSignatureDropped ({ req }, line, key) {
  const name = `${key}.sig=`
  const header = req?.headers?.cookie
  return line?.startsWith(`${name};`) === true && typeof header === 'string' && header.includes(name)
}

module.exports = { isSignatureDropped, reportForged }
