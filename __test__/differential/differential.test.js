'use strict'

const { test, before, after } = require('node:test')
const assert = require('node:assert/strict')
const { koa2, koa3, ours, upstream7 } = require('./implementations')
const allowed = require('./allowed')
const { compare, report } = require('./compare')
const Coverage = require('./coverage')
const generate = require('./generator')
const knownScripts = require('./known-scripts')
const planted = require('./planted')
const play = require('./runner')
const shrink = require('./shrink')
const Stage = require('./stage')

const seed = Number(process.env.DIFFERENTIAL_SEED ?? 20240229)
const count = Number(process.env.DIFFERENTIAL_SCRIPTS ?? 2000)
const enough = 3

const coverage = new Coverage()
const met = new Set()
let stage

before(async () => { stage = await new Stage().open() })
after(() => stage.close())

/** Compares the scripts of the seeds from `first` on. Returns descriptions of the first few that differ, shrunk. */
async function differences (first, count, kinds, { table, write = script => script } = {}) {
  const found = []
  for (let seed = first; seed < first + count && found.length < enough; seed++) {
    const script = write(generate(seed))
    const result = await compare(script, kinds, stage, table)
    for (const entry of result.met) met.add(entry)
    coverage.watch(result.upstream)
    if (!result.difference) continue
    const differs = async smaller => (await compare(smaller, kinds, stage, table)).difference?.part === result.difference.part
    const small = await shrink(script, differs)
    found.push(report(small, await compare(small, kinds, stage, table)))
  }
  return found
}

test('random scripts give the same records with this package and koa-session 7.0.2, under Koa 3', async t => {
  t.diagnostic(`DIFFERENTIAL_SEED=${seed} DIFFERENTIAL_SCRIPTS=${count}`)
  const kinds = { upstream: { Koa: koa3, mended: true }, ours: { session: ours, Koa: koa3 } }
  const found = await differences(seed, count, kinds)
  assert.equal(found.length, 0, `\n${found.join('\n\n')}\n`)
})

test('random scripts give the same records, under Koa 2', async t => {
  const share = Math.ceil(count * 0.15)
  t.diagnostic(`DIFFERENTIAL_SEED=${seed + count} DIFFERENTIAL_SCRIPTS=${share}`)
  const kinds = { upstream: { Koa: koa2, mended: true }, ours: { session: ours, Koa: koa2 } }
  const found = await differences(seed + count, share, kinds)
  assert.equal(found.length, 0, `\n${found.join('\n\n')}\n`)
})

// Rewrites scripts by `wanted`, since here unmended upstream plays some of the requests.
function forBoth (script) {
  return allowed.reduce((script, entry) => entry.wanted?.(script) ?? script, { ...script, watchOptions: undefined })
}

test('this package and koa-session can serve one visitor in turn, with one store', async t => {
  const share = Math.ceil(count * 0.15)
  t.diagnostic(`DIFFERENTIAL_SEED=${seed + 2 * count} DIFFERENTIAL_SCRIPTS=${share}`)
  const upstream = { session: upstream7, Koa: koa3 }
  const [mended, own] = [{ Koa: koa3, mended: true }, { session: ours, Koa: koa3 }]
  for (const kinds of [{ upstream: [upstream, mended], ours: [upstream, own] }, { upstream: [mended, upstream], ours: [own, upstream] }]) {
    const found = await differences(seed + 2 * count, share, kinds, { write: forBoth })
    assert.equal(found.length, 0, `\n${found.join('\n\n')}\n`)
  }
})

test('the scripts covered everything that koa-session does', { skip: count < 2000 && 'too few scripts' }, () => {
  assert.deepEqual(coverage.unseen(), [])
})

for (const [what, script] of Object.entries(knownScripts)) {
  test(`no difference: ${what}`, async () => {
    const result = await compare(script, { upstream: { Koa: koa3, mended: true }, ours: { session: ours, Koa: koa3 } }, stage)
    assert.equal(result.difference, null, result.difference && report(script, result))
  })
}

for (const entry of allowed) {
  test(`allowed difference, fault ${entry.fault}: ${entry.what}`, async () => {
    const kinds = { upstream: { Koa: koa3, mended: true }, ours: { session: ours, Koa: koa3 } }
    const result = await compare(entry.example, kinds, stage)
    assert.equal(result.difference, null)
    assert.ok(result.met.includes(entry))
    const without = await compare(entry.example, kinds, stage, allowed.filter(other => other !== entry))
    assert.notEqual(without.difference, null)
    const { requests } = await play(entry.example, [kinds.ours], stage)
    const log = requests.flatMap(({ log }) => log)
    for (const line of entry.shows ?? []) assert.ok(log.includes(line), line)
  })
}

test('koa-session does not differ from itself', async () => {
  const kind = { session: upstream7, Koa: koa3 }
  assert.deepEqual(await differences(seed, 150, { upstream: kind, ours: kind }, { table: [] }), [])
})

test('koa-session does not differ from its copy without mends', async () => {
  const kinds = { upstream: { Koa: koa3, mended: true }, ours: { session: upstream7, Koa: koa3 } }
  assert.deepEqual(await differences(seed, Math.ceil(count / 4), kinds, { table: [] }), [])
})

// The wrappers copy the options, so later changes of them would cause further differences.
function settled (script) {
  return { ...script, watchOptions: undefined, frozenOptions: undefined, requests: script.requests.map(({ live, ...request }) => request) }
}

async function firstSeed (session, limit) {
  const kinds = { upstream: { session: upstream7, Koa: koa3 }, ours: { session, Koa: koa3 } }
  for (let next = seed; next < seed + limit; next++) {
    if ((await compare(settled(generate(next)), kinds, stage, [])).difference) return next
  }
}

test('a wrapper of koa-session that changes nothing causes no difference', async () => {
  assert.equal(await firstSeed(planted.nothing(upstream7), 100), undefined)
})

for (const [what, plant] of Object.entries(planted.faults)) {
  test(`a planted difference is found: ${what}`, async () => {
    assert.notEqual(await firstSeed(plant(upstream7), count), undefined)
  })
}
