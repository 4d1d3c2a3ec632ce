'use strict'

// Whoever is logged out, revoked, or has to make room, is dead: random schedules, with a checker of who may be alive. The seeds are
// the same in each run, or begin with REVOCATION_SEED; `npm run test:revocation` plays many more.

const { describe, test } = require('node:test')
const servers = require('../servers/redis')
const { PLACES, play } = require('./play')

const COUNTS = { memory: 75, sqlite: 75, redis: 75, cluster: 75 }
const WITHOUT_SERVER = ['memory', 'sqlite']
const EVICTING = 5
const FIRST_SEED = Number(process.env.REVOCATION_SEED ?? 1)

describe('who is revoked is dead, and nobody else', () => {
  for (const name of Object.keys(PLACES)) {
    const seeds = { from: FIRST_SEED, count: COUNTS[name] ?? EVICTING }
    const skip = WITHOUT_SERVER.includes(name) ? false : servers.skip
    test(`${name}: ${seeds.count} schedules from seed ${seeds.from}`, { skip }, () => play(name, seeds))
  }
})
