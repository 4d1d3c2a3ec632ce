'use strict'

/**
 * A request and its response without a socket: plain objects with those members of Node's that Koa and `cookies` use.
 */

const SOCKET = { encrypted: false, readable: true, writable: true, remoteAddress: '127.0.0.1' }

class Request {
  httpVersion = '1.1'
  httpVersionMajor = 1
  httpVersionMinor = 1
  method = 'GET'
  socket = SOCKET
  connection = SOCKET

  constructor (url, cookie) {
    this.url = url
    this.headers = cookie === undefined ? { host: 'localhost' } : { host: 'localhost', cookie }
  }
}

class Response {
  statusCode = 200
  statusMessage = ''
  headersSent = false
  finished = false
  writableEnded = false
  writable = true
  // Koa checks the socket to see whether it can still write; without a socket it assumes so.
  socket = null
  body = undefined
  #headers = Object.create(null)

  constructor (req) {
    this.req = req
  }

  getHeader (name) {
    return this.#headers[name.toLowerCase()]
  }

  setHeader (name, value) {
    this.#headers[name.toLowerCase()] = value
    return this
  }

  hasHeader (name) {
    return this.#headers[name.toLowerCase()] !== undefined
  }

  removeHeader (name) {
    this.#headers[name.toLowerCase()] = undefined
  }

  getHeaders () {
    return this.#headers
  }

  getHeaderNames () {
    return Object.keys(this.#headers).filter((name) => this.hasHeader(name))
  }

  on () {
    return this
  }

  once () {
    return this
  }

  removeListener () {
    return this
  }

  end (body) {
    this.body = body
    this.headersSent = this.finished = this.writableEnded = true
  }
}

/**
 * Makes a visitor that repeats one request. As with a socket, the Cookie header of each request is a new string, so that no
 * middleware gains from caching by identity.
 *
 * @param {function} handle the app's callback
 * @param {string} url
 * @param {string} [cookie]
 * @returns {function(): Promise<Response>}
 */
function visitor (handle, url, cookie) {
  const bytes = cookie === undefined ? undefined : Buffer.from(cookie, 'latin1')
  return async function visit () {
    const req = new Request(url, bytes?.latin1Slice())
    const res = new Response(req)
    await handle(req, res)
    return res
  }
}

/** Returns the Cookie header of a browser that received these Set-Cookie lines. */
function cookiesFrom (lines = []) {
  return [lines].flat().map((line) => line.slice(0, line.indexOf(';'))).join('; ')
}

module.exports = { visitor, cookiesFrom }
