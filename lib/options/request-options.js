'use strict'

const { capMaxAge } = require('../session/validate')
const { resolve } = require('./options')

/** The options of one request: as they were when it came, with their functions of ctx called, or as the app has changed them. */
class RequestOptions {
  #settings
  /** The options as they were when the request came. */
  #current
  /** The options with their functions of ctx called; and the app's own copy, made when it asks for one. */
  #resolved
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
  get options () { return this.#copy ?? this.#resolved ?? this.#current }

  /** Returns whether nobody can have changed the options since the request came. */
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

  /** Calls the options that are functions of ctx; the first time counts for the whole request. */
  resolve () {
    if (this.#copy === undefined && this.#resolved === undefined) this.#resolved = resolve(this.#current, this.ctx)
  }

  /** Returns the session's time to live, in milliseconds, or 'session'. */
  get maxAge () { return this.#copy === undefined ? this.#maxAge : this.#copy.maxAge }

  /** Returns the maxAge of the cookie: one that lives as long as the browser has none. */
  get cookieMaxAge () { return this.maxAge === 'session' ? undefined : this.maxAge }

  /** Counts how often the app has given the session a maxAge. */
  get maxAgeAssignments () { return this.#assignments }

  /** Takes the maxAge that the app gives the session. */
  assignMaxAge (value) {
    this.adoptMaxAge(value)
    this.#assignments++
  }

  /** Takes the maxAge that the session came with. */
  adoptMaxAge (value) {
    if (this.#copy === undefined) this.#maxAge = value
    else this.#copy.maxAge = value
  }

  /** Takes the maxAge that another request has given the record meanwhile: `configMaxAge` holds for it too. */
  adoptStoredMaxAge (value) {
    this.adoptMaxAge(capMaxAge(value, this.#current))
  }

  /** Has cookies opened before the app runs from now on: the option `valid` answers by promises. */
  openBeforeApp () {
    this.#settings.opensBeforeApp = true
  }
}

module.exports = { RequestOptions }
