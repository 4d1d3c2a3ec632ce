'use strict'

/**
 * How the cost grows: with the session's bytes, with other cookies, with the number of keys; what a request allocates, and
 * what is left after many.
 */

const { execFile } = require('node:child_process')
const { join } = require('node:path')
const { promisify } = require('node:util')
const { setImmediate: turn } = require('node:timers/promises')
const { getHeapStatistics } = require('node:v8')
const { setStages } = require('./inprocess')
const { bareStage } = require('./stage')
const { median } = require('./stopwatch')
const { BARE } = require('./subjects')

const READ = { action: 'read', mode: 'cookie', bytes: 1000 }
const MODIFY = { action: 'modify', mode: 'cookie', bytes: 1000 }

const keys = (count) => Array.from({ length: count }, (_, i) => `a key of thirty-two bytes, no. ${i + 10}`)

/** Bytes that one more cookie adds to the header. */
const OTHER_COOKIE_BYTES = 'other00=abcdefghijklmnopqrst; '.length

/** Series of cases; within each, only what its name says differs. `at` is the place of a point where there is a slope. */
const SERIES = [
  { name: 'session bytes, cookie read', points: sized(READ, [100, 300, 1000, 3000]) },
  { name: 'session bytes, cookie modify', points: sized(MODIFY, [100, 300, 1000, 3000]) },
  { name: 'session bytes, store read', points: sized({ ...READ, mode: 'store' }, [100, 1000, 10000, 100000]) },
  { name: 'session bytes, store modify', points: sized({ ...MODIFY, mode: 'store' }, [100, 1000, 10000, 100000]) },
  {
    name: `other cookies of ${OTHER_COOKIE_BYTES} bytes first, cookie read 100`,
    points: [1, 10, 50].map((others) =>
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

/** Cases whose allocations are looked at. */
const ALLOCATING = new Map([
  ['cookie read 1000', READ],
  ['cookie read 3000', { ...READ, bytes: 3000 }],
  ['cookie modify 1000', MODIFY],
  ['cookie modify 3000', { ...MODIFY, bytes: 3000 }],
  ['store read 1000', { ...READ, mode: 'store' }],
  ['store modify 1000', { ...MODIFY, mode: 'store' }]
])

/** Requests between two looks at the heap, so few that a collection falls into a minority of such spans. */
const SPAN = 20

/**
 * Gives the slope of a series, from its first to its last point.
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
 * Measures what a request allocates on JavaScript's heap.
 *
 * @returns {Promise<Map<string, number>>} bytes a request above bare, by subject
 */
async function allocations (subjects, scene, { spans }) {
  const stages = await setStages(subjects, scene)
  const bare = await allocated(bareStage(BARE, stages.values().next().value).visit, spans)
  const result = new Map()
  for (const [name, { visit }] of stages) result.set(name, await allocated(visit, spans) - bare)
  return result
}

async function allocated (visit, spans) {
  const samples = []
  // The first half warms up.
  for (let span = -spans; span < spans; span++) {
    await turn()
    const before = getHeapStatistics().used_heap_size
    for (let i = 0; i < SPAN; i++) await visit()
    if (span >= 0) samples.push((getHeapStatistics().used_heap_size - before) / SPAN)
  }
  return median(samples)
}

/**
 * Has a process of its own serve many requests, and tells what its memory grew by.
 *
 * @returns {Promise<{heap: number, rss: number}>} bytes
 */
async function remaining ({ name }, mode, requests) {
  const args = ['--expose-gc', join(__dirname, 'memory.js'), name, mode, String(requests)]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 + requests })
  return JSON.parse(stdout)
}

module.exports = { SERIES, ALLOCATING, slopes, allocations, remaining }
