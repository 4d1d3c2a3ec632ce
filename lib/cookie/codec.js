'use strict'

const binding = require('../native/binding')

/**
 * Encodes data as a cookie value: base64 of its JSON. The default of the option `encode`.
 *
 * @param {object} data
 * @returns {string}
 */
function encode (data) {
  return binding.encode(JSON.stringify(data))
}

/**
 * Decodes a cookie value. The default of the option `decode`.
 *
 * @param {string} value
 * @returns {*}
 * @throws {SyntaxError} if it is not JSON
 */
function decode (value) {
  return JSON.parse(binding.decode(value))
}

module.exports = { encode, decode }
