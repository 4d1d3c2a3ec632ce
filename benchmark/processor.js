'use strict'

/** Reads processors, and the processor time of processes, from Linux. */

const { execFileSync } = require('node:child_process')
const { readFileSync } = require('node:fs')

/** The unit of times in /proc/PID/stat, the same on every Linux that Node supports. */
const TICK_US = 10_000

/** Returns the processor time (user and system) of all threads of a process, in microseconds. */
function spentUs (pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // The second field is the program's name in brackets, which may contain any character.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_US
}

/** Returns the last processor that this process may run on. */
function lastProcessor () {
  const [, list] = readFileSync('/proc/self/status', 'latin1').match(/Cpus_allowed_list:\s*(\S+)/)
  return list.split(/[,-]/).at(-1)
}

/** Returns whether a program is installed. */
function isInstalled (program) {
  try {
    execFileSync('sh', ['-c', 'command -v "$0"', program], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

module.exports = { spentUs, lastProcessor, isInstalled }
