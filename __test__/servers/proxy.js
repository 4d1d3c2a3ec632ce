'use strict'

const { once } = require('node:events')
const net = require('node:net')

/**
 * A proxy before a server, for what networks do: with a chosen answer or request, its connection has a fault.
 *
 *   const proxy = await Proxy.before(server.port)
 *   proxy.fail('answer', 2, (connection) => connection.cut())
 */
class Proxy {
  #server
  #sockets = new Set()
  #kind
  #at
  #fault
  /** Answers, or requests, since the fault was ordered. */
  count = 0

  /** Starts one that leads to a port of 127.0.0.1. */
  static async before (port) {
    const proxy = new Proxy()
    proxy.#server = net.createServer((client) => proxy.#accept(client, net.connect(port, '127.0.0.1'))).listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port () { return this.#server.address().port }

  /**
   * Orders a fault in place of the answer, or request, of that number, counted from 0 and from now on. `fault` is told the
   * connection: `cut()` ends it, `mute()` lets no more answers through.
   */
  fail (kind, number, fault) {
    this.count = 0
    this.#kind = kind
    this.#at = number
    this.#fault = fault
  }

  async close () {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept (client, server) {
    let isMute = false
    for (const [socket, other] of [[client, server], [server, client]]) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
    }
    const connection = {
      cut () { client.destroy() },
      mute () { isMute = true }
    }
    const isFault = (kind) => this.#kind === kind && this.count++ === this.#at
    client.on('data', (data) => isFault('request') ? this.#fault(connection) : server.write(data))
    server.on('data', (data) => {
      if (isMute) return
      if (isFault('answer')) this.#fault(connection)
      else client.write(data)
    })
  }
}

module.exports = { Proxy }
