'use strict'

const { fork } = require('node:child_process')
const { once } = require('node:events')
const { mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const path = require('node:path')
const { SqliteStore } = require('../../stores/sqlite')

const LIFE_MS = 600_000

/** A folder of databases, and processes that use them. */
class SqliteFolder {
  #path = mkdtempSync(path.join(tmpdir(), 'koa-session-rs-sqlite-'))
  #count = 0
  #children = new Set()

  /** Returns the path of a file that does not exist. */
  file () {
    return path.join(this.#path, `${this.#count++}.db`)
  }

  open (options) {
    return new SqliteStore({ file: this.file(), ...options })
  }

  /** Starts a program of ./fixtures with these arguments, and waits for its first message. */
  async start (program, ...args) {
    const child = fork(path.join(__dirname, 'fixtures', program), args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    const [message] = await Promise.race([once(child, 'message'), once(child, 'exit').then(([code]) => {
      throw new Error(`${program} ended with code ${code}`)
    })])
    return { child, message }
  }

  remove () {
    for (const child of this.#children) child.kill('SIGKILL')
    rmSync(this.#path, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Sends a message to a program and waits for its answer. */
async function ask (child, message) {
  child.send(message)
  const [answer] = await Promise.race([once(child, 'message'), once(child, 'exit').then(([code]) => {
    throw new Error(`the program ended with code ${code} instead of an answer`)
  })])
  return answer
}

/** Asks a program to end, and waits until it has. */
async function terminate (child) {
  const exited = once(child, 'exit')
  child.send('end')
  return exited
}

const newRecord = (data, more) => ({ data: JSON.stringify(data), maxAge: LIFE_MS, ...more })

const changes = (set, more) => ({ base: 1, set: set && JSON.stringify(set), delete: [], ...more })

module.exports = { SqliteFolder, ask, changes, terminate, newRecord }
