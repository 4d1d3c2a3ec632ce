'use strict'

const { call } = require('../../base/store-call')

/** What the methods of a session do where it is not one of our middleware, but made by `store.load`, for one. */
class PlainOperations {
  #req

  constructor (req) {
    this.#req = req
  }

  async save (session) {
    await call(this.#req.sessionStore, 'set', session.id, session)
  }

  async reload (session) {
    const { sessionStore } = this.#req
    const data = await call(sessionStore, 'get', session.id)
    if (!data) throw new Error('failed to load session')
    sessionStore.createSession(this.#req, data)
  }

  async destroy (session) {
    delete this.#req.session
    await call(this.#req.sessionStore, 'destroy', session.id)
  }

  async regenerate () {
    await call(this.#req.sessionStore, 'regenerate', this.#req)
  }
}

module.exports = { PlainOperations }
