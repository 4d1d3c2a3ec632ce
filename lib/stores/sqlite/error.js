'use strict'

const { sessionError } = require('../../base/errors')

/**
 * Makes the error of a failure in the addon (binding-sqlite/src/failure.rs).
 *
 * @param {string} file
 * @param {string} failure three lines: a reason, SQLite's extended result code (or nothing), a message
 */
function storeError (file, failure) {
  const [reason, errcode, message] = failure.split('\n')
  // A mistake of the caller, not of the database.
  if (reason === 'input') return sessionError('ERR_SESSION_RECORD', message)
  const error = sessionError('ERR_SESSION_STORE', `The SQLite store ${file}: ${message}`)
  Object.assign(error, { store: 'sqlite', file, reason })
  if (errcode !== '') error.errcode = Number(errcode)
  return error
}

module.exports = { storeError }
