'use strict'

const assert = require('node:assert/strict')
const { after, before, test } = require('node:test')

const Stage = require('../../differential/stage')
const { differences } = require('../differences')
const { compare } = require('./compare')

/**
 * Defines the tests of an entry: random scripts give the same responses and calls of the store with the original and with the entry.
 *
 * @param {{ name: string, original: Function, entry: Function, generate: (seed: number) => object, allowed: object[] }} subject
 */
function testDifferences ({ name, original, entry, generate, allowed }) {
  const variable = `${name.toUpperCase()}_SCRIPTS`
  const seed = Number(process.env[`${name.toUpperCase()}_SEED`] ?? 20240229)
  const count = Number(process.env[variable] ?? 2000)
  let stage
  let met = new Set()
  before(async () => { stage = await new Stage().open() })
  after(() => stage.close())

  test(`random scripts give the same with the original and with compat/${name}`, async (t) => {
    t.diagnostic(`${variable}=${count} from seed ${seed}`)
    const how = { generate, compare: (script) => compare(script, { upstream: original, ours: entry }, stage, allowed) }
    const known = allowed.filter(({ script }) => script !== undefined).map(({ script }) => script)
    const shown = await differences({ ...how, generate: (place) => known[place] }, 0, known.length)
    const result = await differences(how, seed, count)
    met = new Set([...shown.met, ...result.met])
    assert.equal(shown.found + result.found, '')
  })

  test('each allowed difference occurs', { skip: count < 2000 && 'too few scripts' }, () => {
    assert.deepEqual(allowed.filter((entry) => !met.has(entry)).map(({ reason }) => reason), [])
  })

  test('the original does not differ from itself', async () => {
    const how = { generate, compare: (script) => compare(script, { upstream: original, ours: original }, stage, []) }
    assert.equal((await differences(how, seed, 100)).found, '')
  })
}

module.exports = { testDifferences }
