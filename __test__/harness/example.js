'use strict'

/** Starts the example as a process of its own, and visits it without a browser. */

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const { join } = require('node:path')
const { Client } = require('./client')

const PROGRAM = join(__dirname, '../../example/app.js')

/**
 * Starts the example on a free port; resolves once it has printed its greeting, or has ended. It ends with the test.
 *
 * @param {import('node:test').TestContext} [t] without one, the caller stops it
 * @param {object} [env] the variables that the example reads; those of the tests' own process are not passed
 */
async function startExample (t, env) {
  const { MODE, PORT, REDIS_URL, SESSION_KEYS, SQLITE_FILE, ...rest } = process.env
  const child = spawn(process.execPath, [PROGRAM], { env: { ...rest, PORT: '0', ...env } })
  const example = {
    out: '',
    err: '',
    /** Resolves to the exit code and the signal. */
    ended: once(child, 'close'),
    kill: (signal) => child.kill(signal),
    async stop () {
      child.kill()
      return example.ended
    }
  }
  t?.after(example.stop)
  child.stderr.setEncoding('utf8').on('data', (text) => { example.err += text })
  const greeted = new Promise((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text) => {
      example.out += text
      if (example.out.endsWith('\n\n')) resolve()
    })
  })
  await Promise.race([greeted, example.ended])
  const [, address, port] = /(http:\/\/127\.0\.0\.1:(\d+)\/)\n/.exec(example.out) ?? []
  return Object.assign(example, { address, port: Number(port) })
}

/** Visits the example like a browser: it sends the form fields that the page has. */
class Visitor {
  #headers
  #client

  constructor ({ port }, userAgent = 'curl/8') {
    this.#client = new Client(port)
    this.#headers = { 'user-agent': userAgent, accept: 'text/html' }
  }

  /** The browser's cookies: name to value. */
  get jar () { return this.#client.jar }

  /** The text of the last page. */
  html = ''

  /** The CSRF token of the last page. */
  get token () { return /name="csrf" value="([\w-]+)"/.exec(this.html)?.[1] }

  /** The hashes of the sessions that the last page can end. */
  get hashes () { return Array.from(this.html.matchAll(/name="hash" value="([\w-]+)"/g), ([, hash]) => hash) }

  /** The sessions in the last page. */
  get devices () { return Array.from(this.html.matchAll(/class="device">([^<]+?) *</g), ([, device]) => device) }

  /** Gets the page. */
  async open () {
    return this.#keep(await this.#client.send({ headers: this.#headers }))
  }

  /** Posts a form; without a token if `csrf` is null. */
  async post (path, { csrf = this.token, ...fields } = {}) {
    const headers = { ...this.#headers, 'content-type': 'application/x-www-form-urlencoded' }
    const body = new URLSearchParams({ ...csrf !== null && { csrf }, ...fields }).toString()
    return this.#keep(await this.#client.send({ method: 'POST', path, headers: { ...headers, 'content-length': body.length }, body }))
  }

  /** Logs in, and gets the page. */
  async login (name) {
    await this.open()
    const answer = await this.post('/login', { name })
    await this.open()
    return answer
  }

  get isLoggedIn () { return this.html.includes('action="/logout"') }

  #keep (answer) {
    if (answer.body.startsWith('<!doctype html>')) this.html = answer.body
    return answer
  }
}

module.exports = { Visitor, startExample }
