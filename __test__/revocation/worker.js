'use strict'

// A store in a process of its own, which is killed during operations.
// node worker.js <'redis' or 'sqlite'> <options of the store as JSON>

const { fork } = require('node:child_process')
const { once } = require('node:events')

const STORES = {
  redis: (options) => new (require('../../stores/redis').RedisStore)(options),
  sqlite: (options) => new (require('../../stores/sqlite').SqliteStore)(options)
}

/** The store for its parent: calls that are pending when the process ends reject. */
class Worker {
  #args
  #child
  #waiting = new Map()
  #count = 0

  constructor (kind, options) {
    this.#args = [kind, JSON.stringify(options)]
    for (const method of ['create', 'load', 'merge', 'touch', 'regenerate', 'destroy', 'destroyAll', 'list']) {
      this[method] = (...args) => this.#ask(method, args)
    }
  }

  /** Starts a process, which replaces the last one. */
  start () {
    const child = this.#child = fork(__filename, this.#args, { serialization: 'advanced' })
    child.on('message', ({ number, answer, error }) => {
      const { resolve, reject } = this.#waiting.get(number)
      this.#waiting.delete(number)
      if (error) reject(Object.assign(new Error(error.message), error))
      else resolve(answer)
    })
    return this
  }

  async kill () {
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
    const killed = Object.assign(new Error('killed'), { code: 'ERR_SESSION_STORE', reason: 'killed' })
    for (const { reject } of this.#waiting.values()) reject(killed)
    this.#waiting.clear()
  }

  close () { return this.kill() }

  #ask (method, args) {
    const number = this.#count++
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject })
      // Sending fails if the process is being killed.
      this.#child.send({ number, method, args }, () => {})
    })
  }
}

if (require.main === module) {
  const store = STORES[process.argv[2]](JSON.parse(process.argv[3]))
  process.on('message', async ({ number, method, args }) => {
    try {
      process.send({ number, answer: await store[method](...args) })
    } catch ({ message, code, reason }) {
      process.send({ number, error: { message, code, reason } })
    }
  })
}

module.exports = { Worker }
