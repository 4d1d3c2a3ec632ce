'use strict'

/**
 * Sessions as express-session's stores keep them: the user's keys, and under `cookie` when the session ends.
 */

const { toOwnKeys, toStoredKeys } = require('./stored-keys')

/** What stores read of an express-session's cookie; `expires` and `maxAge` are null where the store is to decide. */
class StoredCookie {
  path = '/'
  httpOnly = true

  /** @param {number|undefined} ttl milliseconds */
  constructor (ttl) {
    const date = new Date(Date.now() + ttl)
    this.expires = Number.isNaN(date.getTime()) ? null : date
    this.originalMaxAge = this.maxAge
  }

  /** Milliseconds from now on. */
  get maxAge () { return this.expires === null ? null : this.expires - Date.now() }

  get data () { return { ...this } }

  toJSON () { return this.data }
}

/**
 * Makes of koa-session's record what express-session's stores take.
 *
 * @param {object} record
 * @param {number} [ttl] milliseconds for which the store has to keep it
 */
function toSession (record, ttl) {
  return { cookie: new StoredCookie(ttl), ...toStoredKeys(record) }
}

/** Makes koa-session's record of what the store has; undefined where that is over. */
function toRecord (session) {
  if (isOver(session)) return undefined
  const { cookie, ...keys } = session
  return toOwnKeys(isCookie(cookie) ? keys : session)
}

/** Tells express-session's cookie from a key of the user's, which has that name in a record that was stored without us. */
function isCookie (value) {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'originalMaxAge')
}

/**
 * Returns whether a session that ends with the browser has outlived what the store was told. The record of any other has
 * `_expire`, which is judged later.
 */
function isOver ({ _session, cookie }) {
  return _session === true && isCookie(cookie) && new Date(cookie.expires ?? NaN) < Date.now()
}

module.exports = { toSession, toRecord }
