'use strict'

const { invalidOptionOf, sessionError } = require('../lib/base/errors')

const invalidOption = invalidOptionOf('docs/adapters.md#when-the-store-fails')

/** Tracks whether a store is connected, by its events 'disconnect' and 'connect'. A store without events counts as connected. */
class Availability {
  #isConnected = true
  #timeoutMs
  /** @type {Set<() => void>} called when the store is connected again */
  #waiting = new Set()

  /**
   * @param {object} store
   * @param {object} [options]
   * @param {number} [options.reconnectTimeout] how long to wait for a disconnected store, in milliseconds
   * @throws {SessionOptionError} code ERR_SESSION_OPTION
   */
  constructor (store, { reconnectTimeout = 0 } = {}) {
    if (!(reconnectTimeout >= 0)) throw invalidOption('reconnectTimeout', 'number of milliseconds', reconnectTimeout)
    this.#timeoutMs = reconnectTimeout
    if (typeof store.on !== 'function') return
    store.on('disconnect', () => { this.#isConnected = false })
    store.on('connect', () => {
      this.#isConnected = true
      for (const proceed of this.#waiting) proceed()
    })
  }

  /**
   * Waits until the store is connected.
   *
   * @throws {Error} code ERR_SESSION_STORE
   */
  async ready () {
    if (this.#isConnected || (this.#timeoutMs > 0 && await this.#waitForConnect())) return
    throw sessionError('ERR_SESSION_STORE', 'the store is disconnected')
  }

  #waitForConnect () {
    return new Promise((resolve) => {
      const settle = () => {
        clearTimeout(timer)
        this.#waiting.delete(settle)
        resolve(this.#isConnected)
      }
      const timer = setTimeout(settle, this.#timeoutMs)
      this.#waiting.add(settle)
    })
  }
}

module.exports = { Availability }
