'use strict'

/**
 * Sessions as express-session's stores keep them: the user's keys, and under `cookie` when the session ends.
 */

/** The user's own key `cookie`, and any key that this name could be taken for, is stored with one more prefix. */
const PREFIX = 'koa:'
const RESERVED = /^(?:koa:)*cookie$/
const ESCAPED = /^(?:koa:)+cookie$/

/** What stores read of an express-session's cookie; `expires` and `maxAge` are null where the store is to decide. */
class StoredCookie {
  path = '/'
  httpOnly = true

  /**
   * @param {number|undefined} expire milliseconds since 1970
   * @param {boolean} isRolling
   */
  constructor (expire, isRolling) {
    const date = new Date(expire ?? NaN)
    this.expires = Number.isNaN(date.getTime()) ? null : date
    this.originalMaxAge = this.maxAge
    if (isRolling) this.rolling = true
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
 * @param {boolean} isRolling whether its expiry will be moved by the store alone
 */
function toSession (record, ttl, isRolling) {
  const expire = isRolling && typeof record._expire === 'number' ? record._expire : Date.now() + ttl
  const keys = Object.entries(record).map(([key, value]) => [RESERVED.test(key) ? PREFIX + key : key, value])
  return Object.fromEntries([['cookie', new StoredCookie(expire, isRolling)], ...keys])
}

/** Makes koa-session's record of what the store has. */
function toRecord (session) {
  const entries = Object.entries(session).filter(([key, value]) => key !== 'cookie' || !isCookie(value))
  const record = Object.fromEntries(entries.map(([key, value]) => [ESCAPED.test(key) ? key.slice(PREFIX.length) : key, value]))
  // Moved since, and where to only the store knows, which would not have it any more if it were expired.
  if (isRolling(session) && record._expire < Date.now()) record._expire = Date.now() + record._maxAge
  return record
}

/** Tells express-session's cookie from a key of the user's, which has that name in a record that was stored without us. */
function isCookie (value) {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'originalMaxAge')
}

/** Tells whether the expiry of a stored session has been left to the store. */
function isRolling ({ cookie }) {
  return isCookie(cookie) && cookie.rolling === true
}

module.exports = { toSession, toRecord, isRolling }
