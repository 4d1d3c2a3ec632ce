'use strict'

const { attempt } = require('./maybe-async')

/** A mutex for each key: the functions run under one key run one after another, first in, first out. */
class KeyedMutex {
  /** @type {Map<string, Promise>} by key: settles when the last function has ended */
  #ends = new Map()

  /**
   * @template T
   * @param {string} key
   * @param {() => Promise<T>|T} run
   * @returns {Promise<T>}
   */
  run (key, run) {
    const running = this.#ends.get(key)?.then(run) ?? attempt(run)
    const release = () => {
      if (this.#ends.get(key) === end) this.#ends.delete(key)
    }
    const end = running.then(release, release)
    this.#ends.set(key, end)
    return running
  }
}

module.exports = { KeyedMutex }
