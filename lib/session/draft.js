'use strict'

const { toJson } = require('./json')
const { stringify } = require('./session')

/** A session at one moment, to be compared and written. After a hook that may have changed the session, a new draft is needed. */
class Draft {
  #json

  /** @param {import('./session').Session} session */
  constructor (session) {
    this.session = session
  }

  /** Returns the session's JSON, serialised at the first call. */
  get json () { return (this.#json ??= stringify(this.session)) }

  /** Returns the JSON of some keys of the session; an empty string for none. */
  jsonOf (keys) {
    if (keys.length === 0) return ''
    const data = {}
    for (const key of keys) data[key] = this.session[key]
    return toJson(data)
  }

  /** Throws if the session cannot be serialised, even where its JSON is not needed. */
  requireJson () { return this.json }
}

module.exports = { Draft }
