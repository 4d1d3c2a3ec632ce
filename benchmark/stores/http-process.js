'use strict'

const assert = require('node:assert/strict')
const { execFile, fork } = require('node:child_process')
const { once } = require('node:events')
const { writeFileSync } = require('node:fs')
const http = require('node:http')
const { join } = require('node:path')
const { promisify } = require('node:util')
const { cookiesFrom } = require('../exchange')
const { spentUs } = require('../processor')
const { shape } = require('../shapes')
const { mainThreadUs } = require('./main-thread')

const CONNECTIONS = 256
const SESSIONS = 1024
const SHAPE = shape('flat-1000')

/** A subject's app in its own process. */
class HttpProcess {
  #child
  #port
  #agent = new http.Agent({ keepAlive: true, maxSockets: 16 })
  #cookies

  constructor (child, port, cookies) {
    this.#child = child
    this.#port = port
    this.#cookies = cookies
  }

  /**
   * Starts the process.
   *
   * @param {string} name
   * @param {string} url of the Redis server
   * @param {string} cookies a file for the visitors' Cookie headers
   */
  static async start (name, url, cookies) {
    const child = fork(join(__dirname, 'http-server.js'), [name, url], { env: { ...process.env, NODE_ENV: 'production' } })
    const [port] = await Promise.race([once(child, 'message'), once(child, 'exit')])
    if (child.exitCode !== null) throw new Error(`the server of ${name} has ended`)
    return new HttpProcess(child, port, cookies)
  }

  async stop () {
    this.#agent.destroy()
    const exited = once(this.#child, 'exit')
    this.#child.disconnect()
    await exited
  }

  /** Creates the visitors' sessions, and checks that the app reads them. */
  async fill () {
    const lines = []
    for (let i = 0; i < SESSIONS; i++) lines.push(cookiesFrom((await this.#visit('fill')).headers['set-cookie']))
    assert.equal(new Set(lines).size, SESSIONS)
    for (const cookie of [lines[0], lines.at(-1)]) await this.#prove(cookie)
    writeFileSync(this.#cookies, `${lines.join('\n')}\n`)
    return lines
  }

  /** Makes `load` send the Cookie headers of another subject's visitors. */
  imitate (lines) {
    writeFileSync(this.#cookies, `${lines.join('\n')}\n`)
  }

  async #prove (cookie) {
    assert.equal((await this.#visit('read', cookie)).body, SHAPE.read(SHAPE.data()))
    const count = async () => JSON.parse((await this.#visit('show', cookie)).body).n
    const before = await count()
    await this.#visit('modify', cookie)
    assert.notEqual(await count(), before)
  }

  /** Sends requests of an action (read, modify) for some seconds; `redis` is the Redis server's process. */
  async load (action, seconds, redis) {
    const clocks = () => [mainThreadUs(this.#child.pid), spentUs(this.#child.pid), mainThreadUs(redis)]
    const before = clocks()
    const { answered, took, p99 } = await this.#wrk(action, seconds)
    const [mainUs, allUs, serverUs] = clocks().map((us, i) => (us - before[i]) / answered)
    return { rate: answered / took, mainUs, allUs, serverUs, p99 }
  }

  async #wrk (action, seconds) {
    const url = `http://127.0.0.1:${this.#port}${pathOf(action)}`
    const script = ['-s', join(__dirname, 'wrk.lua'), '--latency', url, '--', this.#cookies]
    const args = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--timeout', '10s', ...script]
    const { stdout } = await promisify(execFile)('wrk', args, { timeout: seconds * 1000 + 20_000 })
    if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk: ${stdout}`)
    const [, answered, took, unit] = stdout.match(/(\d+) requests in ([\d.]+)(ms|s)/)
    return { answered: Number(answered), took: Number(took) / (unit === 'ms' ? 1000 : 1), p99: p99Of(stdout) }
  }

  async #visit (action, cookie) {
    const path = pathOf(action)
    const headers = cookie === undefined ? {} : { cookie }
    const req = http.get({ host: '127.0.0.1', port: this.#port, path, headers, agent: this.#agent, timeout: 10_000 })
    const [res] = await once(req, 'response')
    let body = ''
    for await (const text of res.setEncoding('latin1')) body += text
    assert.equal(res.statusCode, 200)
    return { headers: res.headers, body }
  }
}

const pathOf = (action) => `/${action}/${SHAPE.name}`

/** Returns the 99th percentile of the latency, in milliseconds. */
function p99Of (stdout) {
  const [, count, unit] = stdout.match(/99%\s+([\d.]+)(us|ms|s)/)
  return Number(count) * { us: 0.001, ms: 1, s: 1000 }[unit]
}

module.exports = { CONNECTIONS, HttpProcess }
