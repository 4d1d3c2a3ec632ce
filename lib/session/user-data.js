'use strict'

/**
 * What of a session is the user's data, for all who store or show them: its own enumerable keys, without functions, without
 * `isNew`, and without those that begin with `_` unless they are kept.
 */

const { warnOnce } = require('../base/errors')
const { withOwnKeysOnly } = require('../base/own-keys')
const { stateOf } = require('./session-state')

/** Keys that are not the user's: what the envelope holds, and our own. */
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

/** Returns whether the user has put anything in. */
function isPopulated (session) {
  const own = withOwnKeysOnly(session)
  for (const key in own) {
    if (isData(session, key, own[key])) return true
  }
  return false
}

/** Returns whether a session has nothing but the user's data. */
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

/** Returns whether a key that begins with `_` is the user's too (`underscoreKeys`). */
function isKept (session, key) {
  const context = stateOf(session)?.context
  if (context === undefined || RESERVED.has(key)) return false
  if (context.options.underscoreKeys === true) return true
  // A store puts keys of its own there: nobody in this request has to rename them.
  if (incomingKeysOf(context).has(key)) return false
  warnOnce('KOA_SESSION_RS_UNDERSCORE',
    `session.${key} is not saved, since its name begins with an underscore: rename it, or set underscoreKeys: true`)
  return false
}

/** @type {WeakMap<object, Set<string>>} by ContextSession: keys that came in, those that begin with `_` at least */
const incoming = new WeakMap()

/** Returns these keys. Where data came in as JSON, that is looked into when one of them is met. */
function incomingKeysOf (context) {
  if (!incoming.has(context)) incoming.set(context, new Set(Object.keys(JSON.parse(context.baseline?.text ?? '{}'))))
  return incoming.get(context)
}

module.exports = { incomingKeysOf, isPopulated, hasOnlyData, userData }
