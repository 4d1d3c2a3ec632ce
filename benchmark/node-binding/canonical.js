'use strict'

/** The digits from which on JavaScript may write a number anew. */
const LONG_NUMBER = 16

const [QUOTE, DOT, ZERO, NINE, COLON, UPPER_E, BACKSLASH, LOWER_E, LOWER_U] = [...'".09:E\\eu'].map((c) => c.charCodeAt(0))

const isDigit = (code) => code >= ZERO && code <= NINE

/** Tells that JSON becomes no longer, and keeps its words where it keeps its length, when it is parsed and written anew. */
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

/** Skips a string from behind its opening quote. -1 for one that may be written anew: with \u, or a key that is an integer. */
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

/** Skips a number. -1 for one that may be written anew. */
function afterNumber (json, from) {
  let at = from
  while (isDigit(json.charCodeAt(at)) || json.charCodeAt(at) === DOT) at++
  const after = json.charCodeAt(at)
  return at - from < LONG_NUMBER && after !== LOWER_E && after !== UPPER_E ? at : -1
}

module.exports = { isCanonical }
