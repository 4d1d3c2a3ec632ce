'use strict'

/**
 * Programs that tests start on a free port of 127.0.0.1, with a directory of their own, which is removed at their end.
 *
 * The servers end with the process of the test, even if that is killed.
 */

const { execFile, spawn, spawnSync } = require('node:child_process')
const { once } = require('node:events')
const { accessSync, chownSync, constants, mkdtempSync, readdirSync, rmSync } = require('node:fs')
const net = require('node:net')
const { tmpdir } = require('node:os')
const { delimiter, join } = require('node:path')
const { promisify } = require('node:util')

const PATIENCE_MS = 30000

/** A prefix of the command, by which the kernel ends the server if the test is killed. */
const END_WITH_PARENT = ['setpriv', '--pdeathsig', 'KILL']
const together = spawnSync(END_WITH_PARENT[0], [...END_WITH_PARENT.slice(1), 'true']).status === 0 ? END_WITH_PARENT : []

/** Retries of a start, since another process may take the port before the server does. */
const ATTEMPTS = 3

const running = new Set()

process.on('exit', () => { for (const server of running) server.abandon() })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1))

/** Lists the places of a program: on the path, and where packages install servers. */
function places () {
  const versions = '/usr/lib/postgresql'
  const onPath = (process.env.PATH ?? '').split(delimiter)
  return [...onPath, '/usr/sbin', '/usr/local/sbin', ...listed(versions).map((version) => join(versions, version, 'bin'))]
}

function listed (directory) {
  try {
    return readdirSync(directory).sort((a, b) => b - a)
  } catch {
    return []
  }
}

/** Returns the path of the first of some programs that exists; undefined if none does. */
function find (...names) {
  return names.flatMap((name) => places().map((place) => join(place, name))).find(isExecutable)
}

function isExecutable (path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * Returns the reason to skip a test, if there is one.
 *
 * @param {Record<string, string|undefined>} programs name to path
 * @returns {string|false} the reason; false if all programs exist, and in CI, where the start fails instead
 */
function skipWithout (programs) {
  const missing = Object.keys(programs).filter((name) => programs[name] === undefined)
  if (missing.length === 0 || process.env.CI === 'true') return false
  return `not installed: ${missing.join(', ')} (.ci/run installs it)`
}

/** Throws if a program is missing. */
function requirePrograms (programs) {
  for (const name in programs) if (programs[name] === undefined) throw new Error(`${name} is not installed`)
}

/**
 * Below the ephemeral ports: one of those may be taken by a connection before the server listens or while it is down, even by
 * a client that connects to it.
 */
const PORTS = { first: 10000, end: 32768 }

/** Returns a free port of 127.0.0.1. */
async function freePort () {
  for (;;) {
    const port = PORTS.first + Math.floor(Math.random() * (PORTS.end - PORTS.first))
    const server = net.createServer()
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening')
    } catch (err) {
      if (err.code === 'EADDRINUSE') continue
      throw err
    }
    server.close()
    await once(server, 'close')
    return port
  }
}

/** Makes a directory, which may belong to another user. */
function temporaryDirectory (name, user) {
  const directory = mkdtempSync(join(tmpdir(), `koa-session-rs-${name}-`))
  if (user !== undefined) chownSync(directory, user.uid, user.gid)
  return directory
}

/** Returns the ids of the first user that exists. */
function userNamed (...names) {
  for (const name of names) {
    const id = (flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout?.trim()
    if (id('-u')) return { uid: Number(id('-u')), gid: Number(id('-g')) }
  }
  throw new Error(`none of these users is there: ${names.join(', ')}`)
}

/** Runs a program to its end. */
async function run (program, args, options = {}) {
  const { stdout } = await promisify(execFile)(program, args, { encoding: 'utf8', timeout: PATIENCE_MS, ...options })
  return stdout
}

/** Waits until a condition holds, by polling. */
async function until (what, isSo) {
  const deadline = Date.now() + PATIENCE_MS
  while (!await isSo()) {
    if (Date.now() > deadline) throw new Error(`waited too long for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A server: started, paused, killed and started again, always on the same port and directory. */
class ServerProcess {
  #how
  #child
  port

  /**
   * @param {object} how
   * @param {string} how.name
   * @param {string} how.program
   * @param {(port: number) => string[]} how.args
   * @param {RegExp} how.ready what it prints when it answers
   * @param {string} how.directory removed by stop()
   * @param {{ uid: number, gid: number }} [how.user]
   * @param {string} [how.signal] that makes it shut down
   */
  constructor (how) {
    this.#how = how
  }

  get directory () { return this.#how.directory }
  get pid () { return this.#child?.pid }

  /** Starts it, on a free port the first time. */
  async start () {
    for (let attempt = 1; ; attempt++) {
      const port = this.port ?? await freePort()
      try {
        await this.#spawn(port)
        this.port = port
        return this
      } catch (err) {
        if (this.port !== undefined || attempt === ATTEMPTS) throw err
      }
    }
  }

  /** Ends it as a crash would. */
  async kill () {
    await this.#end('SIGKILL')
  }

  /** Pauses it, with its connections open. */
  pause () {
    this.#child.kill('SIGSTOP')
  }

  /** Ends a pause. */
  resume () {
    this.#child.kill('SIGCONT')
  }

  /** Kills it, unless it is killed, and starts it again. */
  async restart () {
    await this.kill()
    await this.start()
  }

  /** Ends it, and removes its directory. */
  async stop () {
    await this.#end(this.#how.signal ?? 'SIGKILL')
    this.#remove()
  }

  /** Ends it without waiting: the process exits. */
  abandon () {
    this.#child?.kill(this.#how.signal ?? 'SIGKILL')
    this.#remove()
  }

  #remove () {
    running.delete(this)
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 })
  }

  async #end (signal) {
    const child = this.#child
    if (child === undefined) return
    this.#child = undefined
    if (child.exitCode !== null || child.signalCode !== null) return
    child.ref()
    const exited = once(child, 'exit')
    child.kill(signal)
    // A paused process only reacts to SIGKILL.
    child.kill('SIGCONT')
    await exited
  }

  async #spawn (port) {
    const { name, program, args, ready, user = {}, directory } = this.#how
    running.add(this)
    const [command, ...rest] = [...together, program, ...args(port)]
    const child = spawn(command, rest, {
      cwd: directory, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LC_ALL: 'C' }, ...user
    })
    this.#child = child
    await new Promise((resolve, reject) => {
      let output = ''
      const fail = (why) => reject(new Error(`${name} ${why}\n${output.slice(-2000)}`))
      const timer = setTimeout(() => fail('does not get ready'), PATIENCE_MS)
      const listen = (chunk) => {
        output += chunk
        if (ready.test(output)) settle(resolve)
      }
      const settle = (how, ...why) => {
        clearTimeout(timer)
        for (const stream of [child.stdout, child.stderr]) stream.off('data', listen).resume()
        how(...why)
      }
      child.once('error', (err) => settle(fail, err.message))
      child.once('exit', (code, signal) => settle(fail, `ended: ${code ?? signal}`))
      child.stdout.on('data', listen)
      child.stderr.on('data', listen)
    })
    // It must not keep a test alive that does not stop it; it ends with the test's process.
    for (const handle of [child, child.stdout, child.stderr]) handle.unref()
  }
}

module.exports = {
  ServerProcess, find, freePort, requirePrograms, run, skipWithout, temporaryDirectory, until, userNamed
}
