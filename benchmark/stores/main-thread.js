'use strict'

/** The processor time of a process's main thread: what JavaScript, its garbage collection and its system calls take there. */

const { readFileSync } = require('node:fs')
const { performance } = require('node:perf_hooks')

/**
 * Tells how long a main thread has been on processors, on Linux.
 *
 * @param {number} pid
 * @returns {number} microseconds
 */
function mainThreadUs (pid) {
  const [nanoseconds] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1').split(' ')
  return Number(nanoseconds) / 1000
}

/** Tells it of this process; elsewhere than on Linux, the time in which the event loop was not idle stands for it. */
function ownMainThreadUs () {
  if (process.platform === 'linux') return mainThreadUs(process.pid)
  return performance.eventLoopUtilization().active * 1000
}

module.exports = { mainThreadUs, ownMainThreadUs }
