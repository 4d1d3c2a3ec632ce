'use strict'

require('../lib/base/node-version')

const { sessionError } = require('../lib/base/errors')
const { checkMethods } = require('./methods')
const { prefixOf } = require('./prefix')

/** A record store over a Keyv. */
class KeyvStore {
  #keyv
  #prefix
  /** Counts the 'error' events: by default, a Keyv emits its errors and returns undefined, as if there were no record. */
  #errors = 0
  #lastError

  constructor (keyv, options) {
    checkMethods('keyv', keyv, ['get', 'set', 'delete'])
    this.#keyv = keyv
    this.#prefix = prefixOf(options)
    keyv.on?.('error', (err) => {
      this.#errors++
      this.#lastError = err
    })
  }

  /** Returns the record of an id; undefined if there is none. */
  async get (id) {
    const key = this.#prefix + id
    // A Keyv's get() hides the errors of its storage; getRaw() does not.
    const { value } = await this.#run(async () => {
      if (typeof this.#keyv.getRaw === 'function') return (await this.#keyv.getRaw(key)) ?? {}
      return { value: await this.#keyv.get(key) }
    }, ({ value }) => value === undefined)
    return value ?? undefined
  }

  /** Stores a record for `ttl` milliseconds. */
  async set (id, record, ttl) {
    // Storages take whole milliseconds. Without a number, the Keyv's own ttl applies.
    const milliseconds = typeof ttl === 'number' ? Math.ceil(ttl) : undefined
    const isStored = await this.#run(() => this.#keyv.set(this.#prefix + id, record, milliseconds))
    if (isStored === false) throw sessionError('ERR_SESSION_STORE', 'the Keyv has not stored the session')
  }

  async destroy (id) {
    await this.#run(() => this.#keyv.delete(this.#prefix + id), (isDeleted) => isDeleted !== true)
  }

  /** Runs an operation. Rejects with an error that was emitted meanwhile, if the result may come from it. */
  async #run (operate, mayBeFailure = () => true) {
    const errors = this.#errors
    const result = await operate()
    if (this.#errors !== errors && mayBeFailure(result)) throw this.#lastError
    return result
  }
}

/**
 * Makes a Keyv a store that `session({ store })` takes. keyv.d.ts documents it.
 *
 * @param {object} keyv with get, set and delete
 * @param {{ prefix?: string }} [options]
 * @returns {{ get: Function, set: Function, destroy: Function }}
 * @throws {SessionOptionError} code ERR_SESSION_OPTION
 */
function keyvStore (keyv, options) {
  return new KeyvStore(keyv, options)
}

module.exports = { keyvStore }
