'use strict'

require('./lib/base/node-version')

const { randomUUID } = require('node:crypto')

const expiry = require('./testing/expiry')
const interleaving = require('./testing/interleaving')
const koaSession = require('./testing/koa-session')
const limits = require('./testing/limits')
const merging = require('./testing/merging')
const moving = require('./testing/moving')
const plain = require('./testing/plain')
const records = require('./testing/records')
const { sessionCookie } = require('./testing/session-cookie')
const { clauses: subjects } = require('./testing/subjects')
const { World } = require('./testing/world')
const { invalidOptionOf } = require('./lib/base/errors')

const invalidOption = invalidOptionOf('testing.d.ts')

const SESSION_STORE = { ...records, ...merging, ...interleaving, ...expiry, ...moving, ...subjects, ...limits, ...koaSession }

const DEFAULTS = { seed: 1, rounds: 50, size: 1000000 }

/**
 * Returns the clauses of the contract of session stores as tests for any runner. testing.d.ts documents it.
 *
 * @param {() => object|Promise<object>} makeStore
 * @param {object} [options]
 */
function sessionStoreContract (makeStore, options) {
  const { release = (store) => store.close?.(), ...rest } = { ...DEFAULTS, ...options }
  return toTests(SESSION_STORE, makeStore, release, (store) => new World(store, rest))
}

/**
 * Returns the clauses for koa-session's stores as tests for any runner. testing.d.ts documents it.
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
    throw invalidOption('makeStore', 'a function that returns a store, such as () => new MyStore()', makeStore)
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

module.exports = { sessionCookie, sessionStoreContract, storeContract }
