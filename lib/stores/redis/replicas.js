'use strict'

const { setImmediate } = require('node:timers/promises')

/** The time limit of one WAIT, and the most WAITs in a row. One long WAIT would block the writes behind it. */
const WAIT_MS = 100
const MAX_WAITS = 25

/** Events of a client after which its connection may be a new one. */
const BREAK_EVENTS = ['close', 'end', 'error', 'reconnecting']

/** The reply to a write that too few replicas have, and the number of those that have it. */
class TooFewReplicas {
  constructor (reply, acknowledged) {
    this.reply = reply
    this.acknowledged = acknowledged
  }
}

/**
 * Writes that wait for replicas, over the user's client. WAIT covers the writes of its own connection, and blocks the commands
 * behind it, so these writes have a client of their own.
 */
class ReplicatedWrites {
  #client
  #kind
  #wanted
  #second
  #breaks = 0
  /** The WAIT that was sent last, and the next one. All writes that are done before the next one is sent share it. */
  #last = Promise.resolve()
  #next

  /**
   * @param {object} client
   * @param {object} kind one of CLIENTS of client-driver.js
   * @param {number} wanted the number of replicas to wait for
   */
  constructor (client, kind, wanted) {
    this.#client = client
    this.#kind = kind
    this.#wanted = wanted
  }

  /** Sends a write. Returns its reply; in a TooFewReplicas, if too few replicas have the write. */
  async send (args) {
    this.#second ??= this.#connect()
    const client = await this.#second
    const reply = await this.#kind.send(client, args)
    const breaks = this.#breaks
    let acknowledged = 0
    for (let left = MAX_WAITS; left > 0 && acknowledged < this.#wanted; left--) {
      acknowledged = Number(await this.#wait(client))
      // The client may have repeated WAIT on a new connection, which has no writes to wait for.
      if (breaks !== this.#breaks) throw new Error('the connection broke before replicas had the write')
    }
    return acknowledged < this.#wanted ? new TooFewReplicas(reply, acknowledged) : reply
  }

  /** Closes the second client. */
  async close () {
    const client = await this.#second?.catch(() => {})
    this.#second = undefined
    if (client) this.#kind.end(client)
  }

  async #connect () {
    const client = this.#kind.duplicate(this.#client)
    for (const event of BREAK_EVENTS) client.on(event, () => this.#breaks++)
    this.#client.once('end', () => this.close())
    try {
      await this.#kind.connect(client)
      return client
    } catch (error) {
      this.#second = undefined
      throw error
    }
  }

  #wait (client) {
    this.#next ??= this.#last.then(() => setImmediate()).then(() => {
      this.#next = undefined
      return this.#kind.send(client, ['wait', String(this.#wanted), String(WAIT_MS)])
    })
    this.#last = this.#next.catch(() => {})
    return this.#next
  }
}

module.exports = { ReplicatedWrites, TooFewReplicas }
