'use strict'

const { inspect } = require('node:util')

const settings = { depth: Infinity, maxStringLength: Infinity, maxArrayLength: Infinity, breakLength: Infinity, compact: true, showHidden: false }

/** Describes a value by all that an app could notice, including the order of keys, undefined, classes and prototypes. */
function portray (value) {
  if (value instanceof Promise) return 'a promise'
  return inspect(value, settings)
}

/** Describes an error by class, code and message; our own by class and code. */
function portrayError (error) {
  if (!(error instanceof Error)) return `not an error: ${portray(error)}`
  if (/^ERR_SESSION_/.test(error.code)) return `${error.name} [${error.code}]`
  // V8's message contains the called expression as it is in the source.
  const message = error.message.replace('this.session.toJSON', 'session.toJSON')
  return `${error.name}${error.code ? ` [${error.code}]` : ''}: ${message}`
}

module.exports = { portray, portrayError }
