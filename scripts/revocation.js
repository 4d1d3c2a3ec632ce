'use strict'

/**
 * Plays random schedules of logins, writes, revocations and losses against each store, and checks who may be alive after each step:
 *
 *   npm run test:revocation                           10,000 on each store, 1,000 under each maxmemory-policy
 *   npm run test:revocation -- redis 42 1             the schedule of seed 42
 */

const { PLACES, POLICIES, play } = require('../__test__/revocation/play')

const MANY = 10000
const SOME = 1000

async function main ([name, from = 1, count]) {
  for (const place of name === undefined ? Object.keys(PLACES) : [name]) {
    const seeds = { from: Number(from), count: Number(count ?? (POLICIES.includes(place) ? SOME : MANY)) }
    const start = process.hrtime.bigint()
    await play(place, seeds)
    const seconds = Number((process.hrtime.bigint() - start) / 1000000000n)
    console.log(`${place}: ${seeds.count} schedules from seed ${seeds.from}, 0 violations, ${seconds} s`)
  }
}

main(process.argv.slice(2)).catch((err) => {
  console.error(err.message)
  process.exitCode = 1
})
