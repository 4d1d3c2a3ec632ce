'use strict'

const { capMaxAge } = require('../session/validate')
const { resolve } = require('./options')

/**
 * The options of one request: as they are at its start, and after `resolve()` with the results of those that are functions of ctx; or
 * the copy that the app may change (`ctx.sessionOptions`).
 */
class RequestOptions {
  #settings
  /** The options at the start of the request. */
  #current
  /** The same, with the results of options that are functions of ctx. */
  #resolved
  /** The app's own copy, made when it reads `ctx.sessionOptions`. */
  #copy
  #maxAge
  #assignments = 0

  /**
   * @param {object} ctx
   * @param {import('./options').Settings} settings
   */
  constructor (ctx, settings) {
    this.ctx = ctx
    this.#settings = settings
    this.#current = settings.current
    this.#maxAge = this.#current.maxAge
  }

  get name () { return this.#settings.name }
  get nativeCookies () { return this.#settings.nativeCookies }

  /** Returns the current value of the option `keys`; undefined if it is not set. */
  get keys () { return this.#settings.keys }

  /** Returns whether this package protects the cookie itself (options `keys`, `seal`, `chunks`). */
  get isProtected () { return this.#settings.isProtected }

  get options () { return this.#copy ?? this.#resolved ?? this.#current }

  /** Returns whether the options are immutable: the app has no copy of its own. */
  get isFixed () { return this.#copy === undefined }

  /** Returns the options of this request, for the app to change. */
  get sessionOptions () {
    if (this.#copy === undefined) {
      const isResolved = this.#resolved !== undefined && this.#resolved !== this.#current
      const copy = { ...(isResolved ? this.#resolved : resolve(this.#settings.copy(), this.ctx)) }
      if (this.#maxAge !== copy.maxAge) copy.maxAge = this.#maxAge
      this.#copy = copy
    }
    return this.#copy
  }

  /** Calls the options that are functions of ctx, once for each request. */
  resolve () {
    if (this.#copy === undefined && this.#resolved === undefined) this.#resolved = resolve(this.#current, this.ctx)
  }

  /** Returns the session's time to live, in milliseconds, or 'session'. */
  get maxAge () { return this.#copy === undefined ? this.#maxAge : this.#copy.maxAge }

  /** Returns the maxAge of the cookie; undefined for a browser session. */
  get cookieMaxAge () { return this.maxAge === 'session' ? undefined : this.maxAge }

  /** Returns how often the app has assigned a maxAge to the session. */
  get maxAgeAssignments () { return this.#assignments }

  /** Takes a maxAge that the app assigns to the session. */
  assignMaxAge (value) {
    this.adoptMaxAge(value)
    this.#assignments++
  }

  /** Takes the maxAge of the session that was loaded. */
  adoptMaxAge (value) {
    if (this.#copy === undefined) this.#maxAge = value
    else this.#copy.maxAge = value
  }

  /** Takes a maxAge that another request has stored in the record meanwhile, capped as `configMaxAge` says. */
  adoptStoredMaxAge (value) {
    this.adoptMaxAge(capMaxAge(value, this.#current))
  }

  /** Makes later requests open their cookies before the app runs, since the option `valid` returns promises. */
  openBeforeApp () {
    this.#settings.opensBeforeApp = true
  }
}

module.exports = { RequestOptions }
