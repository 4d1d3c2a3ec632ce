'use strict'

/**
 * Session data of an exact size: many short keys, about 30 bytes each, the most expensive shape for objects.
 */

const FULL_ENTRY = 30
const EMPTY_ENTRY = ',"k0000":""'.length

/** The counter that the case "modify" changes; both of its values have the same length. */
const COUNTS = [1000, 1001]

/** The key that the case "read" reads. Every payload has it, with the same value. */
const FIRST_KEY = 'k0000'

/**
 * Makes session data.
 *
 * @param {number} bytes length of its JSON text, 45 or more
 * @returns {object}
 */
function payload (bytes) {
  const data = { n: COUNTS[0] }
  let left = bytes - JSON.stringify(data).length
  for (let i = 0; left > 0; i++) {
    const size = left < FULL_ENTRY + EMPTY_ENTRY ? left : FULL_ENTRY
    data[`k${String(i).padStart(4, '0')}`] = text(i, size - EMPTY_ENTRY)
    left -= size
  }
  return data
}

function text (seed, length) {
  return Array.from({ length }, (_, i) => ((seed * 7 + i * 11) % 36).toString(36)).join('')
}

/** Returns the counter's other value. */
const nextCount = (count) => count === COUNTS[0] ? COUNTS[1] : COUNTS[0]

module.exports = { payload, nextCount, COUNTS, FIRST_KEY }
