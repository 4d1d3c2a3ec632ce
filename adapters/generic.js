'use strict'

require('../lib/base/node-version')

const { Availability } = require('./availability')
const { toRecord, toStored } = require('./generic-record')
const { checkMethods } = require('./methods')
const { prefixOf } = require('./prefix')
const { settle } = require('./yieldable')

/** A record store over a store of koa-generic-session. */
class GenericStore {
  #store
  #prefix
  #availability

  constructor (store, options) {
    checkMethods('store', store, ['get', 'set', 'destroy'])
    this.#store = store
    this.#prefix = prefixOf(options)
    this.#availability = new Availability(store, options)
  }

  /** Returns the record of an id; undefined if there is none. */
  async get (id) {
    await this.#availability.ready()
    try {
      return toRecord(await settle(this.#store.get(this.#prefix + id)) || undefined)
    } catch (err) {
      // As in koa-generic-session, ENOENT of a file store means that there is no session.
      if (err?.code !== 'ENOENT') throw err
    }
  }

  /** Stores a record for `ttl` milliseconds. */
  async set (id, record, ttl) {
    await this.#availability.ready()
    // koa-session passes 'session' as the ttl of a browser session, which these stores would take for a number.
    const milliseconds = typeof ttl === 'number' ? ttl : undefined
    await settle(this.#store.set(this.#prefix + id, toStored(record), milliseconds))
  }

  async destroy (id) {
    await this.#availability.ready()
    await settle(this.#store.destroy(this.#prefix + id))
  }
}

/**
 * Makes a store of koa-generic-session one that `session({ store })` takes. generic.d.ts documents it.
 *
 * @param {object} store with get, set and destroy that return generators, thunks, promises or values
 * @param {{ prefix?: string, reconnectTimeout?: number }} [options]
 * @returns {{ get: Function, set: Function, destroy: Function }}
 * @throws {SessionOptionError} code ERR_SESSION_OPTION
 */
function genericStore (store, options) {
  return new GenericStore(store, options)
}

module.exports = { genericStore }
