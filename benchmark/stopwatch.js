'use strict'

const { setImmediate: turn } = require('node:timers/promises')

/** How long a function runs before it is measured, in batches. */
const WARM_UP_BATCHES = 10

/**
 * Measures functions in turn, in rounds of random order, so that what one leaves behind (garbage, a warm processor) affects
 * another one each time.
 *
 * @param {Map<string, function(): (Promise<any>|undefined)>} runs functions by name; a result of undefined is not awaited
 * @param {object} options
 * @param {number} options.rounds
 * @param {number} options.batchMs how long a function runs at a time
 * @returns {Promise<Map<string, number[]>>} microseconds a call, one for each round
 */
async function measure (runs, { rounds, batchMs }) {
  const counts = new Map()
  for (const [name, run] of runs) counts.set(name, await warmUp(run, batchMs))
  const samples = new Map([...runs.keys()].map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const name of shuffled([...runs.keys()])) {
      // Lets timers and finalizers run between batches.
      await turn()
      samples.get(name).push(await batch(runs.get(name), counts.get(name)))
    }
  }
  return samples
}

async function warmUp (run, batchMs) {
  let count = 1
  let us = await batch(run, count)
  for (let spent = 0; spent < WARM_UP_BATCHES * batchMs * 1000; spent += us * count) {
    count = Math.max(1, Math.min(count * 2, Math.round(batchMs * 1000 / us)))
    us = await batch(run, count)
  }
  return Math.max(1, Math.round(batchMs * 1000 / us))
}

async function batch (run, count) {
  const start = nowUs()
  for (let i = 0; i < count; i++) {
    const result = run()
    if (result !== undefined) await result
  }
  return (nowUs() - start) / count
}

/**
 * Returns the processor time of this process. Nothing here waits for I/O, so that is the elapsed time without the time in which other
 * processes ran. On Windows its resolution is too coarse, so there it is the elapsed time.
 */
function nowUs () {
  if (process.platform === 'win32') return Number(process.hrtime.bigint()) / 1000
  const { user, system } = process.cpuUsage()
  return user + system
}

function shuffled (list) {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [list[i], list[j]] = [list[j], list[i]]
  }
  return list
}

/** Returns the median of numbers. */
function median (numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Returns the median difference of two subjects, round by round. */
function medianAbove (samples, others) {
  return median(samples.map((us, round) => us - others[round]))
}

module.exports = { measure, median, medianAbove }
