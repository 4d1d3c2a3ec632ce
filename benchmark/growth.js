'use strict'

/**
 * How the cost grows with the session's bytes, with other cookies and with the number of keys, and how memory grows over many
 * requests.
 */

const { execFile } = require('node:child_process')
const { join } = require('node:path')
const { promisify } = require('node:util')

const READ = { action: 'read', mode: 'cookie', bytes: 1000 }
const MODIFY = { action: 'modify', mode: 'cookie', bytes: 1000 }

const keys = (count) => Array.from({ length: count }, (_, i) => `a key of thirty-two bytes, no. ${i + 10}`)

/** Bytes that one more cookie adds to the header. */
const OTHER_COOKIE_BYTES = 'other00=abcdefghijklmnopqrst; '.length

/** The session sizes in bytes. A cookie cannot hold much more than 3000. */
const COOKIE_SIZES = [100, 300, 1000, 3000]
const STORE_SIZES = [100, 300, 1000, 3000, 10000, 30000, 100000]

/** Series of cases that differ only in what the series' name says. `at` is a point's x value, in series with a slope. */
const SERIES = [
  { name: 'session bytes, cookie read', points: sized(READ, COOKIE_SIZES) },
  { name: 'session bytes, cookie modify', points: sized(MODIFY, COOKIE_SIZES) },
  { name: 'session bytes, store read', points: sized({ ...READ, mode: 'store' }, STORE_SIZES) },
  { name: 'session bytes, store modify', points: sized({ ...MODIFY, mode: 'store' }, STORE_SIZES) },
  {
    name: `other cookies of ${OTHER_COOKIE_BYTES} bytes first, cookie read 100`,
    points: [0, 1, 10, 50].map((others) =>
      ({ name: `${others}`, at: others * OTHER_COOKIE_BYTES, scene: { ...READ, bytes: 100, others } }))
  },
  {
    name: 'keys, cookie read 100',
    points: [
      { name: '1', scene: { ...READ, bytes: 100, keys: keys(1) } },
      { name: '5, signed by the first', scene: { ...READ, bytes: 100, keys: keys(5) } },
      { name: '5, signed by the last', scene: { ...READ, bytes: 100, keys: keys(5), last: true } }
    ]
  }
]

function sized (scene, sizes) {
  return sizes.map((bytes) => ({ name: `${bytes} B`, at: bytes, scene: { ...scene, bytes } }))
}

/**
 * Returns the slope of a series, from its first to its last point.
 *
 * @param {object[]} points of a series
 * @param {Array<Map<string, number>>} measured microseconds by subject, for each point
 * @returns {Map<string, number>|undefined} nanoseconds a byte by subject
 */
function slopes (points, measured) {
  const bytes = points.at(-1).at - points[0].at
  if (Number.isNaN(bytes)) return undefined
  return new Map([...measured[0]].map(([name, us]) => [name, (measured.at(-1).get(name) - us) * 1000 / bytes]))
}

/**
 * Serves many requests in a new process, and returns by how much its memory grew.
 *
 * @returns {Promise<{heap: number, rss: number}>} bytes
 */
async function remaining ({ name }, mode, requests) {
  const args = ['--expose-gc', join(__dirname, 'memory.js'), name, mode, String(requests)]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 + requests })
  return JSON.parse(stdout)
}

module.exports = { SERIES, slopes, remaining }
