'use strict'

const http = require('node:http')

const { turn } = require('./store')

const limits = { maxHeaderSize: 256 * 1024 }
const unstable = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding'])

/** An HTTP server and a kept-alive connection to it; each request has its own handler. */
class Stage {
  async open () {
    this.server = http.createServer({ ...limits, keepAliveTimeout: 0 }, (req, res) => { this.handled = this.handle(req, res) })
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    await new Promise(resolve => this.server.listen(0, '127.0.0.1', resolve))
    return this
  }

  async close () {
    this.agent.destroy()
    await new Promise(resolve => this.server.close(resolve))
  }

  // Koa does not end a response whose headers were sent before an error, so the client would wait for ever.
  async handle (req, res) {
    await this.handler(req, res)
    for (let turns = 0; turns < 20 && !res.writableEnded; turns++) await turn()
    if (!res.writableEnded) res.end('left open')
  }

  /** Sends a request; returns the response's status, header lines and body after the handler has ended, too. */
  async send (handler, { method, path, headers }) {
    this.handler = handler
    const { port } = this.server.address()
    const response = await new Promise((resolve, reject) => {
      http.request({ ...limits, port, host: '127.0.0.1', agent: this.agent, method, path, headers }, resolve).on('error', reject).end()
    })
    const chunks = []
    for await (const chunk of response) chunks.push(chunk)
    await this.handled
    return { status: response.statusCode, headers: headerLines(response.rawHeaders), body: Buffer.concat(chunks).toString() }
  }
}

function headerLines (raw) {
  const lines = []
  for (let i = 0; i < raw.length; i += 2) {
    if (!unstable.has(raw[i].toLowerCase())) lines.push(`${raw[i].toLowerCase()}: ${raw[i + 1]}`)
  }
  return lines
}

module.exports = Stage
