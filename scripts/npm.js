'use strict'

const { execFileSync } = require('node:child_process')

/** Runs npm, and returns its output. On Windows npm is a batch file, which needs a shell: arguments must not contain spaces there. */
module.exports = function npm (args, options = {}) {
  const windows = process.platform === 'win32'
  return execFileSync(windows ? 'npm.cmd' : 'npm', args, { encoding: 'utf8', shell: windows, ...options })
}
