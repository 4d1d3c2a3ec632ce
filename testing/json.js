'use strict'

const assert = require('node:assert/strict')

/**
 * Splits a JSON object into its top-level keys and the texts of their values. Values are not parsed: 1.0 stays 1.0.
 *
 * @param {string} text without spaces between tokens
 * @returns {Map<string, string>}
 */
function fieldsOf (text) {
  const fields = new Map()
  assert.equal(typeof JSON.parse(text), 'object', 'the data are not the JSON of an object')
  let from = 1
  while (from < text.length - 1) {
    const colon = endOfString(text, from)
    const end = endOfValue(text, colon + 1)
    const key = JSON.parse(text.slice(from, colon))
    assert(!fields.has(key), `the data have the key ${JSON.stringify(key)} twice`)
    fields.set(key, text.slice(colon + 1, end))
    from = end + 1
  }
  return fields
}

function endOfString (text, from) {
  let i = from + 1
  while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1
  return i + 1
}

function endOfValue (text, from) {
  let depth = 0
  for (let i = from; ; i++) {
    const char = text[i]
    if (depth === 0 && (char === ',' || char === '}')) return i
    if (char === '"') i = endOfString(text, i) - 1
    else if (char === '{' || char === '[') depth++
    else if (char === '}' || char === ']') depth--
  }
}

/** Joins keys and the texts of their values to a JSON object. */
function toText (fields) {
  return `{${Array.from(fields, ([key, text]) => `${JSON.stringify(key)}:${text}`).join()}}`
}

/** Throws unless two JSON objects have the same keys, with values of the same text. The order of the keys is free. */
function assertData (actual, expected) {
  const sorted = (text) => Array.from(fieldsOf(text)).sort(([a], [b]) => a < b ? -1 : 1)
  assert.deepEqual(sorted(actual), sorted(expected))
}

module.exports = { assertData, fieldsOf, toText }
