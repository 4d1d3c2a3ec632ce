'use strict'

const binding = require('../native/binding')
const { invalidOption, sessionError } = require('./errors')

/**
 * Makes an id: a UUID, or as many random bytes as the option `idBytes` says. The prefix may be a number, if the app has changed the
 * option since it was checked.
 */
function newId (prefix, bytes) {
  if (bytes == null) return binding.newId(`${prefix || ''}`)
  if (!(Number.isInteger(bytes) && bytes >= 16 && bytes <= 64)) throw invalidOption('idBytes', 'whole number from 16 to 64', bytes)
  return binding.randomId(`${prefix || ''}`, bytes)
}

/** Checks what the app's `genid` returned, and makes a string of it. */
function toId (given) {
  const id = typeof given === 'number' ? String(given) : given
  if (typeof id === 'string' && isAcceptable(id)) return id
  throw sessionError('ERR_SESSION_ID', `genid must return a string without control characters, or a number, returned ${describe(given)}`, TypeError)
}

/**
 * Returns an id that is passed to one of our stores, unchanged.
 *
 * @throws {TypeError} code ERR_SESSION_ID if it is not a well-formed string: to the core, all lone surrogates are the same
 */
function toStoreId (given) {
  if (typeof given === 'string' && given.isWellFormed()) return given
  throw sessionError('ERR_SESSION_ID', `an id must be a string without lone surrogates, which this ${typeof given} is not`, TypeError)
}

/** Describes an invalid id without showing it. */
function describe (given) {
  if (typeof given !== 'string') return given === null ? 'null' : typeof given
  return given === '' ? 'an empty string' : 'a string with characters that an id must not have'
}

/**
 * Returns whether an id that came with the request must not be passed to the store.
 *
 * @param {*} id
 * @param {RegExp} [pattern] the option `idPattern`
 * @param {boolean} isAccepted whether the core has accepted the id already
 */
function isIdRefused (id, pattern, isAccepted) {
  return !(isAccepted || isAcceptable(String(id))) || (pattern instanceof RegExp && String(id).search(pattern) < 0)
}

/** Checks also for lone surrogates, which are all the same in the core. */
function isAcceptable (id) {
  return id.isWellFormed() && binding.isAcceptableId(id)
}

module.exports = { isIdRefused, newId, toId, toStoreId }
