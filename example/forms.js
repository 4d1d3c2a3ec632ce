'use strict'

const { randomBytes, timingSafeEqual } = require('node:crypto')
const { text } = require('node:stream/consumers')

const MOST_BYTES = 4096

/** Reads the form that a browser has posted. One that is too long, or does not say its length, is refused unread. */
async function readForm (ctx) {
  ctx.assert(ctx.request.length <= MOST_BYTES, 413)
  return new URLSearchParams(await text(ctx.req))
}

/** Makes a CSRF token for a session. */
function makeToken () {
  return randomBytes(16).toString('base64url')
}

/**
 * Returns whether a form has the token of its session.
 *
 * This is OWASP's synchronizer token: it needs no new browser, and also stops other hosts of the same site, for which SameSite is no
 * obstacle. The login form has one too, so that nobody can log a visitor in under a foreign name; so each visitor gets a session.
 */
function hasToken (ctx, form) {
  const [expected, given] = [ctx.session.csrf, form.get('csrf')].map((token) => Buffer.from(token ?? ''))
  return expected.length > 0 && expected.length === given.length && timingSafeEqual(expected, given)
}

module.exports = { hasToken, makeToken, readForm }
