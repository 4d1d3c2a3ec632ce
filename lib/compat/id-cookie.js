'use strict'

const { RequestCookie } = require('../cookie/request-cookie')
const { RequestOptions } = require('../options/request-options')
const { reportUncommitted } = require('../request/uncommitted')

/** The options of a session that are its cookie's. */
const ATTRIBUTES = ['domain', 'expires', 'httpOnly', 'maxAge', 'overwrite', 'partitioned', 'path', 'priority', 'sameSite', 'secure', 'secureProxy', 'signed']

/** The cookie with the id of a session, on one request. The attributes may be those of the options, or others each time it is sent. */
class IdCookie {
  #cookie
  #request

  /**
   * @param {object} ctx
   * @param {import('../options/options').Settings} settings
   */
  constructor (ctx, settings) {
    this.#request = new RequestOptions(ctx, settings)
    this.#cookie = new RequestCookie(this.#request)
  }

  /** What the events of a session are emitted for. */
  get request () { return this.#request }

  /** Finds and verifies the id; undefined if there is none. */
  read () { return this.#cookie.read() }

  /** Returns whether the core has found the id acceptable. */
  get hasReadId () { return this.#cookie.hasReadId }

  /** Sends a signature made with the first key, if the id came with an older one. */
  reissue (expires) { this.#cookie.reissue(expires) }

  /**
   * Sends an id.
   *
   * @param {string} id
   * @param {object} [attributes] as `ctx.cookies.set` takes them; by default those of the options
   */
  send (id, attributes) {
    this.#take(attributes)
    if (this.#canSend()) this.#cookie.write(id, Date.now())
  }

  /** Clears the cookie. */
  clear (attributes) {
    this.#take(attributes)
    if (this.#canSend()) this.#cookie.clear()
  }

  /** Returns why no cookie with these attributes can be sent; undefined if it can. */
  blockedBy (attributes) {
    this.#take(attributes)
    return this.#cookie.blockedBy
  }

  #canSend () {
    const { blockedBy } = this.#cookie
    if (blockedBy !== undefined) reportUncommitted(this.#request, blockedBy)
    return blockedBy === undefined
  }

  #take (attributes) {
    if (attributes === undefined) return
    const options = this.#request.sessionOptions
    for (const name of ATTRIBUTES) delete options[name]
    for (const name of ATTRIBUTES) {
      if (name in attributes) options[name] = attributes[name]
    }
  }
}

module.exports = { IdCookie }
