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
const { differences } = require('./differences')

const seed = Number(process.env.COOKIE_SESSION_SEED ?? 20240229)
const count = Number(process.env.COOKIE_SESSION_SCRIPTS ?? 1000)

let stage
let met = new Set()

before(async () => { stage = await new Stage().open() })
after(() => stage.close())

test('random scripts give the same responses with cookie-session and with the entry', async (t) => {
  t.diagnostic(`COOKIE_SESSION_SEED=${seed} COOKIE_SESSION_SCRIPTS=${count}`)
  const how = { generate, compare: (script) => compare(script, { upstream, ours }, stage, allowed) }
  const result = await differences(how, seed, count)
  met = result.met
  assert.equal(result.found, '')
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
