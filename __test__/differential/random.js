'use strict'

/** Draws numbers from a seed (mulberry32): the same seed gives the same script on every machine. */
class Random {
  constructor (seed) {
    this.state = seed >>> 0
  }

  /** Returns the next number in [0, 1). */
  next () {
    this.state = (this.state + 0x6D2B79F5) | 0
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  /** Returns an integer from 0 to limit - 1. */
  below (limit) {
    return Math.floor(this.next() * limit)
  }

  /** Returns true in the given share of calls. */
  chance (share) {
    return this.next() < share
  }

  /** Returns one element. */
  pick (list) {
    return list[this.below(list.length)]
  }

  /** Returns one key of `{ key: weight }`. */
  weighted (weights) {
    let left = this.next() * Object.values(weights).reduce((sum, weight) => sum + weight, 0)
    for (const [name, weight] of Object.entries(weights)) {
      left -= weight
      if (left < 0) return name
    }
    return Object.keys(weights)[0]
  }

  /** Returns `count` results of `make`. */
  times (count, make) {
    return Array.from({ length: count }, (_, index) => make(index))
  }
}

module.exports = Random
