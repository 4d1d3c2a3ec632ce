'use strict'

/**
 * Returns the time in milliseconds. Test suites put other functions in the place of `Date.now`, which give a Date, a text or
 * nothing: this is a number all the same, since the core takes nothing else. It is NaN where there is none, and NaN is before no
 * expiry.
 */
function now () {
  return Number(Date.now())
}

/**
 * Adds a time to live to the present. Where `Date.now` gives no number, so does this: envelopes are those of koa-session.
 *
 * @param {number} maxAge milliseconds
 */
function expiryOf (maxAge) {
  return maxAge + Date.now()
}

module.exports = { expiryOf, now }
