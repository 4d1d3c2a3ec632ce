'use strict'

/** The processor time of a process's main thread: JavaScript, garbage collection and system calls. */

const { readFileSync } = require('node:fs')
const { performance } = require('node:perf_hooks')

/**
 * Returns the processor time of a process's main thread, on Linux.
 *
 * @param {number} pid
 * @returns {number} microseconds
 */
function mainThreadUs (pid) {
  const [nanoseconds] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1').split(' ')
  return Number(nanoseconds) / 1000
}

/** Returns that of this process; on other systems than Linux, the time in which the event loop was not idle. */
function ownMainThreadUs () {
  if (process.platform === 'linux') return mainThreadUs(process.pid)
  return performance.eventLoopUtilization().active * 1000
}

module.exports = { mainThreadUs, ownMainThreadUs }
