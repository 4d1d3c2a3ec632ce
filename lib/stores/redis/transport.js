'use strict'

// Node's own function, since a test may replace the global one by a fake timer.
const { setImmediate } = require('node:timers')
const { PendingCalls } = require('../pending-calls')
const { Batch } = require('./batch')
const { storeError, warnOfSkew } = require('./error')

/** The number of operations that are sent before the turn of the event loop ends, so that the server can begin. */
const MAX_BATCH = 16

/** A transport over connections of the addon. It passes the operations of one turn of the event loop to the addon in one batch. */
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
   * @param {object} connection options, as in binding-redis/src/options.rs
   * @param {object} keys
   */
  constructor (connection, keys) {
    const { RedisTransport } = require('./binding')
    const calls = this.#calls
    // Called at the first use. The addon holds the function, which must therefore not hold the addon's object.
    this.#connect = () => new RedisTransport(connection, keys, (numbers, texts) => calls.settle(numbers, texts))
  }

  /**
   * Asks for an operation. Returns the promise of its answer.
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
    if (this.#batch.count >= MAX_BATCH) this.#flush()
    else if (!this.#isScheduled) {
      this.#isScheduled = true
      setImmediate(this.#flushTurn)
    }
  }

  /** Waits for the pending operations, and closes the connections. */
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
