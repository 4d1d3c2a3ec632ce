'use strict'

const http = require('node:http')
const http2 = require('node:http2')

/**
 * A response: `setCookie` has the lines of Set-Cookie, `cookies` has the same lines by the cookie's name, and `hints` has the 1xx
 * responses before it.
 *
 * @typedef {{ status: number, headers: object, body: string, json: *, setCookie: string[], cookies: Map<string, string>, hints: number[] }} Answer
 */

/**
 * Sends a request on a connection of its own, or on one of an agent's. Rejects where the connection breaks.
 *
 * @param {number} port
 * @param {{ method?: string, path?: string, headers?: object, body?: string, agent?: http.Agent }} [how]
 * @returns {Promise<Answer & { message: string }>} message: of the status line
 */
function request (port, { method = 'GET', path = '/', headers = {}, body, agent = false } = {}) {
  return new Promise((resolve, reject) => {
    const hints = []
    const sent = http.request({ host: '127.0.0.1', port, method, path, headers, agent }, (response) => {
      const { statusCode: status, statusMessage: message, headers } = response
      read(response).then((body) => resolve(Object.assign(toAnswer(status, headers, body, hints), { message })), reject)
    })
    sent.on('continue', () => hints.push(100))
    sent.on('information', ({ statusCode }) => hints.push(statusCode))
    sent.on('error', reject)
    sent.end(body)
  })
}

/**
 * Sends a GET request over HTTP/2 without TLS, on a connection of its own.
 *
 * @returns {Promise<Answer>}
 */
async function requestHttp2 (port, { path = '/', headers = {} } = {}) {
  const connection = http2.connect(`http://127.0.0.1:${port}`)
  try {
    return await new Promise((resolve, reject) => {
      const hints = []
      connection.on('error', reject)
      const stream = connection.request({ ':path': path, ...headers })
      stream.on('error', reject)
      stream.on('headers', (fields) => hints.push(fields[':status']))
      stream.on('response', (fields) => {
        read(stream).then((body) => resolve(toAnswer(fields[':status'], fields, body, hints)), reject)
      })
      stream.end()
    })
  } finally {
    connection.close()
  }
}

async function read (stream) {
  let body = ''
  for await (const chunk of stream.setEncoding('utf8')) body += chunk
  return body
}

function toAnswer (status, headers, body, hints) {
  const setCookie = headers['set-cookie'] ?? []
  const cookies = new Map(setCookie.map((line) => [line.slice(0, line.indexOf('=')), line]))
  return { status, headers, body, setCookie, cookies, hints, get json () { return JSON.parse(body) } }
}

/** Visits a server like a browser with a cookie jar. It ignores all attributes of cookies except the expiry. */
class Client {
  /** Name to value, as the browser would send them. */
  jar = new Map()
  #agent

  /**
   * @param {number} port
   * @param {http.Agent} [agent] that keeps the connections
   */
  constructor (port, agent = undefined) {
    this.port = port
    this.#agent = agent
  }

  /** Makes the client of another visitor. */
  another () {
    return new Client(this.port, this.#agent)
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

  /** Sends a POST request without a body: as get. */
  post (path, headers) {
    return this.send({ method: 'POST', path, headers })
  }

  /** Sends a request, as the function `request`, and keeps the cookies of the response. */
  async send ({ headers, ...how } = {}) {
    const sent = { ...(this.jar.size > 0 && { cookie: this.cookie }), ...headers }
    const answer = await request(this.port, { ...how, headers: sent, agent: this.#agent })
    for (const line of answer.setCookie) this.#keep(line)
    return answer
  }

  #keep (line) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
    const expires = /; expires=([^;]+)/i.exec(line)
    if (expires && Date.parse(expires[1]) <= Date.now()) this.jar.delete(name)
    else this.jar.set(name, value)
  }
}

module.exports = { Client, request, requestHttp2 }
