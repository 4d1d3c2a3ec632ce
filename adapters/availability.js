'use strict'

const { invalidOption, sessionError } = require('../lib/base/errors')

/** Whether a store is connected, as its events 'disconnect' and 'connect' tell. A store without events always is. */
class Availability {
  #isConnected = true
  #patienceMs
  /** @type {Set<() => void>} what goes on when the store is back */
  #waiting = new Set()

  /**
   * @param {object} store
   * @param {object} [options]
   * @param {number} [options.reconnectTimeout] how long to wait for a store that is not there, in milliseconds
   * @throws {SessionOptionError} code ERR_SESSION_OPTION
   */
  constructor (store, { reconnectTimeout = 0 } = {}) {
    if (!(reconnectTimeout >= 0)) throw invalidOption('reconnectTimeout', 'number of milliseconds', reconnectTimeout)
    this.#patienceMs = reconnectTimeout
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
    if (this.#isConnected || (this.#patienceMs > 0 && await this.#isBack())) return
    throw sessionError('ERR_SESSION_STORE', 'the store is disconnected')
  }

  #isBack () {
    return new Promise((resolve) => {
      const settle = () => {
        clearTimeout(timer)
        this.#waiting.delete(settle)
        resolve(this.#isConnected)
      }
      const timer = setTimeout(settle, this.#patienceMs)
      this.#waiting.add(settle)
    })
  }
}

module.exports = { Availability }
