'use strict'

/**
 * Reads and writes protected cookies by the core, which returns a text, and writes the other results as numbers into an array of ours
 * (binding/src/protected.rs has the same places). Only this file reads the array, directly after the call.
 */

const numbers = new Float64Array(8)

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
  const text = core.read(memory, header)
  return {
    text: text ?? undefined,
    outcome: numbers[0],
    isOutdated: numbers[1] === 1,
    hasStale: numbers[2] === 1,
    count: numbers[3],
    isId: numbers[4] === 1
  }
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
  const text = core.open(memory, header, now)
  return {
    text: text ?? undefined,
    outcome: numbers[0],
    isOutdated: numbers[1] === 1,
    hasStale: numbers[2] === 1,
    count: numbers[3],
    verdict: numbers[4],
    shape: numbers[5],
    expire: numbers[6],
    maxAge: numbers[7]
  }
}

/**
 * Finds the values in a request's cookies, for a Keygrip to verify.
 *
 * @returns {{ candidates: { signed: string, value: string, signatures: string[] }[], isMissed: boolean }} signed: the text that is signed
 */
function readUnverified (core, header) {
  const texts = core.unverified(memory, header)
  const candidates = []
  for (let i = 0; i < texts.length; i += 3) {
    candidates.push({ signed: texts[i], value: texts[i + 1], signatures: texts[i + 2].split('\n').filter((signature) => signature !== '') })
  }
  return { candidates, isMissed: numbers[0] === 1 }
}

/**
 * Protects a session in the core's cookie, with an envelope.
 *
 * @param {object} core
 * @param {string} json the user's keys
 * @param {number} now milliseconds
 * @param {number|undefined} lifetime milliseconds; undefined for maxAge 'session'
 * @param {number|undefined} expires milliseconds
 * @param {boolean} isSecure
 * @param {string} header the request's cookies, of which those are expired that the value has no use for
 * @returns {string|null} the lines of Set-Cookie, separated by line feeds; null if `whyUnwritable` has a reason
 */
function closeProtected (core, json, now, lifetime, expires, isSecure, header) {
  return core.close(memory, json, now, lifetime, expires, isSecure, header)
}

/** Protects a value, which a Keygrip may have signed. Returns the same. */
function writeProtected (core, value, expires, isSecure, header, signature) {
  return core.write(memory, value, expires, isSecure, header, signature)
}

/** Protects a whole text of JSON. Returns the same. */
function writeProtectedJson (core, json, expires, isSecure, header) {
  return core.writeJson(memory, json, expires, isSecure, header, undefined)
}

/** Returns the text that a Keygrip is to sign for a value; null as above. */
function textToSign (core, value) {
  return core.textToSign(memory, value)
}

/** Returns why the last call wrote nothing: one of UNWRITABLE, and the value's size. */
function whyUnwritable () {
  return { reason: numbers[0], bytes: numbers[1] }
}

module.exports = {
  OUTCOME, UNWRITABLE, closeProtected, openProtected, readProtected, readUnverified, textToSign, whyUnwritable, writeProtected, writeProtectedJson
}
