'use strict'

/**
 * A way to a server that tests shut and open: connections through it break, are refused, or say nothing any more.
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
  host = '127.0.0.1'
  port
  /** Counts the connections there are, there were at once at most, and there ever were. */
  count = 0
  most = 0
  all = 0
  /** Counts what came while it was held. */
  waiting = 0

  constructor (target, port) {
    this.#target = target
    this.port = port
  }

  get url () { return `redis://${this.host}:${this.port}` }

  /** Lets connections through, from now on or again. */
  async open () {
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

  /** Breaks all connections. */
  cut () {
    for (const { client } of this.#pairs) client.destroy()
  }

  /** Takes everything, also new connections, and passes nothing on. */
  hold () {
    this.#isHeld = true
    for (const pair of this.#pairs) pair.held = []
  }

  /** Goes on to hold the connections that there are, and lets new ones through. */
  leave () {
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
        if (pair.held === undefined) return to.write(chunk)
        pair.held.push([to, chunk])
        this.waiting++
      })
      from.on('error', () => {})
      from.on('close', () => to.destroy())
    }
  }
}

/** Opens a gate to a port of this machine, on a free one. */
async function openGate (target) {
  const gate = new Gate(target, await freePort())
  await gate.open()
  return gate
}

module.exports = { openGate }
