'use strict'

const { invalidOption } = require('./errors')

const EXPECTED = "a finite number of milliseconds or 'session'"

/**
 * Checks a maxAge, as an option or assigned to a session, and cuts a fraction off.
 *
 * @param {*} value
 * @returns {number|'session'|undefined}
 * @throws {SessionOptionError} for anything that no cookie can live for
 */
function toMaxAge (value) {
  if (value === undefined || value === null || value === false || value === 'session') return value ?? undefined
  if (typeof value !== 'number' || !Number.isFinite(value)) throw invalidOption('maxAge', EXPECTED, value)
  return Math.trunc(value)
}

/** Tells whether data that came in may say so. */
function isMaxAge (value) {
  return value === 'session' || Number.isFinite(value)
}

module.exports = { isMaxAge, toMaxAge }
