'use strict'

/**
 * Renames an app's keys in a stored record, where they could clash with the store's own: `cookie`, as in express-session, and keys
 * that begin with `_`.
 */

/** Such a key is stored with this prefix; a key that has the prefix already gets one more. */
const PREFIX = 'koa:'
const RESERVED = /^(?:koa:)*(?:cookie$|_)/
const PREFIXED = /^(?:koa:)+(?:cookie$|_)/

/** The envelope's keys, which stores keep unchanged. */
const ENVELOPE = new Set(['_expire', '_maxAge', '_session'])

/**
 * Renames the keys of a record for the store.
 *
 * @param {object} record
 */
function toStoredKeys (record) {
  return rename(Object.entries(record), (key) => RESERVED.test(key) && !ENVELOPE.has(key) ? PREFIX + key : key)
}

/**
 * Renames the keys of a stored record to the app's, and omits those that begin with `_`, which the store has added.
 *
 * @param {*} stored returned unchanged if it is not an object: the session's validation rejects it
 */
function toOwnKeys (stored) {
  if (typeof stored !== 'object' || Array.isArray(stored)) return stored
  const entries = []
  for (const key in stored) {
    if (key[0] !== '_' || ENVELOPE.has(key)) entries.push([key, stored[key]])
  }
  return rename(entries, (key) => PREFIXED.test(key) ? key.slice(PREFIX.length) : key)
}

function rename (entries, nameOf) {
  return Object.fromEntries(entries.map(([key, value]) => [nameOf(key), value]))
}

module.exports = { toStoredKeys, toOwnKeys }
