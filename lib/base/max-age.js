'use strict'

const { invalidOption } = require('./errors')

const EXPECTED = "a finite number of milliseconds or 'session'"

/**
 * Checks a maxAge, as an option or assigned to a session. Fractions of a millisecond stay, as in koa-session.
 *
 * @param {*} value
 * @returns {number|'session'|undefined}
 * @throws {SessionOptionError} for anything that no cookie can live for
 */
function toMaxAge (value) {
  if (value === undefined || value === null || value === false || value === 'session') return value ?? undefined
  if (typeof value !== 'number' || !Number.isFinite(value)) throw invalidOption('maxAge', EXPECTED, value)
  return value
}

/** Returns whether data that came in may say so. */
function isMaxAge (value) {
  return value === 'session' || Number.isFinite(value)
}

const ONE_DAY_MS = 24 * 60 * 60 * 1000

/** A store that is told a time to live keeps a record this much longer, so that the cookie never outlives it. */
const STORE_GRACE_MS = 10000

/**
 * Returns how many milliseconds a store keeps a session that lives as long as the browser. What an app has put into the option
 * since the start may be anything.
 */
function browserSessionTtl ({ storeMaxAge }) {
  return Number.isFinite(storeMaxAge) ? storeMaxAge : ONE_DAY_MS
}

/**
 * Returns the maxAge of a session as its record has it, and how many milliseconds the record lives.
 *
 * @param {object} session the ContextSession
 * @returns {{ maxAge: number|'session', ttl: number }}
 */
function lifetimeOf ({ maxAge: given, options }) {
  const maxAge = given || ONE_DAY_MS
  return { maxAge, ttl: maxAge === 'session' ? browserSessionTtl(options) : maxAge }
}

module.exports = { ONE_DAY_MS, STORE_GRACE_MS, browserSessionTtl, isMaxAge, lifetimeOf, toMaxAge }
