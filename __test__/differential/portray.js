'use strict'

const { inspect } = require('node:util')

const settings = { depth: Infinity, maxStringLength: Infinity, maxArrayLength: Infinity, breakLength: Infinity, compact: true, showHidden: false }

/** Writes a value so that two values have the same text only if an app could not tell them apart: order of keys, undefined, classes and prototypes show. */
function portray (value) {
  return inspect(value, settings)
}

/** Writes an error as its class, code and message. */
function portrayError (error) {
  if (!(error instanceof Error)) return `not an error: ${portray(error)}`
  return `${error.name}${error.code ? ` [${error.code}]` : ''}: ${error.message}`
}

module.exports = { portray, portrayError }
