'use strict'

/** Two keys; the first one signs. */
const KEYS = ['a key of thirty-two bytes, no. 01', 'a key of thirty-two bytes, no. 02']

const MAX_AGE_MS = 24 * 60 * 60 * 1000

module.exports = { KEYS, MAX_AGE_MS }
