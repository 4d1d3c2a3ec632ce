'use strict'

/**
 * How the cost grows with the session's bytes, with other cookies and with the number of keys, and how memory grows over many
 * requests.
 */

const { execFile } = require('node:child_process')
const { join } = require('node:path')
const { promisify } = require('node:util')
const { MODES } = require('./inprocess')
const { KINDS } = require('./shapes')

/** The session sizes in bytes. A cookie cannot hold much more than 3000. */
const SIZES = { cookie: [100, 300, 1000, 3000], store: [100, 300, 1000, 3000, 10000, 30000, 100000] }

/** The smallest sessions of each kind. */
const LEAST_BYTES = { flat: 100, nested: 300, token: 100 }

const READ = { action: 'read', mode: 'cookie' }

/** The series whose x axis is the session's bytes: each kind of shape, in each mode and action. */
const BY_BYTES = KINDS.flatMap((kind) => MODES.flatMap((mode) => ['read', 'modify'].map((action) =>
  ({ name: `session bytes, ${mode} ${action} ${kind}`, points: sized({ action, mode }, kind) }))))

const keys = (count) => Array.from({ length: count }, (_, i) => `a key of thirty-two bytes, no. ${i + 10}`)

/** Bytes that one more cookie adds to the header. */
const OTHER_COOKIE_BYTES = 'other00=abcdefghijklmnopqrst; '.length

/** Series of cases that differ only in what the series' name says. `at` is a point's x value, in series with a slope. */
const SERIES = [
  ...BY_BYTES,
  {
    name: `other cookies of ${OTHER_COOKIE_BYTES} bytes first, cookie read 100`,
    points: [0, 1, 10, 50].map((others) =>
      ({ name: `${others}`, at: others * OTHER_COOKIE_BYTES, scene: { ...READ, shape: 'flat-100', others } }))
  },
  {
    name: 'keys, cookie read 100',
    points: [
      { name: '1', scene: { ...READ, shape: 'flat-100', keys: keys(1) } },
      { name: '5, signed by the first', scene: { ...READ, shape: 'flat-100', keys: keys(5) } },
      { name: '5, signed by the last', scene: { ...READ, shape: 'flat-100', keys: keys(5), last: true } }
    ]
  }
]

function sized (scene, kind) {
  const sizes = SIZES[scene.mode].filter((bytes) => bytes >= LEAST_BYTES[kind])
  return sizes.map((bytes) => ({ name: `${bytes} B`, at: bytes, scene: { ...scene, shape: `${kind}-${bytes}` } }))
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
