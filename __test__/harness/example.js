'use strict'

/** Starts the example as a process of its own. */

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const { join } = require('node:path')

const PROGRAM = join(__dirname, '../../example/app.js')

/**
 * Starts the example on a free port; resolves once it has printed its greeting, or has ended. It ends with the test.
 *
 * @param {import('node:test').TestContext} [t] without one, the caller stops it
 * @param {object} [env] the variables that the example reads; those of the tests' own process are not passed
 */
async function startExample (t, env) {
  const { MODE, PORT, REDIS_URL, SESSION_KEYS, SQLITE_FILE, ...rest } = process.env
  const child = spawn(process.execPath, [PROGRAM], { env: { ...rest, PORT: '0', ...env } })
  const example = {
    out: '',
    err: '',
    /** Resolves to the exit code and the signal. */
    ended: once(child, 'close'),
    kill: (signal) => child.kill(signal),
    async stop () {
      child.kill()
      return example.ended
    }
  }
  t?.after(example.stop)
  child.stderr.setEncoding('utf8').on('data', (text) => { example.err += text })
  const greeted = new Promise((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text) => {
      example.out += text
      if (example.out.endsWith('\n\n')) resolve()
    })
  })
  await Promise.race([greeted, example.ended])
  const [, address, port] = /(http:\/\/127\.0\.0\.1:(\d+)\/)\n/.exec(example.out) ?? []
  return Object.assign(example, { address, port: Number(port) })
}

module.exports = { startExample }
