'use strict'

const { PLACE, SHAPE } = require('../../lib/native/opened')

const VERDICT = { VALID: 0, MISSED: 1, INVALID: 2, EXPIRED: 3 }

const BROWSER = '"_session":true}'

/** Matches the envelope at the end of a text. */
const TIMED = /[{,]"_expire":(0|-?[1-9]\d{0,14}),"_maxAge":(0|-?[1-9]\d{0,14})}$/

/** The length of the longest envelope. */
const MAX_LENGTH = ',"_expire":-123456789012345,"_maxAge":-123456789012345}'.length

const encode = (json) => Buffer.from(json).toString('base64')

const decode = (value) => Buffer.from(value, 'base64').toString()

/** Appends the envelope to the user's JSON. Without a maxAge, it is that of a session that ends with the browser. */
function append (json, now, maxAge) {
  const keys = json === '{}' ? '{' : `${json.slice(0, -1)},`
  return maxAge == null ? keys + BROWSER : `${keys}"_expire":${now + maxAge},"_maxAge":${maxAge}}`
}

/** Opens a cookie's value: returns its text, and writes verdict and expiry into the numbers. */
function writeOpened (numbers, value, now) {
  const text = decode(value)
  const timed = TIMED.exec(text.length > MAX_LENGTH ? text.slice(-MAX_LENGTH) : text)
  if (timed !== null) {
    const keys = keysBefore(text, timed[0].length - 1)
    return keys === undefined ? writeForeign(numbers, text, now) : writeTimed(numbers, keys, timed, now)
  }
  const keys = text.endsWith(BROWSER) ? keysBefore(text, BROWSER.length) : undefined
  if (keys === undefined) return writeForeign(numbers, text, now)
  numbers[PLACE.VERDICT] = VERDICT.VALID
  numbers[PLACE.SHAPE] = SHAPE.BROWSER
  return keys
}

/** Returns the user's JSON in front of an envelope of some length; undefined if there is none. */
function keysBefore (text, length) {
  const before = text.length - length
  if (before === 1) return text[0] === '{' ? '{}' : undefined
  return before > 2 && text[0] === '{' && text[before - 1] === ',' ? `${text.slice(0, before - 1)}}` : undefined
}

function writeTimed (numbers, keys, [, expire, maxAge], now) {
  numbers[PLACE.VERDICT] = Number(expire) < now ? VERDICT.EXPIRED : VERDICT.VALID
  numbers[PLACE.SHAPE] = SHAPE.TIMED
  numbers[PLACE.EXPIRE_MS] = Number(expire)
  numbers[PLACE.MAX_AGE_MS] = Number(maxAge)
  return keys
}

function writeForeign (numbers, text, now) {
  numbers[PLACE.VERDICT] = foreignExpire(text) < now ? VERDICT.EXPIRED : VERDICT.VALID
  numbers[PLACE.SHAPE] = SHAPE.FOREIGN
  return text
}

function foreignExpire (text) {
  try {
    const expire = JSON.parse(text)?._expire
    return typeof expire === 'number' ? expire : undefined
  } catch {
    return undefined
  }
}

module.exports = { VERDICT, encode, decode, append, writeOpened }
