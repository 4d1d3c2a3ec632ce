'use strict'

// Sessions that are logged out, revoked or beyond a limit have ended: random schedules, with a model of which sessions may be live. The seeds are
// the same in each run, or begin with REVOCATION_SEED; `npm run test:revocation` plays many more.

const { describe, test } = require('node:test')
const servers = require('../servers/redis')
const { POLICIES, play } = require('./play')

const COUNTS = {
  memory: 300,
  sqlite: 300,
  redis: 200,
  cluster: 100,
  ...Object.fromEntries(POLICIES.map((policy) => [policy, 5])),
  'sqlite-kills': 3,
  'redis-kills': 3,
  'redis-restarts': 3,
  'redis-hangs': 3
}
const WITHOUT_SERVER = ['memory', 'sqlite', 'sqlite-kills']
const FIRST_SEED = Number(process.env.REVOCATION_SEED ?? 1)

describe('revoked sessions have ended, and no others', { concurrency: 3 }, () => {
  for (const [name, count] of Object.entries(COUNTS)) {
    const seeds = { from: FIRST_SEED, count }
    const skip = WITHOUT_SERVER.includes(name) ? false : servers.skip
    test(`${name}: ${seeds.count} schedules from seed ${seeds.from}`, { skip }, () => play(name, seeds))
  }
})
