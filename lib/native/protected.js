'use strict'

/**
 * Reads and writes protected cookies by the core, which returns a text, and writes the other results as numbers into an array of ours
 * (binding/src/protected.rs has the same places). Only this file reads the array, directly after the call.
 */

const numbers = new Float64Array(9)

/** The array's memory, an argument of each call that writes to it. */
const memory = numbers.buffer

/** What a request's cookies hold: nothing, parts of a value, a value that no key has protected, or a value. */
const OUTCOME = { NOTHING: 0, MISSED: 1, FORGED: 2, OPENED: 3 }

/** Why a value cannot be written: it takes too many cookies, no header can carry it, or it cannot be sealed. */
const UNWRITABLE = { TOO_LARGE: 1, NOT_ALLOWED: 2, CANNOT_SEAL: 3 }

/**
 * Reads the text that a request's cookies hold, as it stands.
 *
 * @param {object} core the core's cookie object
 * @param {string} header the `Cookie` header
 * @returns {{ text: string|undefined, outcome: number, isId: boolean, isOutdated: boolean, hasStale: boolean, count: number }} isId:
 *   whether the text is acceptable as an id; isOutdated: whether it is to be sent anew; hasStale: whether the request has cookies that
 *   the value has no use for; count: the number of cookies that it takes
 */
function readProtected (core, header) {
  return reading(core.read(memory, header))
}

/**
 * Opens the session that a request's cookies hold.
 *
 * @param {object} core
 * @param {string} header
 * @param {number} now milliseconds
 * @returns {object} as from `readProtected`, with the verdict, the shape, `expire` and `maxAge` as from `openCookie`
 */
function openProtected (core, header, now) {
  const found = reading(core.open(memory, header, now))
  const [, , , , , verdict, shape, expire, maxAge] = numbers
  return Object.assign(found, { verdict, shape, expire, maxAge })
}

function reading (text) {
  return {
    text: text ?? undefined,
    outcome: numbers[0],
    isId: numbers[1] === 1,
    isOutdated: numbers[2] === 1,
    hasStale: numbers[3] === 1,
    count: numbers[4]
  }
}

/**
 * Finds the values in a request's cookies, for a Keygrip to verify.
 *
 * @returns {{ signatures: string[], candidates: { signed: string, value: string }[], isMissed: boolean, hasStale: boolean }}
 */
function readUnverified (core, header) {
  const texts = core.unverified(memory, header)
  const [count, isMissed, hasStale] = numbers
  const candidates = []
  for (let i = count; i < texts.length; i += 2) candidates.push({ signed: texts[i], value: texts[i + 1] })
  return { signatures: texts.slice(0, count), candidates, isMissed: isMissed === 1, hasStale: hasStale === 1 }
}

/**
 * Calls a method of the core that returns lines of Set-Cookie.
 *
 * @param {(memory: ArrayBuffer) => string|null} write
 * @returns {{ lines: string[]|undefined, reason: number, bytes: number }} without lines: one of UNWRITABLE, and the value's size
 */
function writeProtected (write) {
  const text = write(memory)
  if (text != null) return { lines: text === '' ? [] : text.split('\n'), reason: 0, bytes: 0 }
  return { lines: undefined, reason: numbers[0], bytes: numbers[1] }
}

module.exports = { OUTCOME, UNWRITABLE, openProtected, readProtected, readUnverified, writeProtected }
