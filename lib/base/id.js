'use strict'

const binding = require('../native/binding')
const { sessionError } = require('./errors')

/** Makes an id. An app that changes `prefix` while it runs may have put a number there. */
function newId (prefix) {
  return binding.newId(`${prefix || ''}`)
}

/** Makes an id of what the app's `genid` gave. */
function toId (given) {
  const id = typeof given === 'number' ? String(given) : given
  if (typeof id === 'string' && isAcceptable(id)) return id
  throw sessionError('ERR_SESSION_ID', `genid must give a text or a number without control characters, gave ${describe(given)}`, TypeError)
}

/**
 * Returns the id that a store of ours is asked for, as it is.
 *
 * @throws {TypeError} code ERR_SESSION_ID for what is no text, and for an ill-formed one: to the core, those that differ in lone
 * surrogates alone would be one session
 */
function toStoreId (given) {
  if (typeof given === 'string' && given.isWellFormed()) return given
  throw sessionError('ERR_SESSION_ID', `an id must be a well-formed text, received another ${typeof given}`, TypeError)
}

/** Tells what is wrong with an id without showing it. */
function describe (given) {
  if (typeof given !== 'string') return given === null ? 'null' : typeof given
  return given === '' ? 'an empty text' : 'a text that no store is shown'
}

/** Returns whether an id that came with the request may be shown to the store. */
function isIdRefused (id, pattern) {
  return !isAcceptable(String(id)) || (pattern instanceof RegExp && String(id).search(pattern) < 0)
}

/** Ill-formed texts would be one and the same to the core. */
function isAcceptable (id) {
  return id.isWellFormed() && binding.isAcceptableId(id)
}

module.exports = { isIdRefused, newId, toId, toStoreId }
