'use strict'

/**
 * The cost of a request on a live server: the processor time of its process, minus that of bare Koa with the same Cookie header.
 * Server and load generator share one processor, so that no time is spent on waking another one.
 */

const { GENERATORS } = require('./generator')
const { LiveServer } = require('./live-server')
const { isInstalled, lastProcessor } = require('./processor')
const { median } = require('./stopwatch')
const { BARE } = require('./subjects')

/** The cases of the table, by name. */
const LIVE_CASES = new Map([
  ...['login', 'flat-100', 'flat-1000', 'flat-3000', 'nested-1000', 'nested-3000'].map((shape) =>
    [`read ${shape}`, { action: 'read', shape }]),
  ...['cart', 'flat-1000', 'nested-1000'].map((shape) => [`modify ${shape}`, { action: 'modify', shape }])
])

/** Returns why this machine cannot measure live servers; undefined if it can. */
function reasonToSkip () {
  if (process.platform !== 'linux') return 'Linux only: processor time is read from /proc'
  if (!isInstalled('taskset')) return 'taskset (util-linux) is not installed'
}

/** The servers of one table, each with its mode, and a bare one beside them. */
class Servers {
  #processor = lastProcessor()
  #generate
  #bare
  #servers = new Map()

  constructor (generator) {
    this.#generate = GENERATORS[generator]
  }

  async start (subjects) {
    this.#bare = await LiveServer.start(BARE, 'cookie', this.#processor)
    for (const subject of subjects) {
      for (const mode of subject.modes) {
        this.#servers.set(`${subject.name} ${mode}`, await LiveServer.start(subject, mode, this.#processor))
      }
    }
  }

  stop () {
    for (const server of [this.#bare, ...this.#servers.values()]) server?.stop()
  }

  /**
   * Measures all servers in turn.
   *
   * @returns {Promise<Map<string, {us: number, bareUs: number, kept: number}>>} by subject and mode: microseconds above bare Koa,
   *   those of bare Koa itself, and requests per second as a part of bare Koa's
   */
  async measure ({ action, shape }, { rounds, seconds }) {
    const path = `/${action}/${shape}`
    const cookies = new Map()
    for (const [name, server] of this.#servers) cookies.set(name, await server.visitorCookie(shape))
    const samples = new Map([...cookies.keys()].map((name) => [name, []]))
    // The first round warms up.
    for (let round = -1; round < rounds; round++) {
      for (const [name, sample] of await this.#round(path, cookies, round < 0 ? 1 : seconds)) {
        if (round >= 0) samples.get(name).push(sample)
      }
    }
    const middle = (name, field) => median(samples.get(name).map((sample) => sample[field]))
    return new Map([...samples.keys()].map((name) =>
      [name, { us: middle(name, 'us'), bareUs: middle(name, 'bareUs'), kept: middle(name, 'kept') }]))
  }

  async #round (path, cookies, seconds) {
    const bares = new Map()
    const result = new Map()
    for (const [name, cookie] of cookies) {
      // Bare Koa needs the same time for all headers of one length.
      if (!bares.has(cookie.length)) bares.set(cookie.length, await this.#load(this.#bare, path, cookie, seconds))
      const bare = bares.get(cookie.length)
      const { us, rate } = await this.#load(this.#servers.get(name), path, cookie, seconds)
      result.set(name, { us: us - bare.us, bareUs: bare.us, kept: rate / bare.rate })
    }
    return result
  }

  #load (server, path, cookie, seconds) {
    return server.load(this.#generate, this.#processor, path, cookie, seconds)
  }
}

module.exports = { LIVE_CASES, Servers, reasonToSkip }
