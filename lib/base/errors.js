'use strict'

const { types: { isNativeError } } = require('node:util')

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

/**
 * Returns what was thrown, if it is an Error; else an Error that has it as its cause. Koa never answers a request that failed
 * with undefined or null.
 */
function toError (thrown) {
  if (isNativeError(thrown) || thrown instanceof Error) return thrown
  return new Error(`non-error thrown: ${typeOf(thrown)}`, { cause: thrown })
}

/** Returns the Error of a store or hook that failed: with the code ERR_SESSION_STORE where it threw something else. */
function toStoreError (thrown) {
  const err = toError(thrown)
  return err === thrown ? err : Object.assign(err, { code: 'ERR_SESSION_STORE', reason: 'non-error' })
}

function typeOf (value) {
  if (value === null) return 'null'
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value).toLowerCase()
  if (typeof value?.then === 'function') return 'promise'
  return Array.isArray(value) ? 'array' : typeof value
}

const warned = new Set()

/** Warns, once a process for each code, through `process.emitWarning`. */
function warnOnce (code, message, type = 'Warning') {
  if (warned.has(code)) return
  warned.add(code)
  process.emitWarning(message, { type, code })
}

module.exports = { SessionOptionError, invalidOption, sessionError, toError, toStoreError, typeOf, warnOnce }
