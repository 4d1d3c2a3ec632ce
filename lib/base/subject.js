'use strict'

const { sessionError } = require('./errors')
const { callHook } = require('./hook')
const { isPromise } = require('./maybe-async')

const EXPECTED = 'a number or a well-formed text'

/**
 * Tells whose a session is, by the option `subject`.
 *
 * @param {object} session the ContextSession
 * @param {object} data the session object, or parsed data of it
 * @returns {string|null} null: nobody's
 * @throws {TypeError} code ERR_SESSION_VALUE for what names nobody
 */
function subjectOf ({ options: { subject }, ctx }, data) {
  if (subject == null) return null
  const given = typeof subject === 'function' ? callHook(() => subject(data, ctx)) : data[subject]
  if (given === undefined || given === null || given === '' || Number.isNaN(given)) return null
  const text = textOf(given)
  if (text !== undefined) return text
  if (isPromise(given)) given.then(undefined, () => {})
  throw sessionError('ERR_SESSION_VALUE', `the option subject must lead to ${EXPECTED}, led to another ${typeof given}`, TypeError)
}

/**
 * Returns the subject that a store is asked for, as text.
 *
 * @param {string|number|bigint} given
 * @throws {TypeError} code ERR_SESSION_VALUE for what the option `subject` would refuse too
 */
function toSubject (given) {
  const text = textOf(given)
  if (text !== undefined) return text
  throw sessionError('ERR_SESSION_VALUE', `a subject must be ${EXPECTED}, received another ${typeof given}`, TypeError)
}

/** Returns a text or a number as text, and nothing of anything else. Ill-formed texts would be one and the same to the core. */
function textOf (given) {
  if (typeof given === 'string') return given.isWellFormed() ? given : undefined
  return Number.isFinite(given) || typeof given === 'bigint' ? String(given) : undefined
}

module.exports = { subjectOf, toSubject }
