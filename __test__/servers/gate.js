'use strict'

/**
 * A TCP proxy that tests open and shut: connections through it break, are refused, or receive no more replies.
 *
 *   const gate = await openGate(server.port)
 *   gate.hold()
 */

const net = require('node:net')
const { once } = require('node:events')
const { freePort } = require('./process')

class Gate {
  #target
  #server
  #pairs = new Set()
  #isHeld = false
  #isOver = false
  host = '127.0.0.1'
  port
  /** The number of open connections, of the most at a time, and of all so far. */
  count = 0
  most = 0
  all = 0
  /** The number of chunks that are held. */
  waiting = 0
  #onReply

  constructor (target, port) {
    this.#target = target
    this.port = port
  }

  get url () { return `redis://${this.host}:${this.port}` }

  /** Lets connections through, from now on or again. */
  async open () {
    // A failed test may still call this. An open gate would then keep the process of the test alive.
    if (this.#isOver) return
    this.#server = net.createServer((client) => this.#connect(client)).listen(this.port, this.host)
    await once(this.#server, 'listening')
  }

  /** Breaks all connections, and refuses new ones. */
  async shut () {
    const server = this.#server
    this.#server = undefined
    server?.close()
    this.cut()
    if (server) await once(server, 'close')
  }

  /** Shuts it, so that it cannot be opened again. */
  async end () {
    this.#isOver = true
    await this.shut()
  }

  /** Shuts after the next reply. */
  async shutAfterReply () {
    await new Promise((resolve) => { this.#onReply = resolve })
    await this.shut()
  }

  /** Breaks all connections. */
  cut () {
    for (const { client } of this.#pairs) client.destroy()
  }

  /** Accepts data and new connections, and passes nothing on. */
  hold () {
    this.#isHeld = true
    for (const pair of this.#pairs) pair.held = []
  }

  /** Continues to hold the existing connections, but lets new ones through. */
  passNew () {
    this.#isHeld = false
  }

  /** Passes on what was held. */
  release () {
    this.#isHeld = false
    for (const pair of this.#pairs) {
      for (const [to, chunk] of pair.held ?? []) to.write(chunk)
      pair.held = undefined
    }
  }

  #connect (client) {
    const target = net.connect(this.#target, this.host)
    const pair = { client, held: this.#isHeld ? [] : undefined }
    this.#pairs.add(pair)
    this.all++
    this.most = Math.max(this.most, ++this.count)
    client.once('close', () => {
      this.count--
      this.#pairs.delete(pair)
    })
    for (const [from, to] of [[client, target], [target, client]]) {
      from.on('data', (chunk) => {
        if (pair.held !== undefined) {
          this.waiting++
          return pair.held.push([to, chunk])
        }
        if (to === target || this.#onReply === undefined) return to.write(chunk)
        to.end(chunk, this.#onReply)
        this.#onReply = undefined
      })
      from.on('error', () => {})
      from.on('close', () => to.destroy())
    }
  }
}

/** Opens a gate on a free port to a local port. */
async function openGate (target) {
  const gate = new Gate(target, await freePort())
  await gate.open()
  return gate
}

module.exports = { openGate }
