'use strict'

/**
 * Opens cookies by the core. A call returns a text, and writes its other results as numbers into an array, which is faster than an
 * object (binding/src/opened.rs writes them in this order). Only this file reads the array, directly after the call.
 */

const binding = require('./binding')

const numbers = new Float64Array(5)

/** The array's memory, an argument of each call that writes to it. */
const memory = numbers.buffer

/** The indices of the numbers; `EXPIRE_MS` and `MAX_AGE_MS` are 0 where the shape is not TIMED. Only `readCookie` has `IS_ID`. */
const PLACE = { REPAIR: 0, VERDICT: 1, SHAPE: 2, EXPIRE_MS: 3, MAX_AGE_MS: 4, IS_ID: 1 }

/** What to do about the request's signature: nothing, send one made with the first key, or clear it. */
const REPAIR = { NONE: 0, REISSUE: 1, CLEAR: 2 }

/**
 * What an opened text is. TIMED: the user's keys of a session with a maxAge in milliseconds, without the envelope; BROWSER: those of a
 * browser session; FOREIGN: any other text, complete.
 */
const SHAPE = { TIMED: 0, BROWSER: 1, FOREIGN: 2 }

/**
 * Finds, verifies and opens the session that a `Cookie` header holds.
 *
 * @param {object} cookie the core's cookie object
 * @param {string} header
 * @param {number} now milliseconds
 * @returns {{ text: string|undefined, repair: number, verdict: number, shape: number, expire: number, maxAge: number }} without a
 *   text, nothing was verified, and only `repair` has a meaning
 */
function openCookie (cookie, header, now) {
  return opened(cookie.open(memory, header, now))
}

/** Opens a cookie's value that was read through `ctx.cookies`. Returns the same as `openCookie`, always with a text. */
function openValue (value, now) {
  return opened(binding.open(memory, value, now))
}

/**
 * Reads the verified value of the cookie that a header holds.
 *
 * @returns {{ value: string|undefined, repair: number, isId: boolean }} isId: whether the value is acceptable as an id
 */
function readCookie (cookie, header) {
  const value = cookie.read(memory, header) ?? undefined
  return { value, repair: numbers[PLACE.REPAIR], isId: numbers[PLACE.IS_ID] === 1 }
}

function opened (text) {
  return {
    text: text ?? undefined,
    repair: numbers[PLACE.REPAIR],
    verdict: numbers[PLACE.VERDICT],
    shape: numbers[PLACE.SHAPE],
    expire: numbers[PLACE.EXPIRE_MS],
    maxAge: numbers[PLACE.MAX_AGE_MS]
  }
}

module.exports = { numbers, PLACE, REPAIR, SHAPE, openCookie, openValue, readCookie }
