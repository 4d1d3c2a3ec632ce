'use strict'

/**
 * Serves requests that modify a session of 1000 bytes, and prints by how many bytes memory grew:
 * `node --expose-gc memory.js SUBJECT MODE REQUESTS`.
 */

const { setImmediate: turn } = require('node:timers/promises')
const { setStage } = require('./stage')
const { subject } = require('./subjects')

/** The number of requests before the first measurement, in which code is compiled and caches are filled. */
const WARM_UP = 20_000

async function serve ({ visit }, requests) {
  for (let i = 0; i < requests; i++) {
    await visit()
    // As in a server, the event loop turns now and then, for timers and finalizers.
    if (i % 100 === 0) await turn()
  }
}

async function memory () {
  for (let i = 0; i < 3; i++) {
    await turn()
    globalThis.gc()
  }
  return process.memoryUsage()
}

async function main ([name, mode, requests]) {
  const stage = await setStage(subject(name), { action: 'modify', mode, shape: 'flat-1000' })
  await serve(stage, WARM_UP)
  const before = await memory()
  await serve(stage, Number(requests))
  const after = await memory()
  const grown = { heap: after.heapUsed - before.heapUsed, rss: after.rss - before.rss }
  // Exits explicitly, since a subject's timers may keep the process alive.
  process.stdout.write(JSON.stringify(grown), () => process.exit())
}

main(process.argv.slice(2))
