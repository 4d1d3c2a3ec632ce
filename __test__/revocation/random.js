'use strict'

/** Makes a seeded generator: `below(n)` returns an integer from 0 to n - 1. */
function random (seed) {
  let state = seed >>> 0
  return (n) => {
    // mulberry32
    state = (state + 0x6D2B79F5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor(((t ^ (t >>> 14)) >>> 0) / 2 ** 32 * n)
  }
}

module.exports = { random }
