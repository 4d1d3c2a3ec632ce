'use strict'

const binding = require('../native/binding')
const { sessionError } = require('../base/errors')

/**
 * Serialises a value as JSON. If a BigInt prevents that, the error has its path.
 *
 * @param {object} value
 * @returns {string}
 * @throws {TypeError} code ERR_SESSION_VALUE for a BigInt
 */
function toJson (value) {
  try {
    return JSON.stringify(value)
  } catch (err) {
    const path = err instanceof TypeError ? pathOfBigInt(value, [], new Set()) : undefined
    if (path === undefined) throw err
    throw sessionError('ERR_SESSION_VALUE', `session.${path.join('.')} is a BigInt, which JSON does not have`, TypeError)
  }
}

function pathOfBigInt (value, path, seen) {
  if (typeof value === 'bigint') return path
  if (typeof value !== 'object' || value === null || seen.has(value)) return undefined
  seen.add(value)
  for (const key of Object.keys(value)) {
    const found = pathOfBigInt(value[key], [...path, key], seen)
    if (found !== undefined) return found
  }
}

/**
 * Returns whether earlier JSON has the same value as JSON that JSON.stringify has just written.
 *
 * @param {string} earlier from any writer
 * @param {string} json
 * @param {(data: object) => string} rewrite serialises parsed data in the way of `json`
 */
function isSameJson (earlier, json, rewrite) {
  if (json === earlier) return true
  // Other writers may spell the same value otherwise (spaces, 1.0), which is mostly longer. Canonical JSON has one spelling.
  if (json.length >= earlier.length && binding.isCanonical(earlier)) return false
  return json === rewrite(JSON.parse(earlier))
}

module.exports = { toJson, isSameJson }
