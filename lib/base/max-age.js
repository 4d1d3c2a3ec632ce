'use strict'

const { invalidOption } = require('./errors')

const EXPECTED = "a finite number of milliseconds or 'session'"

/**
 * Checks a maxAge, given as an option or assigned to a session. As in koa-session, fractions of a millisecond are kept.
 *
 * @param {*} value
 * @returns {number|'session'|undefined}
 * @throws {SessionOptionError} for anything else
 */
function toMaxAge (value) {
  if (value === undefined || value === null || value === false || value === 'session') return value ?? undefined
  if (typeof value !== 'number' || !Number.isFinite(value)) throw invalidOption('maxAge', EXPECTED, value)
  return value
}

/** Returns whether a value is a maxAge, for values in loaded data. */
function isMaxAge (value) {
  return value === 'session' || Number.isFinite(value)
}

const ONE_DAY_MS = 24 * 60 * 60 * 1000

/** How much longer than the cookie a store keeps a record, so that the cookie never outlives that. */
const STORE_GRACE_MS = 10000

/**
 * Returns how many milliseconds a store keeps a browser session (maxAge 'session'). The option may be invalid, if the app has
 * changed it since it was checked.
 */
function browserSessionTtl ({ storeMaxAge }) {
  return Number.isFinite(storeMaxAge) ? storeMaxAge : ONE_DAY_MS
}

/**
 * Returns the maxAge of a session's record, and the record's time to live in milliseconds.
 *
 * @param {object} contextSession
 * @returns {{ maxAge: number|'session', ttl: number }}
 */
function lifetimeOf ({ maxAge: given, options }) {
  const maxAge = given || ONE_DAY_MS
  return { maxAge, ttl: maxAge === 'session' ? browserSessionTtl(options) : maxAge }
}

module.exports = { ONE_DAY_MS, STORE_GRACE_MS, browserSessionTtl, isMaxAge, lifetimeOf, toMaxAge }
