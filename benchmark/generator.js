'use strict'

const { execFile } = require('node:child_process')
const { join } = require('node:path')
const { promisify } = require('node:util')
const { isInstalled } = require('./processor')

const CONNECTIONS = 32

const run = promisify(execFile)

/**
 * The load generators: each sends requests over 32 connections from one processor for some seconds, one request after another on
 * each connection.
 *
 * They take the processor, the port, the path, the Cookie header and whole seconds, and return the number of answered requests and
 * the time.
 */
const GENERATORS = {
  async wrk (processor, port, path, cookie, seconds) {
    const args = ['-c', processor, 'wrk', '-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-H', `Cookie: ${cookie}`]
    const { stdout } = await run('taskset', [...args, `http://127.0.0.1:${port}${path}`], { timeout: limit(seconds) })
    if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk: ${stdout}`)
    const [, answered, took, unit] = stdout.match(/(\d+) requests in ([\d.]+)(ms|s)/)
    return { answered: Number(answered), seconds: Number(took) / (unit === 'ms' ? 1000 : 1) }
  },

  async node (processor, port, path, cookie, seconds) {
    const load = [join(__dirname, 'load.js'), port, path, cookie, CONNECTIONS, seconds * 1000].map(String)
    const { stdout } = await run('taskset', ['-c', processor, process.execPath, ...load], { timeout: limit(seconds) })
    return JSON.parse(stdout)
  }
}

const limit = (seconds) => seconds * 1000 + 20_000

/** Returns the name of the load generator to use: wrk if it is installed, else our own. */
const bestGenerator = () => isInstalled('wrk') ? 'wrk' : 'node'

module.exports = { GENERATORS, CONNECTIONS, bestGenerator }
