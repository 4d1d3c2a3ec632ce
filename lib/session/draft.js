'use strict'

const { stringify } = require('./session')

/** A session as it is at one moment, to be compared and written. After a hook that may have changed it, another one is made. */
class Draft {
  #json

  /** @param {import('./session').Session} session */
  constructor (session) {
    this.session = session
  }

  /** Returns the session's JSON, written once for all who ask. */
  get json () { return (this.#json ??= stringify(this.session)) }

  /** Throws where there is no JSON of the session, whether it is needed or not. */
  requireJson () { return this.json }
}

module.exports = { Draft }
