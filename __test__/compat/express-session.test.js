'use strict'

/**
 * Runs random scripts on express-session in an Express app, and on our middleware in a Koa app: status, Set-Cookie, the session, and the
 * calls of the store have to be the same. `EXPRESS_SCRIPTS` sets the number of scripts, `EXPRESS_SEED` the seed of the first one.
 */

const assert = require('node:assert/strict')
const { isDeepStrictEqual } = require('node:util')
const { after, before, describe, mock, test } = require('node:test')

const { ALLOWED } = require('./express/allowed')
const { scriptOf } = require('./express/script')
const { sides } = require('./express/side')

const SCRIPTS = Number(process.env.EXPRESS_SCRIPTS ?? 1000)
const SEED = Number(process.env.EXPRESS_SEED ?? 1)

/** A millisecond in the middle of a second. */
const BEGIN_MS = Date.UTC(2026, 0, 1) + 500

describe('compat/express-session and express-session', () => {
  const both = sides((ms) => mock.timers.setTime(Date.now() + ms))
  const used = new Set()

  before(async () => {
    for (const side of both) await side.start()
    mock.timers.enable({ apis: ['Date'], now: BEGIN_MS })
  })
  after(() => {
    mock.timers.reset()
    for (const side of both) side.stop()
  })

  /** Runs a script. Returns the first difference that is not allowed. */
  async function differenceIn (script) {
    mock.timers.setTime(BEGIN_MS)
    for (const side of both) side.begin(script)
    for (const [index, request] of script.requests.entries()) {
      const nowMs = Date.now() + request.aheadMs
      const seen = []
      for (const side of both) {
        mock.timers.setTime(nowMs)
        seen.push(await side.send(request))
      }
      if (isDeepStrictEqual(...seen)) continue
      const reason = Object.keys(ALLOWED).find((reason) => ALLOWED[reason](request, script, seen))
      if (reason === undefined) return { index, theirs: seen[0], ours: seen[1] }
      used.add(reason)
      return undefined
    }
    return undefined
  }

  /** Removes requests and operations for as long as a script differs. */
  async function shrunk (script) {
    for (const smaller of smallerThan(script)) {
      if (await differenceIn(smaller) !== undefined) return shrunk(smaller)
    }
    return script
  }

  test(`do the same in ${SCRIPTS} scripts`, async () => {
    for (let seed = SEED; seed < SEED + SCRIPTS; seed++) {
      const script = scriptOf(seed)
      if (await differenceIn(script) === undefined) continue
      const smallest = await shrunk(script)
      const { index, theirs, ours } = await differenceIn(smallest)
      assert.deepEqual(ours, theirs, `EXPRESS_SEED=${seed} EXPRESS_SCRIPTS=1, request ${index} of\n${JSON.stringify(smallest, undefined, 1)}`)
    }
  })

  test('differ in each way that is allowed', { skip: SCRIPTS < 1000 && 'too few scripts' }, () => {
    assert.deepEqual(Object.keys(ALLOWED).filter((reason) => !used.has(reason)), [])
  })
})

function * smallerThan (script) {
  const { requests } = script
  for (const [at, request] of requests.entries()) {
    yield { ...script, requests: requests.toSpliced(at, 1) }
    for (const index of request.operations.keys()) {
      yield { ...script, requests: requests.with(at, { ...request, operations: request.operations.toSpliced(index, 1) }) }
    }
  }
}
