'use strict'

/**
 * The names of an app's keys in a stored record, which a store has keys of its own in: `cookie`, as in express-session, and what
 * begins with `_`.
 */

/** A key of the app's that could be one of the store's, or a stored key with this prefix, is stored with one prefix more. */
const PREFIX = 'koa:'
const RESERVED = /^(?:koa:)*(?:cookie$|_)/
const PREFIXED = /^(?:koa:)+(?:cookie$|_)/

/** What begins with `_` and is koa-session's: stores keep it as it is. */
const ENVELOPE = new Set(['_expire', '_maxAge', '_session'])

/**
 * Renames the keys of a record as they are stored.
 *
 * @param {object} record
 */
function toStoredKeys (record) {
  return rename(Object.entries(record), (key) => RESERVED.test(key) && !ENVELOPE.has(key) ? PREFIX + key : key)
}

/**
 * Renames the keys of a stored record as the app has them, and leaves out what begins with `_`: the store has put it there.
 *
 * @param {*} stored what is no object is left for what judges records
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
