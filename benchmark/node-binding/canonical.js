'use strict'

/** Numbers with at least so many digits may change when JavaScript parses and writes them. */
const LONG_NUMBER = 16

const [QUOTE, DOT, ZERO, NINE, COLON, UPPER_E, BACKSLASH, LOWER_E, LOWER_U] = [...'".09:E\\eu'].map((c) => c.charCodeAt(0))

const isDigit = (code) => code >= ZERO && code <= NINE

/** Returns whether parsing and serialising JSON gives either the same text or a shorter one. */
function isCanonical (json) {
  let at = 0
  while (at < json.length) {
    const code = json.charCodeAt(at)
    if (code === QUOTE) at = afterString(json, at + 1)
    else if (isDigit(code)) at = afterNumber(json, at)
    else at++
    if (at === -1) return false
  }
  return true
}

/** Skips a string, from after its opening quote. -1 if it may change when written again: it has \u, or is an integer as a key. */
function afterString (json, from) {
  let hasDigitsOnly = true
  for (let at = from; at < json.length; at++) {
    const code = json.charCodeAt(at)
    if (code === QUOTE) return hasDigitsOnly && at > from && json.charCodeAt(at + 1) === COLON ? -1 : at + 1
    if (code === BACKSLASH && json.charCodeAt(++at) === LOWER_U) return -1
    hasDigitsOnly &&= isDigit(code)
  }
  return -1
}

/** Skips a number. -1 if it may change when written again. */
function afterNumber (json, from) {
  let at = from
  while (isDigit(json.charCodeAt(at)) || json.charCodeAt(at) === DOT) at++
  const after = json.charCodeAt(at)
  return at - from < LONG_NUMBER && after !== LOWER_E && after !== UPPER_E ? at : -1
}

module.exports = { isCanonical }
