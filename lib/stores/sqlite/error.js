'use strict'

const { sessionError } = require('../../base/errors')

/**
 * Makes the error of a failure that the addon tells (binding-sqlite/src/failure.rs).
 *
 * @param {string} file
 * @param {string} failure a reason, SQLite's extended result code or nothing, and a message: a line each
 */
function storeError (file, failure) {
  const [reason, errcode, message] = failure.split('\n')
  // A caller's fault, and not the database's.
  if (reason === 'input') return sessionError('ERR_SESSION_RECORD', message)
  const error = sessionError('ERR_SESSION_STORE', `The SQLite store ${file}: ${message}`)
  Object.assign(error, { store: 'sqlite', file, reason })
  if (errcode !== '') error.errcode = Number(errcode)
  return error
}

module.exports = { storeError }
