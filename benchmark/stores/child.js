'use strict'

/**
 * Measures a store in its own process: `node --expose-gc child.js SUBJECT OPTIONS`, with options in JSON. Asks its parent for the
 * bytes that are stored outside this process, and sends the figures to it.
 */

const { once } = require('node:events')
const { setImmediate: turn } = require('node:timers/promises')
const { median } = require('../stopwatch')
const { isPromise } = require('./kinds')
const { pump } = require('./pump')
const { Pool, idOf } = require('./sessions')
const { SUBJECTS } = require('./subjects')

/** The number of sessions that are created concurrently, or, with a synchronous store, in one turn of the event loop. */
const AT_ONCE = 256

/** The longest warm-up of an operation. */
const WARM_UP_MS = 300

async function fill (store, sessions) {
  let index = 0
  const work = async () => {
    while (index < sessions) {
      const answer = store.fill(idOf(index++))
      if (isPromise(answer)) await answer
      else if (index % AT_ONCE === 0) await turn()
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

/** Returns the bytes in use by this process, or those that the parent measures. */
async function bytes (part) {
  for (let i = 0; i < 3; i++) {
    await turn()
    globalThis.gc()
  }
  if (part === 'memory') return process.memoryUsage().rss
  process.send('bytes')
  const [answer] = await once(process, 'message')
  return answer
}

function middle (rounds) {
  return Object.fromEntries(Object.keys(rounds[0]).map((name) => [name, median(rounds.map((round) => round[name]))]))
}

async function measure (store, pool, { levels, rounds, ms, server }) {
  const operations = {
    lookup () { return store.lookup(pool.id(pool.next())) },
    write () {
      const place = pool.next()
      return store.write(pool.id(place), pool.revs, place)
    }
  }
  const figures = {}
  for (const [name, operation] of Object.entries(operations)) {
    figures[name] = {}
    for (const inFlight of levels) {
      await pump(operation, { inFlight, ms: Math.min(ms, WARM_UP_MS) })
      const taken = []
      for (let round = 0; round < rounds; round++) taken.push(await pump(operation, { inFlight, ms, server }))
      figures[name][inFlight] = middle(taken)
    }
  }
  return figures
}

async function main ([name, json]) {
  const options = JSON.parse(json)
  const { sessions } = options
  const subject = SUBJECTS.find((one) => one.name === name)
  const pool = new Pool(sessions)
  const store = await subject.open(options)
  const before = await bytes(subject.part)
  await fill(store, sessions)
  const perSession = (await bytes(subject.part) - before) / sessions
  const figures = { bytes: perSession, ...await measure(store, pool, options) }
  await store.close()
  // Exits explicitly, since a subject's timers may keep the process alive.
  process.send(figures, () => process.exit())
}

main(process.argv.slice(2))
