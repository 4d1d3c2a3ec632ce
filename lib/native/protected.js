'use strict'

/**
 * Reads and writes protected cookies by the core. A call returns a text, and writes its other results as numbers into an array
 * (binding/src/protected.rs writes them in this order). Only this file reads the array, directly after the call.
 */

const numbers = new Float64Array(9)

/** The array's memory, an argument of each call that writes to it. */
const memory = numbers.buffer

/** What a request's cookies hold: nothing, some parts of a value, a value signed or sealed with none of the keys, or a valid value. */
const OUTCOME = { NOTHING: 0, MISSED: 1, FORGED: 2, OPENED: 3 }

/** Why a value cannot be written: it needs too many cookies, is no valid cookie value, or cannot be sealed. */
const UNWRITABLE = { TOO_LARGE: 1, NOT_ALLOWED: 2, CANNOT_SEAL: 3 }

/**
 * Reads the text that a request's cookies hold, without parsing it.
 *
 * @param {object} core the core's cookie object
 * @param {string} header the `Cookie` header
 * @returns {{ text: string|undefined, outcome: number, isId: boolean, isOutdated: boolean, hasStale: boolean, count: number }} isId:
 *   whether the text is acceptable as an id; isOutdated: whether it has to be sent again, signed or sealed in another way; hasStale:
 *   whether the request has stale cookies, which the value does not use; count: the number of cookies that it uses
 */
function readProtected (core, header) {
  return found(core.read(memory, header))
}

/**
 * Opens the session that a request's cookies hold.
 *
 * @param {object} core
 * @param {string} header
 * @param {number} now milliseconds
 * @returns {object} as from `readProtected`, but for isId, with the verdict, the shape, `expire` and `maxAge` as from `openCookie`
 */
function openProtected (core, header, now) {
  return found(core.open(memory, header, now))
}

/** Returns the results of `readProtected` or `openProtected`. Numbers that the call did not write are those of an earlier call. */
function found (text) {
  return {
    text: text ?? undefined,
    outcome: numbers[0],
    isOutdated: numbers[1] === 1,
    hasStale: numbers[2] === 1,
    count: numbers[3],
    verdict: numbers[4],
    shape: numbers[5],
    expire: numbers[6],
    maxAge: numbers[7],
    isId: numbers[8] === 1
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
 * Writes a session: adds the envelope, and signs or seals it.
 *
 * @param {object} core
 * @param {string} json the user's data
 * @param {number} now milliseconds
 * @param {number|undefined} lifetime milliseconds; undefined for maxAge 'session'
 * @param {number|undefined} expires milliseconds
 * @param {boolean} isSecure
 * @param {string} header the request's cookies, of which stale ones are expired
 * @returns {string|null} the lines of Set-Cookie, separated by line feeds; null if `whyUnwritable` has a reason
 */
function closeProtected (core, json, now, lifetime, expires, isSecure, header) {
  return core.close(memory, json, now, lifetime, expires, isSecure, header)
}

/** Writes a value, with the signature by a Keygrip if there is one. Returns the same as `closeProtected`. */
function writeProtected (core, value, expires, isSecure, header, signature) {
  return core.write(memory, value, expires, isSecure, header, signature)
}

/** Writes a session's complete JSON. Returns the same as `closeProtected`. */
function writeProtectedJson (core, json, expires, isSecure, header) {
  return core.writeJson(memory, json, expires, isSecure, header, undefined)
}

/** Returns the text that a Keygrip has to sign for a value; null if `whyUnwritable` has a reason. */
function textToSign (core, value) {
  return core.textToSign(memory, value)
}

/** Returns why the last call wrote nothing: one of UNWRITABLE, and the value's size. */
function whyUnwritable () {
  return { reason: numbers[0], bytes: numbers[1] }
}

module.exports = {
  OUTCOME,
  UNWRITABLE,
  closeProtected,
  openProtected,
  readProtected,
  readUnverified,
  textToSign,
  whyUnwritable,
  writeProtected,
  writeProtectedJson
}
