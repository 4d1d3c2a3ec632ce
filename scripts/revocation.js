'use strict'

/**
 * Runs random schedules of logins, writes, revocations and lost replies on each store, and checks after each step that no revoked
 * session can be used:
 *
 *   npm run test:revocation                           10,000 on each store, 1,000 under each maxmemory-policy, 40 in each environment
 *                                                     whose processes are killed, stopped or restarted, and 20 with each failover
 *   npm run test:revocation -- redis 42 1             the schedule of seed 42
 *   npm run test:revocation -- redis-kills 42 1       the same, while a process with the store is killed
 */

const { ENVIRONMENTS, FAILING, POLICIES, play } = require('../__test__/revocation/play')

const MANY = 10000
const SOME = 1000
const FEW = 40
/** A failover takes seconds. */
const FAILOVERS = 20

function countOf (environment) {
  if (POLICIES.includes(environment)) return SOME
  if (!FAILING.includes(environment)) return MANY
  return environment.endsWith('failovers') ? FAILOVERS : FEW
}

async function main ([name, from = 1, count]) {
  for (const environment of name === undefined ? Object.keys(ENVIRONMENTS) : [name]) {
    const seeds = { from: Number(from), count: Number(count ?? countOf(environment)) }
    const start = process.hrtime.bigint()
    await play(environment, seeds)
    const seconds = Number((process.hrtime.bigint() - start) / 1000000000n)
    console.log(`${environment}: ${seeds.count} schedules from seed ${seeds.from}, 0 violations, ${seconds} s`)
  }
}

main(process.argv.slice(2)).catch((err) => {
  console.error(err.message)
  process.exitCode = 1
})
