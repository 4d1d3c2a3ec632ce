'use strict'

const { once } = require('node:events')
const net = require('node:net')
const { Values } = require('./resp')

/**
 * A proxy before Redis servers, for what networks and servers do: in place of a chosen request or answer, there is a fault.
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
  #isAway = false
  /** Requests, or answers, since the fault was ordered. */
  count = 0

  /** Starts one that leads to ports of 127.0.0.1. */
  static async before (...ports) {
    const proxy = new Proxy()
    const open = (port) => net.createServer((client) => proxy.#accept(client, net.connect(port, '127.0.0.1')))
    proxy.#servers = ports.map((port) => open(port).listen(0, '127.0.0.1'))
    await Promise.all(proxy.#servers.map((server) => once(server, 'listening')))
    return proxy
  }

  /** What leads to each of the ports. */
  get ports () { return this.#servers.map((server) => server.address().port) }
  get urls () { return this.ports.map((port) => `redis://127.0.0.1:${port}`) }

  /**
   * Orders a fault in place of the request, or answer, of that number, counted from 0 and from now on. `fault` is told the
   * connection: `cut()` ends it, `mute()` lets no more answers through, `pass()` passes on what it is in place of. One of these is
   * called, since later answers would be taken for earlier ones. What comes behind waits for what `fault` gives.
   */
  fail (kind, number, fault) {
    this.count = 0
    this.#kind = kind
    this.#at = number
    this.#fault = fault
  }

  /** Ends all connections, and new ones too. */
  leave () {
    this.#isAway = true
    for (const socket of this.#sockets) socket.destroySoon()
  }

  /** Takes connections again. */
  comeBack () {
    this.#isAway = false
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
    if (this.#isAway) return client.destroy()
    this.#carry('request', client, server, state)
    this.#carry('answer', server, client, state)
  }

  #carry (kind, from, to, state) {
    const values = new Values()
    const cut = () => {
      state.isOver = true
      // What was passed on arrives.
      for (const socket of [from, to]) socket.destroySoon()
    }
    const mute = () => { state.isMute = true }
    const carry = async (value) => {
      if (this.#isAway || state.isOver || (state.isMute && kind === 'answer')) return
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
