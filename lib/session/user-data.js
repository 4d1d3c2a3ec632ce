'use strict'

/**
 * Which properties of a session are the user's data, wherever they are stored or shown: its own enumerable keys, without
 * functions, without `isNew`, and without keys that begin with `_` (unless the option `underscoreKeys` keeps them).
 */

const { warnOnce } = require('../base/errors')
const { withOwnKeysOnly } = require('../base/own-keys')
const { stateOf } = require('./session-state')

/** Keys that are never data: the envelope's and ours. */
const RESERVED = new Set(['_expire', '_maxAge', '_session', '_requireSave', '__proto__'])

/** Copies the user's data out of a session. */
function userData (session) {
  const data = {}
  const own = withOwnKeysOnly(session)
  for (const key in own) {
    const value = own[key]
    if (isData(session, key, value)) data[key] = value
  }
  return data
}

/** Returns whether a session has any data. */
function isPopulated (session) {
  const own = withOwnKeysOnly(session)
  for (const key in own) {
    if (isData(session, key, own[key])) return true
  }
  return false
}

/** Returns whether all properties of a session are data. */
function hasOnlyData (session) {
  const own = withOwnKeysOnly(session)
  for (const key in own) {
    if (!isData(session, key, own[key])) return false
  }
  return true
}

function isData (session, key, value) {
  return typeof value !== 'function' && key !== 'isNew' && (key[0] !== '_' || isKept(session, key))
}

/** Returns whether a key that begins with `_` is data (option `underscoreKeys`), and warns where it is not. */
function isKept (session, key) {
  const contextSession = stateOf(session)?.contextSession
  if (contextSession === undefined || RESERVED.has(key) || contextSession.times?.isKey(key)) return false
  if (contextSession.options.underscoreKeys === true) return true
  // Loaded keys may be the store's own, which the app cannot rename, so there is no warning.
  if (incomingKeysOf(contextSession).has(key)) return false
  warnOnce('KOA_SESSION_RS_UNDERSCORE',
    `session.${key} is not saved, since its name begins with an underscore: rename it, or set underscoreKeys: true`)
  return false
}

/** @type {WeakMap<object, Set<string>>} by ContextSession: the loaded keys, at least those that begin with `_` */
const incoming = new WeakMap()

/** Returns the loaded keys. JSON is parsed for them at the first call. */
function incomingKeysOf (contextSession) {
  if (!incoming.has(contextSession)) incoming.set(contextSession, new Set(Object.keys(JSON.parse(contextSession.baseline?.text ?? '{}'))))
  return incoming.get(contextSession)
}

module.exports = { incomingKeysOf, isPopulated, hasOnlyData, userData }
