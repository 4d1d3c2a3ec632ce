'use strict'

const freeze = require('../../differential/clock')
const { START_MS } = require('./generate')
const { Side } = require('./side')

/** A random id, and a signature: 24 random bytes, and 20 bytes of SHA-1, in URL-safe base64. */
const RANDOM = /(?<![\w-])(?:[\w-]{32}|[\w-]{27})(?![\w-])/g

/** Replaces random ids and signatures by numbers in the order in which they appear. */
class Mask {
  #seen = new Map()

  apply (record) {
    return JSON.parse(JSON.stringify(record).replace(RANDOM, (text) => {
      if (/^(.)\1+$/.test(text)) return text
      if (!this.#seen.has(text)) this.#seen.set(text, `#${this.#seen.size}`)
      return this.#seen.get(text)
    }))
  }
}

const PARTS = ['status', 'log', 'store', 'setCookie', 'id', 'body', 'records']

/**
 * Plays a script with two implementations.
 *
 * @param {{ upstream: Function, ours: Function }} kinds
 * @param {object[]} allowed `reconcile(pair)` changes the records of a request so that they no longer differ for its reason, and returns
 * whether they did; 'end' where the visitors differ from then on
 */
async function compare (script, kinds, stage, allowed) {
  const clock = { now: START_MS }
  const thaw = freeze(clock)
  const met = new Set()
  try {
    const [upstream, ours] = [kinds.upstream, kinds.ours].map((middleware) => ({ side: new Side(middleware, script, stage), mask: new Mask() }))
    for (const [index, request] of script.requests.entries()) {
      clock.now += request.advance
      const [original, own] = [await upstream.side.play(request), await ours.side.play(request)]
      const pair = { script, request, upstream: upstream.mask.apply(original), ours: ours.mask.apply(own) }
      let isOver = false
      for (const entry of allowed) {
        const result = entry.reconcile(pair)
        if (result) met.add(entry)
        if (result === 'end') isOver = true
      }
      if (isOver) return { met }
      const part = PARTS.find((part) => JSON.stringify(pair.upstream[part]) !== JSON.stringify(pair.ours[part]))
      if (part !== undefined) return { difference: { index, part, upstream: pair.upstream, ours: pair.ours }, met }
    }
    return { met }
  } finally {
    thaw()
  }
}

module.exports = { compare }
