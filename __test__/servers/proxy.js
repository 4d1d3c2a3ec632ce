'use strict'

const { once } = require('node:events')
const net = require('node:net')
const { Values } = require('./resp')

/**
 * A proxy before Redis servers that simulates faults of networks and servers: a fault replaces a chosen request or reply.
 *
 *   const proxy = await Proxy.before(server.port)
 *   proxy.fail('answer', 2, (connection) => connection.cut())
 */
class Proxy {
  #servers
  #sockets = new Set()
  #kind
  #at
  #fault
  #isStopped = false
  /** The number of requests, or replies, since `fail`. */
  count = 0

  /** Starts a proxy to ports of 127.0.0.1. */
  static async before (...ports) {
    const proxy = new Proxy()
    const open = (port) => net.createServer((client) => proxy.#accept(client, net.connect(port, '127.0.0.1')))
    proxy.#servers = ports.map((port) => open(port).listen(0, '127.0.0.1'))
    await Promise.all(proxy.#servers.map((server) => once(server, 'listening')))
    return proxy
  }

  /** The proxy's own ports, one for each server. */
  get ports () { return this.#servers.map((server) => server.address().port) }
  get urls () { return this.ports.map((port) => `redis://127.0.0.1:${port}`) }

  /**
   * Replaces one request or reply by a fault: the one with the number, counted from 0 from now on. `fault` gets the connection: `cut()`
   * ends it, `mute()` stops all replies, `pass()` passes on the request or reply. It has to call one of these, since otherwise later
   * replies would be taken for earlier ones. Later data wait for the promise that `fault` returns.
   */
  fail (kind, number, fault) {
    this.count = 0
    this.#kind = kind
    this.#at = number
    this.#fault = fault
  }

  /** Ends all connections, also new ones. */
  stop () {
    this.#isStopped = true
    for (const socket of this.#sockets) socket.destroySoon()
  }

  /** Accepts connections again. */
  restart () {
    this.#isStopped = false
  }

  async close () {
    for (const socket of this.#sockets) socket.destroy()
    const closed = this.#servers.map((server) => once(server.close(), 'close'))
    await Promise.all(closed)
  }

  #accept (client, server) {
    const state = { isMute: false, isOver: false }
    for (const [socket, other] of [[client, server], [server, client]]) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => {
        state.isOver = true
        this.#sockets.delete(socket)
        other.destroySoon()
      })
    }
    if (this.#isStopped) return client.destroy()
    this.#carry('request', client, server, state)
    this.#carry('answer', server, client, state)
  }

  #carry (kind, from, to, state) {
    const values = new Values()
    const cut = () => {
      state.isOver = true
      // Data that were passed on still arrive.
      for (const socket of [from, to]) socket.destroySoon()
    }
    const mute = () => { state.isMute = true }
    const carry = async (value) => {
      if (this.#isStopped || state.isOver || (state.isMute && kind === 'answer')) return
      const pass = () => to.write(value)
      if (this.#kind === kind && this.count++ === this.#at) await this.#fault({ cut, mute, pass })
      else pass()
    }
    from.on('data', async (bytes) => {
      from.pause()
      for (const value of values.take(bytes)) await carry(value)
      from.resume()
    })
  }
}

module.exports = { Proxy }
