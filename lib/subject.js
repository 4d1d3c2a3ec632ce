'use strict'

const { sessionError } = require('./errors')
const { callHook } = require('./hook')
const { isPromise } = require('./promise')

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
  // Others would be one and the same to the core.
  if (typeof given === 'string' && given.isWellFormed()) return given
  if (Number.isFinite(given) || typeof given === 'bigint') return String(given)
  if (isPromise(given)) given.then(undefined, () => {})
  throw sessionError('ERR_SESSION_VALUE', `the option subject must lead to a number or a well-formed text, led to another ${typeof given}`, TypeError)
}

module.exports = { subjectOf }
