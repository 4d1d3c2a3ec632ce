'use strict'

/**
 * Serves requests that modify 1000 bytes and prints by how many bytes memory grew:
 * `node --expose-gc memory.js SUBJECT MODE REQUESTS`.
 */

const { setImmediate: turn } = require('node:timers/promises')
const { setStage } = require('./stage')
const { subject } = require('./subjects')

/** How many requests come first: code is compiled and caches are filled before memory is looked at. */
const WARM_UP = 20_000

async function serve ({ visit }, requests) {
  for (let i = 0; i < requests; i++) {
    await visit()
    // As in a server, what waits for a turn of the event loop gets one.
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
  const stage = await setStage(subject(name), { action: 'modify', mode, bytes: 1000 })
  await serve(stage, WARM_UP)
  const before = await memory()
  await serve(stage, Number(requests))
  const after = await memory()
  const grown = { heap: after.heapUsed - before.heapUsed, rss: after.rss - before.rss }
  // Timers of a subject must not keep the process.
  process.stdout.write(JSON.stringify(grown), () => process.exit())
}

main(process.argv.slice(2))
