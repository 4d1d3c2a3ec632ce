'use strict'

const binding = require('../../native/binding')
const codec = require('../../cookie/codec')
const { toJson } = require('../../session/json')

/**
 * The object behind `ctx.session`, as in cookie-session: the data are its keys. A key of the data that is a member of the object is
 * left out, so that `__proto__` in a client's cookie becomes no prototype.
 */
class Session {
  /**
   * @param {object|string|undefined} data
   * @param {string} [value] the cookie's value that the data come from; undefined for a new session
   */
  constructor (data, value) {
    // cookie-session has this member too, and leaves out data of that name.
    Object.defineProperty(this, '_ctx', { value: { value } })
    if (!data) return
    for (const key in data) {
      if (!(key in this)) this[key] = data[key]
    }
  }

  /** Returns whether the session is new, or its data are not those of the request's cookie. */
  get isChanged () { return this.isNew || this._ctx.value !== encode(this) }

  /** Returns whether the request had no session. */
  get isNew () { return this._ctx.value === undefined }

  /** Returns whether the session has any data. */
  get isPopulated () { return Object.keys(this).length > 0 }
}

/**
 * Makes the session of a cookie.
 *
 * @param {string} value
 * @returns {Session|undefined} undefined if the value is not JSON
 */
function decode (value) {
  try {
    return new Session(codec.decode(value), value)
  } catch {
    return undefined
  }
}

/** Returns the cookie's value of a session: its data as JSON, in base64. */
function encode (session) {
  return binding.encode(toJson(session))
}

module.exports = { Session, decode, encode }
