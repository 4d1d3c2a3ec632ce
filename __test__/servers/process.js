'use strict'

/**
 * Programs that tests start on a free port of 127.0.0.1, with a directory of their own that goes when they do.
 *
 * Whatever happens to the test, the servers end with its process.
 */

const { execFile, spawn, spawnSync } = require('node:child_process')
const { once } = require('node:events')
const { accessSync, chownSync, constants, mkdtempSync, readdirSync, rmSync } = require('node:fs')
const net = require('node:net')
const { tmpdir } = require('node:os')
const { delimiter, join } = require('node:path')
const { promisify } = require('node:util')

const PATIENCE_MS = 30000

/** Has the kernel end a server whose test is killed; a list to be put before the command. */
const WITH_US = ['setpriv', '--pdeathsig', 'KILL']
const together = spawnSync(WITH_US[0], [...WITH_US.slice(1), 'true']).status === 0 ? WITH_US : []

/** Another process may take the port between our asking for it and the server's. */
const ATTEMPTS = 3

const running = new Set()

process.on('exit', () => { for (const server of running) server.abandon() })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1))

/** Lists where a program may be: on the path, and where packages put servers. */
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

/** Gives the path of a program, or of the first of several that is there; undefined where none is. */
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
 * Tells a test whether to skip.
 *
 * @param {Record<string, string|undefined>} programs name to path
 * @returns {string|false} the message; false where all are there, and in CI, where the start fails in place of a skip
 */
function skipWithout (programs) {
  const missing = Object.keys(programs).filter((name) => programs[name] === undefined)
  if (missing.length === 0 || process.env.CI === 'true') return false
  return `not installed: ${missing.join(', ')} (.ci/run installs it)`
}

/** Throws where a program is not there. */
function requirePrograms (programs) {
  for (const name in programs) if (programs[name] === undefined) throw new Error(`${name} is not installed`)
}

/**
 * Below the ports that systems give to connections: one of those may be taken again before the server listens, or while a test
 * has it down; even by a client that connects to it, whose own port it becomes.
 */
const PORTS = { first: 10000, end: 32768 }

/** Gives a port of 127.0.0.1 that nobody has at the moment. */
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

/** Makes a directory, of another user where that is asked for. */
function temporaryDirectory (name, user) {
  const directory = mkdtempSync(join(tmpdir(), `koa-session-rs-${name}-`))
  if (user !== undefined) chownSync(directory, user.uid, user.gid)
  return directory
}

/** Gives the ids of the first user that there is. */
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

/** Waits until something is so that nothing tells of. */
async function until (what, isSo) {
  const deadline = Date.now() + PATIENCE_MS
  while (!await isSo()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`)
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
   * @param {string} [how.signal] that ends it for good
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

  /** Has it stand still, with its connections open. */
  pause () {
    this.#child.kill('SIGSTOP')
  }

  /** Lets it go on. */
  resume () {
    this.#child.kill('SIGCONT')
  }

  /** Starts it again, after a kill or in place of one. */
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
    // One that is paused would not see another signal than SIGKILL.
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
      let told = ''
      const fail = (why) => reject(new Error(`${name} ${why}\n${told.slice(-2000)}`))
      const timer = setTimeout(() => fail('does not get ready'), PATIENCE_MS)
      const listen = (chunk) => {
        told += chunk
        if (ready.test(told)) settle(resolve)
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
    // A test that forgets it ends nevertheless, and then so does the server.
    for (const handle of [child, child.stdout, child.stderr]) handle.unref()
  }
}

module.exports = {
  ServerProcess, find, freePort, requirePrograms, run, skipWithout, temporaryDirectory, until, userNamed
}
