'use strict'

const { warnOnce } = require('../../base/errors')
const { serialize } = require('./serialize')

/**
 * The attributes of a session's cookie, with the same properties, in the same order, as `Cookie` of express-session: stores save what
 * its JSON has. A function, not a class, since the original can be called without `new`; and its properties are enumerable, as there.
 *
 * @param {object} [options]
 */
function Cookie (options) {
  this.path = '/'
  this.maxAge = null
  this.httpOnly = true
  if (options) {
    if (typeof options !== 'object') throw new TypeError('argument options must be an object')
    for (const key in options) {
      if (key !== 'data') this[key] = options[key]
    }
  }
  this.originalMaxAge ??= this.maxAge
}

Cookie.prototype = {
  set expires (date) {
    this._expires = date
    this.originalMaxAge = this.maxAge
  },

  get expires () {
    return this._expires
  },

  /** Sets the expiry to so many milliseconds from now. */
  set maxAge (ms) {
    if (ms && typeof ms !== 'number' && !(ms instanceof Date)) throw new TypeError('maxAge must be a number or Date')
    if (ms instanceof Date) warnOnce('KOA_SESSION_RS_MAXAGE_DATE', 'maxAge is a Date: give milliseconds', 'DeprecationWarning')
    this.expires = typeof ms === 'number' ? new Date(Date.now() + ms) : ms
  },

  /** Returns the milliseconds from now to the expiry; null for a browser session. */
  get maxAge () {
    return this.expires instanceof Date ? this.expires.valueOf() - Date.now() : this.expires
  },

  /** Returns what the cookie is sent with, and what stores save. */
  get data () {
    return {
      originalMaxAge: this.originalMaxAge,
      partitioned: this.partitioned,
      priority: this.priority,
      expires: this._expires,
      secure: this.secure,
      httpOnly: this.httpOnly,
      domain: this.domain,
      path: this.path,
      sameSite: this.sameSite
    }
  },

  /** Returns the text of a Set-Cookie header. */
  serialize (name, value) {
    return serialize(name, value, this.data)
  },

  toJSON () {
    return this.data
  }
}

module.exports = { Cookie }
