'use strict'

const { sessionError } = require('./errors')
const { callHook } = require('./hook')
const { isPromise } = require('./maybe-async')

const EXPECTED = 'a finite number, a bigint, or a string without lone surrogates'

/**
 * Returns the subject of a session (the user whose session it is), by the option `subject`.
 *
 * @param {object} contextSession
 * @param {object} data the session object, or its parsed data
 * @returns {string|null} null if it has none
 * @throws {TypeError} code ERR_SESSION_VALUE for an invalid subject
 */
function subjectOf ({ options: { subject }, ctx }, data) {
  if (subject == null) return null
  const given = typeof subject === 'function' ? callHook(() => subject(data, ctx)) : data[subject]
  if (given === undefined || given === null || given === '' || Number.isNaN(given)) return null
  const text = textOf(given)
  if (text !== undefined) return text
  if (isPromise(given)) given.then(undefined, () => {})
  throw sessionError('ERR_SESSION_VALUE', `the option subject must result in ${EXPECTED}, which this ${typeof given} is not`, TypeError)
}

/**
 * Returns a subject that is passed to a store, as a string.
 *
 * @param {string|number|bigint} given
 * @throws {TypeError} code ERR_SESSION_VALUE as for the option `subject`
 */
function toSubject (given) {
  const text = textOf(given)
  if (text !== undefined) return text
  throw sessionError('ERR_SESSION_VALUE', `a subject must be ${EXPECTED}, which this ${typeof given} is not`, TypeError)
}

/** Returns a string or number as a string, else undefined. Lone surrogates are refused: the core cannot tell them apart. */
function textOf (given) {
  if (typeof given === 'string') return given.isWellFormed() ? given : undefined
  return Number.isFinite(given) || typeof given === 'bigint' ? String(given) : undefined
}

module.exports = { subjectOf, toSubject }
