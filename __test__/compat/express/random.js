'use strict'

/** A generator of the same numbers for each seed (mulberry32). */
class Random {
  #state

  constructor (seed) {
    this.#state = seed >>> 0
  }

  /** Returns a whole number from 0 to below `limit`. */
  below (limit) {
    this.#state = (this.#state + 0x6D2B79F5) >>> 0
    let bits = this.#state
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return Math.floor(((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32 * limit)
  }

  /** Returns whether an event of 1 in `count` happens. */
  oneIn (count) { return this.below(count) === 0 }

  of (...list) { return list[this.below(list.length)] }
}

module.exports = { Random }
