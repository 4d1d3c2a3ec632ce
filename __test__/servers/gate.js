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
  #isOver = false
  host = '127.0.0.1'
  port
  /** Counts the connections there are, there were at once at most, and there ever were. */
  count = 0
  most = 0
  all = 0
  /** Counts what came while it was held. */
  waiting = 0
  #shutBehind

  constructor (target, port) {
    this.#target = target
    this.port = port
  }

  get url () { return `redis://${this.host}:${this.port}` }

  /** Lets connections through, from now on or again. */
  async open () {
    // A test that has failed may go on, and must not keep its process.
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

  /** Shuts it for good. */
  async end () {
    this.#isOver = true
    await this.shut()
  }

  /** Shuts itself together with the next answer. */
  async shutBehindAnswer () {
    await new Promise((resolve) => { this.#shutBehind = resolve })
    await this.shut()
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
        if (pair.held !== undefined) {
          this.waiting++
          return pair.held.push([to, chunk])
        }
        if (to === target || this.#shutBehind === undefined) return to.write(chunk)
        to.end(chunk, this.#shutBehind)
        this.#shutBehind = undefined
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
