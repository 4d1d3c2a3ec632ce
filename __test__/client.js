'use strict'

const http = require('node:http')

/** Talks to one server, as a browser with a cookie jar of its own. */
class Client {
  /** Name to value, as the browser would send them. */
  jar = new Map()

  /**
   * @param {number} port
   * @param {http.Agent} [agent] that keeps the connections
   */
  constructor (port, agent = new http.Agent({ keepAlive: true })) {
    this.port = port
    this.agent = agent
  }

  /** Makes the client of another visitor. */
  another () {
    return new Client(this.port, this.agent)
  }

  close () {
    this.agent.destroy()
  }

  /** The Cookie header that the next request sends. */
  get cookie () {
    return [...this.jar].map((pair) => pair.join('=')).join('; ')
  }

  /** Sets the jar's cookies by the text of a Cookie header. */
  set cookie (text) {
    this.jar = new Map(text.split('; ').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
  }

  /**
   * Sends a GET request.
   *
   * @param {string} [path]
   * @param {object} [headers] a `cookie` here takes the place of the jar's
   */
  get (path, headers) {
    return this.send({ path, headers })
  }

  /**
   * Sends a request and keeps the cookies of the response.
   *
   * @param {{ method?: string, path?: string, headers?: object, body?: string }} request
   * @returns {Promise<{ status: number, headers: object, lines: string[], text: string, json: * }>} lines: of Set-Cookie
   */
  send ({ method = 'GET', path = '/', headers = {}, body } = {}) {
    const sent = { ...(this.jar.size && { cookie: this.cookie }), ...headers }
    return new Promise((resolve, reject) => {
      const request = http.request({ host: '127.0.0.1', port: this.port, agent: this.agent, method, path, headers: sent })
      request.on('error', reject)
      request.on('response', async (response) => {
        let text = ''
        for await (const chunk of response.setEncoding('utf8')) text += chunk
        const lines = response.headers['set-cookie'] ?? []
        this.#keep(lines)
        resolve({
          status: response.statusCode,
          headers: response.headers,
          lines,
          text,
          get json () { return JSON.parse(text) }
        })
      })
      request.end(body)
    })
  }

  #keep (lines) {
    for (const line of lines) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
      const expires = /; expires=([^;]+)/.exec(line)
      if (expires && Date.parse(expires[1]) <= Date.now()) this.jar.delete(name)
      else this.jar.set(name, value)
    }
  }
}

module.exports = { Client }
