'use strict'

const { inspect } = require('node:util')

const settings = { depth: Infinity, maxStringLength: Infinity, maxArrayLength: Infinity, breakLength: Infinity, compact: true, showHidden: false }

/** Writes a value so that two values have the same text only if an app could not tell them apart: order of keys, undefined, classes and prototypes show. */
function portray (value) {
  if (value instanceof Promise) return 'a promise'
  return inspect(value, settings)
}

/** Writes an error as its class, code and message; of those that are our own, the code says enough. */
function portrayError (error) {
  if (!(error instanceof Error)) return `not an error: ${portray(error)}`
  if (/^ERR_SESSION_/.test(error.code)) return `${error.name} [${error.code}]`
  // The engine names what was called as it stands in the code.
  const message = error.message.replace('this.session.toJSON', 'session.toJSON')
  return `${error.name}${error.code ? ` [${error.code}]` : ''}: ${message}`
}

module.exports = { portray, portrayError }
