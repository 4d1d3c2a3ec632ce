'use strict'

const { types: { isNativeError } } = require('node:util')

/** The error for an invalid option. */
class SessionOptionError extends TypeError {
  /**
   * @param {string} message of our own if it begins with 'Invalid input': then the page is added; others are koa-session's, to the letter
   * @param {{ option: string, expected: string, received: string, page?: string }} details page: the file of the package that describes
   * the option, and its section; by default that of an option of session()
   */
  constructor (message, details) {
    // Loaded only here, since most apps have no such error.
    const { page = require('./option-pages').pageOf(details.option) } = details
    super(page !== null && message.startsWith('Invalid input') ? `${message}; see ${page} in koa-session-rs` : message)
    this.name = 'SessionOptionError'
    this.code = 'ERR_SESSION_OPTION'
    Object.assign(this, details, { page })
    if (page === null) delete this.page
  }
}

/**
 * Makes the error for an option of session() that has the wrong type or value. It does not contain the value, which may be a secret.
 *
 * @param {string} option
 * @param {string} expected
 * @param {*} value
 * @param {string} [message]
 */
function invalidOption (option, expected, value, message) {
  return invalid(undefined, option, expected, value, message)
}

/**
 * Returns a function like `invalidOption` for options that another page describes.
 *
 * @param {string|null} page null: the package has none
 */
function invalidOptionOf (page) {
  return (...args) => invalid(page, ...args)
}

function invalid (page, option, expected, value, message) {
  const received = typeOf(value)
  message ??= `Invalid input: option ${option} must be ${expected}, received ${Array.isArray(value) ? arrayOf(value) : received}`
  return new SessionOptionError(message, { option, expected, received, page })
}

/** Makes an error with a code; index.d.ts lists the codes. */
function sessionError (code, message, Type = Error) {
  return Object.assign(new Type(message), { code })
}

/**
 * Returns a thrown value if it is an Error, else an Error with that value as its cause. Thrown undefined or null would leave the
 * request without a response, since Koa ignores them.
 */
function toError (thrown) {
  if (isNativeError(thrown) || thrown instanceof Error) return thrown
  return new Error(`non-error thrown: ${typeOf(thrown)}`, { cause: thrown })
}

/** Returns what a store or hook has thrown; a value that is no Error becomes one, with the code ERR_SESSION_STORE. */
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

/** Describes an array by the types of its items, without their values: the array of an unset environment variable has undefined. */
function arrayOf (items) {
  if (items.length === 0) return 'an empty array'
  const types = items.map((item) => item === '' ? 'empty string' : typeOf(item))
  return `array of ${[...new Set(types)].join(', ')}`
}

const warned = new Set()

/** Emits a process warning, once for each code. */
function warnOnce (code, message, type = 'Warning') {
  if (warned.has(code)) return
  warned.add(code)
  process.emitWarning(message, { type, code })
}

module.exports = { SessionOptionError, invalidOption, invalidOptionOf, sessionError, toError, toStoreError, typeOf, warnOnce }
