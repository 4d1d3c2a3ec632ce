'use strict'

/** Runs what is asked for under one name one after another, in the order of the asking. */
class Queue {
  /** @type {Map<string, Promise>} the end of what was asked for last */
  #ends = new Map()

  /**
   * @template T
   * @param {string} name
   * @param {() => Promise<T>|T} run
   * @returns {Promise<T>}
   */
  run (name, run) {
    const running = (this.#ends.get(name) ?? Promise.resolve()).then(run)
    const end = running.then(ignore, ignore).then(() => {
      if (this.#ends.get(name) === end) this.#ends.delete(name)
    })
    this.#ends.set(name, end)
    return running
  }
}

function ignore () {}

module.exports = { Queue }
