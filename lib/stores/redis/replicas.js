'use strict'

const { setImmediate } = require('node:timers/promises')

/** How long a WAIT may take, and how many in a row there are: what others write meanwhile comes behind one. */
const SLICE_MS = 100
const SLICES = 25

/** What says that a connection may have been replaced. */
const BREAKS = ['close', 'end', 'error', 'reconnecting']

/** An answer, and how many replicas have what was carried out: fewer than wanted. */
class Short {
  constructor (reply, acknowledged) {
    this.reply = reply
    this.acknowledged = acknowledged
  }
}

/**
 * Writes that wait for replicas, over a client of the user's. WAIT is for what the same connection has written, and holds up what
 * comes behind it; so there is a second client, which nobody else uses.
 */
class ReplicatedWrites {
  #client
  #how
  #wanted
  #twin
  #breaks = 0
  /** The WAIT that was sent last, and the next one, which is for all who ask until it is sent. */
  #last = Promise.resolve()
  #next

  /**
   * @param {object} client
   * @param {object} how one of CLIENTS of redis-client.js
   * @param {number} wanted how many replicas
   */
  constructor (client, how, wanted) {
    this.#client = client
    this.#how = how
    this.#wanted = wanted
  }

  /** Sends a command. Gives its answer, and that in a Short where too few replicas have it. */
  async send (args) {
    this.#twin ??= this.#connect()
    const client = await this.#twin
    const reply = await this.#how.send(client, args)
    const breaks = this.#breaks
    let acknowledged = 0
    for (let left = SLICES; left > 0 && acknowledged < this.#wanted; left--) {
      acknowledged = Number(await this.#wait(client))
      // A client may have sent WAIT again on another connection, which has not written anything.
      if (breaks !== this.#breaks) throw new Error('the connection broke before replicas had it')
    }
    return acknowledged < this.#wanted ? new Short(reply, acknowledged) : reply
  }

  /** Closes the second client. */
  async close () {
    const client = await this.#twin?.catch(() => {})
    this.#twin = undefined
    if (client) this.#how.end(client)
  }

  async #connect () {
    const client = this.#how.duplicate(this.#client)
    for (const event of BREAKS) client.on(event, () => this.#breaks++)
    this.#client.once('end', () => this.close())
    try {
      await this.#how.connect(client)
      return client
    } catch (error) {
      this.#twin = undefined
      throw error
    }
  }

  #wait (client) {
    this.#next ??= this.#last.then(() => setImmediate()).then(() => {
      this.#next = undefined
      return this.#how.send(client, ['wait', String(this.#wanted), String(SLICE_MS)])
    })
    this.#last = this.#next.catch(() => {})
    return this.#next
  }
}

module.exports = { ReplicatedWrites, Short }
