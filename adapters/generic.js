'use strict'

require('../lib/base/node-version')

const { Availability } = require('./availability')
const { checkMethods } = require('./methods')
const { toOwnKeys, toStoredKeys } = require('./stored-keys')
const { settle } = require('./yieldable')

/** koa-session's store over one of koa-generic-session. */
class GenericStore {
  #store
  #availability

  constructor (store, options) {
    checkMethods('store', store, ['get', 'set', 'destroy'])
    this.#store = store
    this.#availability = new Availability(store, options)
  }

  /** Returns the record of an id; undefined where there is none. */
  async get (id) {
    await this.#availability.ready()
    try {
      return toOwnKeys(await settle(this.#store.get(id)) || undefined)
    } catch (err) {
      // As in koa-generic-session, a store of files says so where there is no session.
      if (err?.code !== 'ENOENT') throw err
    }
  }

  /** Stores a record for so many milliseconds. */
  async set (id, record, ttl) {
    await this.#availability.ready()
    // koa-session itself says 'session' where the browser decides, which such a store would take for a time.
    await settle(this.#store.set(id, toStoredKeys(record), typeof ttl === 'number' ? ttl : undefined))
  }

  /** Removes the record of an id. */
  async destroy (id) {
    await this.#availability.ready()
    await settle(this.#store.destroy(id))
  }
}

/**
 * Makes a store of koa-generic-session one that `session({ store })` takes. generic.d.ts documents it.
 *
 * @param {object} store with get, set and destroy that give generators, thunks, promises or values
 * @param {{ reconnectTimeout?: number }} [options]
 * @returns {{ get: Function, set: Function, destroy: Function }}
 * @throws {SessionOptionError} code ERR_SESSION_OPTION
 */
function genericStore (store, options) {
  return new GenericStore(store, options)
}

module.exports = { genericStore }
