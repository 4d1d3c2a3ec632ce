'use strict'

// Random scripts give the same responses with cookie-session on Node's own server, and with the entry on Koa. The cookies of each are
// sent to the other. The intended differences are in cookie-session/allowed.js.

const { after, before, test } = require('node:test')
const assert = require('node:assert/strict')

const Stage = require('../differential/stage')
const allowed = require('./cookie-session/allowed')
const { generate } = require('./cookie-session/generate')
const { compare } = require('./cookie-session/play')
const { ours, upstream } = require('./cookie-session/sides')

const seed = Number(process.env.COOKIE_SESSION_SEED ?? 20240229)
const count = Number(process.env.COOKIE_SESSION_SCRIPTS ?? 1000)
const ENOUGH = 3

let stage
const met = new Set()

before(async () => { stage = await new Stage().open() })
after(() => stage.close())

/** Leaves out of a script what its difference does not need: requests, edits, operations and options. */
async function shrink (script, differs) {
  for (;;) {
    const smaller = await firstOf(reductions(script), differs)
    if (smaller === undefined) return script
    script = smaller
  }
}

async function firstOf (scripts, differs) {
  for (const script of scripts) if (await differs(script)) return script
}

function * reductions (script) {
  const without = (list, index) => list.filter((_, i) => i !== index)
  for (const index of script.requests.keys()) yield { ...script, requests: without(script.requests, index) }
  for (const name of Object.keys(script.options)) yield { ...script, options: Object.fromEntries(Object.entries(script.options).filter(([other]) => other !== name)) }
  for (const [index, request] of script.requests.entries()) {
    const changed = (changes) => ({ ...script, requests: script.requests.with(index, { ...request, ...changes }) })
    for (const list of ['edits', 'operations']) {
      for (const place of request[list].keys()) yield changed({ [list]: without(request[list], place) })
    }
    if (request.live) yield changed({ live: undefined })
  }
}

async function differences (kinds, first, count) {
  const found = []
  for (let next = first; next < first + count && found.length < ENOUGH; next++) {
    const script = generate(next)
    const result = await compare(script, kinds, stage, allowed)
    for (const entry of result.met) met.add(entry)
    if (result.difference === undefined) continue
    const differs = async (smaller) => (await compare(smaller, kinds, stage, allowed)).difference?.part === result.difference.part
    const small = await shrink(script, differs)
    const { difference } = await compare(small, kinds, stage, allowed)
    found.push(JSON.stringify({ script: small, ...difference }, undefined, 1))
  }
  return found
}

test('random scripts give the same responses with cookie-session and with the entry', async (t) => {
  t.diagnostic(`COOKIE_SESSION_SEED=${seed} COOKIE_SESSION_SCRIPTS=${count}`)
  assert.deepEqual((await differences({ upstream, ours }, seed, count)).join('\n'), '')
})

test('each allowed difference occurs', { skip: count < 1000 && 'too few scripts' }, () => {
  assert.deepEqual(allowed.filter((entry) => !met.has(entry)).map(({ reason }) => reason), [])
})

/** Generates a script whose requests never have two cookies of the same name, which cookie-session does not get. */
function generateWithoutTwins (seed) {
  const script = generate(seed)
  return { ...script, requests: script.requests.map((request) => ({ ...request, edits: request.edits.filter(([name]) => name !== 'twin') })) }
}

test('cookie-session does not differ from itself', async () => {
  for (let next = seed; next < seed + 100; next++) {
    assert.equal((await compare(generateWithoutTwins(next), { upstream, ours: upstream }, stage, [])).difference, undefined)
  }
})
