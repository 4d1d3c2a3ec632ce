'use strict'

/** An option that is not what it has to be. */
class SessionOptionError extends TypeError {
  /**
   * @param {string} message
   * @param {{ option: string, expected: string, received: string }} details
   */
  constructor (message, details) {
    super(message)
    this.name = 'SessionOptionError'
    this.code = 'ERR_SESSION_OPTION'
    Object.assign(this, details)
  }
}

/**
 * Makes an error for an option that has the wrong type or value. The value is not in it: it may be a secret.
 *
 * @param {string} option
 * @param {string} expected
 * @param {*} value
 * @param {string} [message]
 */
function invalidOption (option, expected, value, message) {
  const received = typeOf(value)
  message ??= `Invalid input: option ${option} must be ${expected}, received ${received}`
  return new SessionOptionError(message, { option, expected, received })
}

/** Makes an error with one of the codes that index.d.ts lists. */
function sessionError (code, message, Type = Error) {
  return Object.assign(new Type(message), { code })
}

function typeOf (value) {
  if (value === null) return 'null'
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value).toLowerCase()
  return Array.isArray(value) ? 'array' : typeof value
}

const warned = new Set()

/** Warns, once a process for each code, through `process.emitWarning`. */
function warnOnce (code, message, type = 'Warning') {
  if (warned.has(code)) return
  warned.add(code)
  process.emitWarning(message, { type, code })
}

module.exports = { SessionOptionError, invalidOption, sessionError, typeOf, warnOnce }
