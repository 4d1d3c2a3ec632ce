'use strict'

/** What Linux tells of processors and of the time that processes spent on them. */

const { execFileSync } = require('node:child_process')
const { readFileSync } = require('node:fs')

/** The unit of /proc/PID/stat in all Linux that Node runs on. */
const TICK_US = 10_000

/** Gives the microseconds (user and system) that a process has spent, all its threads together. */
function spentUs (pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // The second field is the program's name in brackets, which may have anything in it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_US
}

/** Gives the last processor that this process may run on. */
function lastProcessor () {
  const [, list] = readFileSync('/proc/self/status', 'latin1').match(/Cpus_allowed_list:\s*(\S+)/)
  return list.split(/[,-]/).at(-1)
}

/** Tells whether a program is there. */
function isInstalled (program) {
  try {
    execFileSync('sh', ['-c', 'command -v "$0"', program], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

module.exports = { spentUs, lastProcessor, isInstalled }
