'use strict'

/**
 * What a request allocates on the JavaScript heap: the heap's growth over requests without garbage collection. Each subject has its
 * own process, with a new space that is large enough for that:
 * `node --expose-gc --min-semi-space-size=… heap.js SUBJECT CASE,...` prints bytes a request above bare Koa, by case.
 */

const { execFile } = require('node:child_process')
const { PerformanceObserver } = require('node:perf_hooks')
const { setImmediate: turn } = require('node:timers/promises')
const { promisify } = require('node:util')
const { CASES, setStages } = require('./inprocess')
const { bareStage } = require('./stage')
const { median } = require('./stopwatch')
const { BARE, subject } = require('./subjects')

/** Megabytes of V8's new space, in which objects are allocated. */
const NEW_SPACE_MB = 256

/** Requests before the first measurement, so that optimised code runs, which allocates less; and requests between two measurements. */
const WARM_UP = 10_000
const SPAN = 500
const SPANS = 5

/** The fewest requests between two measurements: with fewer, other allocations of the process would distort the result. */
const LEAST_SPAN = 60

/**
 * Measures what requests of a subject allocate.
 *
 * @param {object} subject
 * @param {string[]} cases names of cases of the table
 * @returns {Promise<Object<string, number>>} bytes a request above bare, by case
 */
async function allocations ({ name }, cases) {
  const space = ['min', 'max'].map((limit) => `--${limit}-semi-space-size=${NEW_SPACE_MB}`)
  const args = ['--expose-gc', ...space, __filename, name, cases.join()]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 120_000 })
  return JSON.parse(stdout)
}

async function main ([name, cases]) {
  const figures = {}
  for (const one of cases.split(',')) {
    const [stage] = (await setStages([subject(name)], CASES.get(one))).values()
    figures[one] = await allocated(stage.visit) - await allocated(bareStage(BARE, stage).visit)
  }
  process.stdout.write(JSON.stringify(figures), () => process.exit())
}

async function allocated (visit) {
  await grown(visit, WARM_UP)
  const samples = []
  let span = SPAN
  while (samples.length < SPANS) {
    const collections = observeCollections()
    const bytes = await grown(visit, span)
    if (await collections.count() === 0) samples.push(bytes / span)
    else if (span / 2 >= LEAST_SPAN) span /= 2
    else throw new Error('garbage collections are too frequent to measure the heap')
  }
  return median(samples)
}

/** Returns the heap's growth over some requests. */
async function grown (visit, requests) {
  globalThis.gc()
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < requests; i++) await visit()
  return process.memoryUsage().heapUsed - before
}

/** Counts garbage collections, without the first, which this program forces. */
function observeCollections () {
  let seen = 0
  const observer = new PerformanceObserver((list) => { seen += list.getEntries().length })
  observer.observe({ entryTypes: ['gc'] })
  return {
    async count () {
      // Performance entries arrive in a later turn of the event loop.
      for (let i = 0; i < 3; i++) await turn()
      observer.disconnect()
      if (seen === 0) throw new Error('garbage collections are not reported')
      return seen - 1
    }
  }
}

if (require.main === module) main(process.argv.slice(2))

module.exports = { allocations }
