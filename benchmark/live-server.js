'use strict'

const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const http = require('node:http')
const { join } = require('node:path')
const { cookiesFrom } = require('./exchange')
const { shape } = require('./shapes')
const { spentUs } = require('./processor')

/** A subject's app in its own process, pinned to one processor. */
class LiveServer {
  #child
  #port

  constructor (child, port) {
    this.#child = child
    this.#port = port
  }

  static async start (subject, mode, processor) {
    const args = ['-c', processor, process.execPath, join(__dirname, 'server.js'), subject.name, mode]
    const child = spawn('taskset', args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, NODE_ENV: 'production' } })
    const port = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
    if (child.exitCode !== null) throw new Error(`the server of ${subject.name} has ended`)
    return new LiveServer(child, Number(port[0]))
  }

  stop () {
    this.#child.kill()
  }

  /** Returns the Cookie header of a visitor with a session of a shape, and checks that the app reads it. */
  async visitorCookie (name) {
    const cookie = cookiesFrom((await this.#get(`/fill/${name}`)).headers['set-cookie'])
    const wanted = shape(name)
    assert.equal((await this.#get(`/read/${name}`, cookie)).body, wanted.read(wanted.data()))
    const modified = await this.#get(`/modify/${name}`, cookie)
    assert.notEqual(modified.headers['set-cookie'], undefined)
    return cookie
  }

  /** Sends requests for some seconds; returns the processor time of a request and the requests per second. */
  async load (generate, processor, path, cookie, seconds) {
    const before = spentUs(this.#child.pid)
    const { answered, seconds: took } = await generate(processor, this.#port, path, cookie, seconds)
    return { us: (spentUs(this.#child.pid) - before) / answered, rate: answered / took }
  }

  async #get (path, cookie) {
    const headers = cookie === undefined ? {} : { cookie }
    const req = http.get({ host: '127.0.0.1', port: this.#port, path, headers, agent: false, timeout: 10_000 })
    const [res] = await once(req, 'response')
    let body = ''
    for await (const text of res.setEncoding('latin1')) body += text
    assert.equal(res.statusCode, 200)
    return { headers: res.headers, body }
  }
}

module.exports = { LiveServer }
