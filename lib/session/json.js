'use strict'

const binding = require('../native/binding')
const { sessionError } = require('../base/errors')

/**
 * Writes JSON; where a BigInt prevents it, says where that is.
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
 * Returns whether JSON that was opened says the same as what JSON.stringify has written now.
 *
 * @param {string} opened as any writer wrote it
 * @param {string} json
 * @param {(data: object) => string} rewrite writes parsed data as `json` was written
 */
function isSameJson (opened, json, rewrite) {
  if (json === opened) return true
  // Others may say the same in other words, most of them in more.
  if (json.length >= opened.length && binding.isCanonical(opened)) return false
  return json === rewrite(JSON.parse(opened))
}

module.exports = { toJson, isSameJson }
