'use strict'

require('./lib/node-version')

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
const { invalidOption } = require('./lib/errors')

const SESSION_STORE = { ...records, ...merging, ...interleaving, ...expiry, ...moving, ...subjects, ...limits, ...koaSession }

const DEFAULTS = { seed: 1, rounds: 50, size: 1000000 }

/**
 * Gives the clauses of the contract of session stores, as tests for any runner; testing.d.ts has the words.
 *
 * @param {() => object|Promise<object>} makeStore
 * @param {object} [options]
 */
function sessionStoreContract (makeStore, options) {
  const { release = (store) => store.close?.(), ...rest } = { ...DEFAULTS, ...options }
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
  if (typeof makeStore !== 'function' || /^class\b/.test(Function.prototype.toString.call(makeStore))) {
    throw invalidOption('makeStore', 'a function that gives a store, such as () => new MyStore()', makeStore)
  }
  return Object.entries(clauses).map(([name, check]) => ({
    name,
    async run () {
      const store = await makeStore()
      let failure
      try {
        await check(toWorld(store))
      } catch (err) {
        failure = err
      }
      try {
        await release(store)
      } catch (err) {
        failure ??= err
      }
      if (failure !== undefined) throw failure
    }
  }))
}

module.exports = { sessionStoreContract, storeContract }
