'use strict'

const Keygrip = require('keygrip')

const freeze = require('../../differential/clock')
const { START_MS } = require('./generate')
const run = require('./operations')
const { keysOf } = require('./values')
const { Visitor } = require('./visitor')

const toOptions = (options) => Object.fromEntries(Object.entries(options).map(([name, value]) => [name, value?.date === undefined ? value : new Date(value.date)]))

/** Builds the options of a script. */
function optionsOf ({ keys: { as, places, algorithm, encoding }, options: given }) {
  const options = toOptions(given)
  const keys = keysOf(places, as === 'buffers')
  if (as === 'strings' || as === 'buffers') options.keys = keys
  if (as === 'secret') options.secret = keys[0]
  if (as === 'keygrip') options.keys = new Keygrip(keys, algorithm, encoding)
  return options
}

/** One implementation that plays a script: its app, with options of its own. */
class Side {
  #clock
  #stage
  #handler
  #world = { log: [] }

  constructor (serve, script, clock, stage) {
    this.options = optionsOf(script)
    this.#clock = clock
    this.#stage = stage
    this.#world.clock = clock
    this.#handler = serve(this.options, (it) => run(it, this.#world))
  }

  /** Plays a request, and returns its record. */
  async play (request, { cookie, places, asBuffers }, now) {
    this.#clock.now = now
    if (request.rotate) this.options.keys.splice(0, Infinity, ...keysOf(places, asBuffers))
    Object.assign(this.options, toOptions(request.live ?? {}))
    Object.assign(this.#world, { request, log: [] })
    const headers = { ...(cookie && { cookie }), ...(request.https && { 'x-forwarded-proto': 'https' }) }
    const { status, headers: lines, body } = await this.#stage.send(this.#handler, { method: 'GET', path: '/', headers })
    const setCookie = lines.filter((line) => line.startsWith('set-cookie: ')).map((line) => line.slice('set-cookie: '.length))
    // Koa has a body for redirections.
    return { log: this.#world.log, status, setCookie, body: request.outcome === 'redirect' ? '' : body, end: this.#clock.now }
  }
}

/**
 * Plays a script with two implementations, which get the same requests. The visitor keeps the cookies of one of the two responses.
 *
 * @param {object} script
 * @param {{ upstream: Function, ours: Function }} kinds
 * @param {import('../../differential/stage')} stage
 * @param {object[]} allowed the table of differences
 * @returns {Promise<{ difference: object|undefined, met: Set<object>, records: object[] }>}
 */
async function compare (script, kinds, stage, allowed) {
  const clock = { now: START_MS }
  const thaw = freeze(clock)
  const met = new Set()
  const records = []
  try {
    const [upstream, ours] = [kinds.upstream, kinds.ours].map((serve) => new Side(serve, script, clock, stage))
    const visitor = new Visitor(script)
    for (const [index, request] of script.requests.entries()) {
      const now = clock.now + request.advance
      const sent = visitor.send(request)
      const original = await upstream.play(request, { ...sent, cookie: sent.wanted ?? sent.cookie }, now)
      const own = await ours.play(request, sent, now)
      const pair = { script, request, sent, options: upstream.options, now, upstream: original, ours: own }
      records.push(pair)
      for (const entry of allowed) if (entry.reconcile(pair)) met.add(entry)
      const part = ['log', 'status', 'body', 'setCookie'].find((part) => JSON.stringify(original[part]) !== JSON.stringify(own[part]))
      if (part !== undefined) return { difference: { index, part, sent, upstream: original[part], ours: own[part] }, met, records }
      visitor.keep((request.keeps === 'ours' ? own : original).setCookie, clock.now)
    }
    return { met, records }
  } finally {
    thaw()
  }
}

module.exports = { compare }
