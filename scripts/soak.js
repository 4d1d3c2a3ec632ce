'use strict'

/**
 * Sends many requests, by scenarios for all rows of the table of faults, and measures what remains in use: memory after garbage
 * collection (second half of the run compared with the first), event listeners, and handles of the process. Exits with 1 if it grows.
 *
 *   node scripts/soak.js [requests]
 */

const { setFlagsFromString } = require('node:v8')
const { runInNewContext } = require('node:vm')

const { SCENARIOS, appOf } = require('./soak/scenarios')
const { Visitor } = require('./soak/visitor')

const MILLION = 1000000
const LIMIT_BYTES = 2 * 1024 * 1024

/** The part of the requests that run before the first measurement, so that code is compiled and pools are filled. */
const WARM_UP = 0.1
const SAMPLES = 5

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc')

/** Plays all scenarios again and again, until the number of requests is reached. */
async function send (apps, requests) {
  let sent = 0
  while (sent < requests) {
    for (const { app, callback, play } of apps) {
      const visitor = new Visitor((req, res) => {
        sent++
        return callback(req, res)
      })
      await play(visitor, app)
    }
    // Events are emitted in a later turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return sent
}

/** Measures the memory in use after a full garbage collection: the median of some samples. */
async function memory () {
  const samples = []
  for (let i = 0; i < SAMPLES; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    gc()
    gc()
    const { heapUsed, external } = process.memoryUsage()
    samples.push(heapUsed + external)
  }
  return samples.sort((a, b) => a - b)[SAMPLES >> 1]
}

/** Counts event listeners and records, and lists the resources that keep the process alive. */
function holders (apps) {
  const listeners = (emitter) => emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0)
  return {
    resources: process.getActiveResourcesInfo().filter((name) => name !== 'Immediate').sort().join(),
    processListeners: listeners(process),
    appListeners: apps.reduce((sum, { app }) => sum + listeners(app), 0),
    records: apps.reduce((sum, { app }) => sum + (app.store?.records?.size ?? 0), 0)
  }
}

/**
 * Runs the soak.
 *
 * @param {number} requests
 * @returns {Promise<object>} grown: bytes that the second half added; isClean: whether neither memory nor the counts grew
 */
async function soak (requests) {
  const apps = SCENARIOS.map((scenario) => {
    const app = appOf(scenario)
    return { app, callback: app.callback(), play: scenario.play }
  })
  const before = holders(apps)
  await send(apps, requests * WARM_UP)
  const half = requests * (1 - WARM_UP) / 2
  await send(apps, half)
  const first = await memory()
  await send(apps, half)
  const second = await memory()
  const after = holders(apps)
  const grown = second - first
  const isHeld = Object.keys(before).some((name) => before[name] !== after[name])
  return { requests, first, second, grown, before, after, isClean: grown < LIMIT_BYTES && !isHeld }
}

async function main () {
  const start = Date.now()
  const result = await soak(Number(process.argv[2] ?? MILLION))
  console.log(JSON.stringify({ ...result, seconds: (Date.now() - start) / 1000 }))
  process.exitCode = result.isClean ? 0 : 1
}

if (require.main === module) main()

module.exports = { soak }
