'use strict'

const { randomUUID } = require('node:crypto')

const expiry = require('./lib/contract/expiry')
const interleaving = require('./lib/contract/interleaving')
const koaSession = require('./lib/contract/koa-session')
const limits = require('./lib/contract/limits')
const merging = require('./lib/contract/merging')
const moving = require('./lib/contract/moving')
const plain = require('./lib/contract/plain')
const records = require('./lib/contract/records')
const { clauses: subjects } = require('./lib/contract/subjects')
const { World } = require('./lib/contract/world')

const SESSION_STORE = { ...records, ...merging, ...interleaving, ...expiry, ...moving, ...subjects, ...limits, ...koaSession }

const DEFAULTS = { seed: 1, rounds: 50, size: 1000000 }

/**
 * Gives the clauses of the contract of session stores, as tests for any runner; testing.d.ts has the words.
 *
 * @param {() => object|Promise<object>} makeStore
 * @param {object} [options]
 */
function sessionStoreContract (makeStore, options) {
  const { release = (store) => store.close(), ...rest } = { ...DEFAULTS, ...options }
  return toTests(SESSION_STORE, makeStore, release, (store) => new World(store, rest))
}

/**
 * Gives the clauses for stores of koa-session, as tests for any runner; testing.d.ts has the words.
 *
 * @param {() => object|Promise<object>} makeStore
 * @param {object} [options]
 */
function storeContract (makeStore, options) {
  const { release = () => {}, size, ctx = {} } = { ...DEFAULTS, ...options }
  const newId = () => `contract:${randomUUID()}`
  return toTests(plain.clauses, makeStore, release, (store) => ({ caller: new plain.Caller(store, { ctx }), newId, size }))
}

function toTests (clauses, makeStore, release, toWorld) {
  return Object.entries(clauses).map(([name, check]) => ({
    name,
    async run () {
      const store = await makeStore()
      try {
        await check(toWorld(store))
      } finally {
        await release(store)
      }
    }
  }))
}

module.exports = { sessionStoreContract, storeContract }
