'use strict'

const RealDate = Date

/** Makes every `Date` of this process read `clock.now`; returns the function that undoes it. */
function freeze (clock) {
  globalThis.Date = class Date extends RealDate {
    constructor (...args) {
      if (args.length === 0) super(clock.now)
      else super(...args)
    }

    static now () {
      return clock.now
    }

    // Dates made before the freeze are instances too.
    static [Symbol.hasInstance] (value) {
      return Function.prototype[Symbol.hasInstance].call(RealDate, value)
    }
  }
  return () => { globalThis.Date = RealDate }
}

module.exports = freeze
