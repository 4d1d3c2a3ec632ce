'use strict'

/** A mutex for each key: what is run under one key runs one after another, first in, first out. */
class KeyedMutex {
  /** @type {Map<string, Promise>} by key: the end of what was asked for last */
  #ends = new Map()

  /**
   * @template T
   * @param {string} key
   * @param {() => Promise<T>|T} run
   * @returns {Promise<T>}
   */
  run (key, run) {
    const running = (this.#ends.get(key) ?? Promise.resolve()).then(run)
    const end = running.then(ignore, ignore).then(() => {
      if (this.#ends.get(key) === end) this.#ends.delete(key)
    })
    this.#ends.set(key, end)
    return running
  }
}

function ignore () {}

module.exports = { KeyedMutex }
