'use strict'

require('../lib/base/node-version')

const { enclose } = require('../lib/session/envelope')
const { KeyedMutex } = require('../lib/base/keyed-mutex')
const { call } = require('../lib/base/store-call')
const { Availability } = require('./availability')
const { toRecord, toSession } = require('./express-record')
const { checkMethods } = require('./methods')
const { prefixOf } = require('./prefix')

/** A record store over a store of express-session. It does not call `touch`, since the `get` of most stores does not return its effect. */
class ConnectStore {
  #store
  #prefix
  #availability
  /** Serialises the writes of a session, since one that only moves the expiry reads the session first. */
  #writes = new KeyedMutex()

  constructor (store, options) {
    checkMethods('store', store, ['get', 'set', 'destroy'])
    this.#store = store
    this.#prefix = prefixOf(options)
    this.#availability = new Availability(store, options)
  }

  /** Returns the record of an id; undefined if there is none. */
  async get (id) {
    const session = await this.#call('get', id).catch(noneIfNoEntry)
    return session ? toRecord(session) : undefined
  }

  /** Stores a record. With `rolling`, if only the expiry has moved, it keeps the data that the store has by then. */
  async set (id, record, ttl, { changed, rolling } = {}) {
    // Copied at once, since the caller may change the record meanwhile.
    const session = toSession(record, ttl)
    await this.#writes.run(id, async () => {
      if (rolling !== true || changed !== false) return this.#call('set', id, session)
      const renewed = await this.#renew(id, record)
      if (renewed !== undefined) await this.#call('set', id, toSession(renewed, ttl))
    })
  }

  /** Returns the stored data with the envelope of a record; undefined if the session is gone. */
  async #renew (id, { _expire, _maxAge, _session }) {
    const stored = await this.get(id)
    if (stored === undefined) return undefined
    const { _expire: oldExpire, _maxAge: oldMaxAge, _session: wasBrowser, ...data } = stored
    return enclose(data, _session === true ? 'session' : _maxAge, _expire)
  }

  async destroy (id) {
    await this.#writes.run(id, () => this.#call('destroy', id))
  }

  /** Calls a method that takes a callback, and may return a promise too. */
  async #call (method, id, ...args) {
    await this.#availability.ready()
    return call(this.#store, method, this.#prefix + id, ...args)
  }
}

/** As in express-session, ENOENT of a file store means that there is no session. */
function noneIfNoEntry (err) {
  if (err?.code !== 'ENOENT') throw err
}

/**
 * Makes a store of express-session one that `session({ store })` takes. connect.d.ts documents it.
 *
 * @param {object} store with get, set and destroy that take callbacks
 * @param {{ prefix?: string, reconnectTimeout?: number }} [options]
 * @returns {{ get: Function, set: Function, destroy: Function }}
 * @throws {SessionOptionError} code ERR_SESSION_OPTION
 */
function connectStore (store, options) {
  return new ConnectStore(store, options)
}

module.exports = { connectStore }
