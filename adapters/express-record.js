'use strict'

/** Converts records to sessions as express-session's stores keep them, and back: the user's keys, and the expiry under `cookie`. */

const { toOwnKeys, toStoredKeys } = require('./stored-keys')

/** The parts of express-session's cookie that stores read; `expires` and `maxAge` are null if the store decides the lifetime. */
class StoredCookie {
  path = '/'
  httpOnly = true

  /** @param {number|undefined} ttl milliseconds */
  constructor (ttl) {
    const date = new Date(Date.now() + ttl)
    this.expires = Number.isNaN(date.getTime()) ? null : date
    this.originalMaxAge = this.maxAge
  }

  /** Returns the milliseconds from now to the expiry. */
  get maxAge () { return this.expires === null ? null : this.expires - Date.now() }

  get data () { return { ...this } }

  toJSON () { return this.data }
}

/**
 * Converts a record for a store of express-session.
 *
 * @param {object} record
 * @param {number} [ttl] milliseconds for which the store has to keep it
 */
function toSession (record, ttl) {
  return { cookie: new StoredCookie(ttl), ...toStoredKeys(record) }
}

/** Converts a stored session to a record; undefined if it is expired. */
function toRecord (session) {
  if (isExpired(session)) return undefined
  const { cookie, ...keys } = session
  return toOwnKeys(isCookie(cookie) ? keys : session)
}

/** Returns whether a value is express-session's cookie. It may be the user's, in a record that was stored without this adapter. */
function isCookie (value) {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'originalMaxAge')
}

/** Returns whether a browser session is expired in the store. Other records have `_expire`, which koa-session-rs checks later. */
function isExpired ({ _session, cookie }) {
  return _session === true && isCookie(cookie) && new Date(cookie.expires ?? NaN) < Date.now()
}

module.exports = { toSession, toRecord }
