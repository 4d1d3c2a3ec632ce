'use strict'

// Not the one that a test's clock has put in its place.
const { setImmediate } = require('node:timers')
const { PendingCalls } = require('../pending-calls')
const { Batch } = require('./batch')
const { storeError, warnOfSkew } = require('./error')

/** How many operations wait for the end of the turn at most: while the server works on these, the app goes on. */
const AT_ONCE = 16

/** Connections of the addon's: the operations of one turn of the event loop cross together, and so do results. */
class Transport {
  #connect
  #native
  #calls = new PendingCalls(storeError, warnOfSkew)
  #batch = new Batch()
  #isScheduled = false
  #closing
  #flush = () => {
    if (this.#batch.isEmpty) return
    this.#native ??= this.#connect()
    this.#batch.flush((memory, count, text) => this.#native.submit(memory, count, text))
  }

  #flushTurn = () => {
    this.#isScheduled = false
    this.#flush()
  }

  /**
   * @param {object} connection options, as binding-redis/src/options.rs has them
   * @param {object} keys
   */
  constructor (connection, keys) {
    const { RedisTransport } = require('./binding')
    const calls = this.#calls
    // On first use. The addon holds the function, and so must nothing that holds the addon's object.
    this.#connect = () => new RedisTransport(connection, keys, (numbers, texts) => calls.take(numbers, texts))
  }

  /**
   * Asks for something, and gives the promise of its answer.
   *
   * @param {number} kind one of KIND
   * @param {number} ttlMs
   * @param {(batch: Batch, a, b, c) => void} write
   */
  ask (kind, ttlMs, write, a, b, c) {
    if (this.#closing !== undefined) return Promise.reject(storeError('closed'))
    const batch = this.#batch.begin(this.#calls.nextId, kind, ttlMs)
    try {
      write(batch, a, b, c)
    } catch (error) {
      batch.undo()
      return Promise.reject(error)
    }
    const answer = this.#calls.wait()
    this.#schedule()
    return answer
  }

  #schedule () {
    if (this.#batch.count >= AT_ONCE) this.#flush()
    else if (!this.#isScheduled) {
      this.#isScheduled = true
      setImmediate(this.#flushTurn)
    }
  }

  /** Waits for all answers that are due, and closes the connections. */
  close () {
    this.#closing ??= this.#end()
    return this.#closing
  }

  async #end () {
    this.#flush()
    this.#native?.close()
    await this.#calls.end()
  }
}

module.exports = { Transport }
