'use strict'

const { monitorEventLoopDelay, performance } = require('node:perf_hooks')
const { setImmediate: turn } = require('node:timers/promises')
const { isPromise } = require('./kinds')
const { mainThreadUs, ownMainThreadUs } = require('./main-thread')

/** One in this many operations is timed. It does not divide the number in flight, so that not always the same ones are timed. */
const TIMED = 7

/** The operations in a turn of the event loop, if they are synchronous and run one after another. */
const SLICE = 64

const DELAY_RESOLUTION_MS = 1

/**
 * Repeats an operation for some time, with a number of them in flight. Of a synchronous operation, that number runs in one turn of the
 * event loop.
 *
 * @param {() => any} operation returns its result, or a promise of it
 * @param {object} load
 * @param {number} load.inFlight
 * @param {number} load.ms
 * @param {number} [load.server] the id of a server's process whose processor time is measured too
 * @returns {Promise<object>} operations a second; microseconds: p50 and p99 of their latency, time of the main thread, of all
 * threads and of the server an operation; milliseconds: p99 and maximum of the event loop's delay
 */
async function pump (operation, { inFlight, ms, server }) {
  const first = operation()
  const run = isPromise(first) ? promised : atOnce
  await first
  const delays = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS })
  const timed = []
  delays.enable()
  const before = clocks(server)
  const operations = await run(operation, { inFlight, ms, timed })
  const spent = since(before, server)
  delays.disable()
  timed.sort((a, b) => a - b)
  return {
    rate: operations * 1e6 / spent.wall,
    p50: quantile(timed, 0.5) * 1000,
    p99: quantile(timed, 0.99) * 1000,
    mainUs: spent.main / operations,
    allUs: spent.all / operations,
    serverUs: spent.server / operations,
    delayP99: late(delays, delays.percentile(99)),
    delayMax: late(delays, delays.max)
  }
}

async function promised (operation, { inFlight, ms, timed }) {
  const end = performance.now() + ms
  let operations = 0

  const work = async () => {
    for (let now = performance.now(); now < end;) {
      const isTimed = operations++ % TIMED === 0
      await operation()
      const start = now
      now = performance.now()
      if (isTimed) timed.push(now - start)
    }
  }

  await Promise.all(Array.from({ length: inFlight }, work))
  return operations
}

async function atOnce (operation, { inFlight, ms, timed }) {
  const slice = inFlight === 1 ? SLICE : inFlight
  const end = performance.now() + ms
  let operations = 0
  while (performance.now() < end) {
    for (let i = 0; i < slice; i++) {
      if (operations++ % TIMED !== 0) {
        operation()
        continue
      }
      const start = performance.now()
      operation()
      timed.push(performance.now() - start)
    }
    await turn()
  }
  return operations
}

function clocks (server) {
  const { user, system } = process.cpuUsage()
  return { wall: performance.now() * 1000, main: ownMainThreadUs(), all: user + system, server: serverUs(server) }
}

function since (before, server) {
  const now = clocks(server)
  return Object.fromEntries(Object.keys(now).map((name) => [name, now[name] - before[name]]))
}

/** Redis executes all commands on its main thread. */
function serverUs (pid) {
  return pid === undefined || process.platform !== 'linux' ? 0 : mainThreadUs(pid)
}

/** Returns the delay in milliseconds, without the sampling interval; undefined if the time was too short for a sample. */
function late ({ count }, nanoseconds) {
  return count === 0 ? undefined : Math.max(0, nanoseconds / 1e6 - DELAY_RESOLUTION_MS)
}

/** Returns a quantile of sorted numbers. */
function quantile (sorted, part) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]
}

module.exports = { pump }
