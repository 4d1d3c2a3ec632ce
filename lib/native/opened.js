'use strict'

/**
 * What the core tells beside the text of an opened cookie: numbers, which it leaves in memory of ours, so that no object has to
 * cross (binding/src/opened.rs has the same places). Here alone they are read, at once after the call.
 */

const binding = require('./binding')

const numbers = new Float64Array(5)

/** Their memory, which each call is given that leaves numbers there. */
const memory = numbers.buffer

/** The places of the numbers; `EXPIRE_MS` and `MAX_AGE_MS` are 0 where the shape is not TIMED. */
const PLACE = { REPAIR: 0, VERDICT: 1, SHAPE: 2, EXPIRE_MS: 3, MAX_AGE_MS: 4 }

/** What is to be done about a signature. */
const REPAIR = { NONE: 0, REISSUE: 1, CLEAR: 2 }

/** What an opened text is: the user's keys alone (living for a time, or as long as the browser), or a foreign text whole. */
const SHAPE = { TIMED: 0, BROWSER: 1, FOREIGN: 2 }

/**
 * Finds, verifies and opens the session that a `Cookie` header holds.
 *
 * @param {object} cookie of the core's
 * @param {string} header
 * @param {number} now milliseconds
 * @returns {{ text: string|undefined, repair: number, verdict: number, shape: number, expire: number, maxAge: number }} without a
 *   text, there is nothing that can be trusted, and `repair` alone says something
 */
function openCookie (cookie, header, now) {
  return opened(cookie.open(memory, header, now))
}

/** Opens a cookie's value that came through `ctx.cookies`: as `openCookie`, and always with a text. */
function openValue (value, now) {
  return opened(binding.open(memory, value, now))
}

/**
 * Reads the verified value of the cookie that a header holds.
 *
 * @returns {{ value: string|undefined, repair: number }}
 */
function readCookie (cookie, header) {
  const value = cookie.read(memory, header) ?? undefined
  return { value, repair: numbers[PLACE.REPAIR] }
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
