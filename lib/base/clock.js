'use strict'

/**
 * Returns the time in milliseconds. Always a number, as the core needs, even if a test suite has replaced `Date.now` by a function
 * that returns a Date, a string or nothing. It may be NaN, with which no session expires.
 */
function now () {
  return Number(Date.now())
}

/**
 * Returns the time at which a time to live ends. Not converted to a number, so that envelopes are as koa-session writes them.
 *
 * @param {number} maxAge milliseconds
 */
function expiryOf (maxAge) {
  return maxAge + Date.now()
}

module.exports = { expiryOf, now }
