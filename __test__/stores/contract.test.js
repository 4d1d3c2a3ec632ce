'use strict'

// A suite that cannot fail proves nothing, so each clause is shown to find a fault.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { Plain, broken: brokenPlain } = require('./broken-plain')
const brokenRecords = require('./broken-records')
const brokenSubjects = require('./broken-subjects')
const { MemoryStore } = require('../../stores/memory')
const { sessionStoreContract, storeContract } = require('../../testing')

const broken = [...brokenRecords, ...brokenSubjects].map(([clause, ...faults]) => {
  const Store = faults.reduce((Base, fault) => fault(Base), MemoryStore)
  return { clause, make: () => new Store() }
})

for (const [contract, stores] of [[sessionStoreContract, broken], [storeContract, brokenPlain]]) {
  const names = contract(() => {}).map(({ name }) => name)

  for (const [i, { clause, make }] of stores.entries()) {
    test(`${contract.name}, fault ${i}, is found by: ${clause}`, async () => {
      const { run } = contract(make).find(({ name }) => name === clause)
      const { now } = Date
      await assert.rejects(run(), { code: 'ERR_ASSERTION' })
      assert.equal(Date.now, now)
    })
  }

  test(`${contract.name}: each clause finds a fault, and no name occurs twice`, () => {
    assert.deepEqual(names.filter((name) => !stores.some(({ clause }) => clause === name)), [])
    assert.equal(new Set(names).size, names.length)
  })
}

test('stores without a fault pass, with any seed', async () => {
  for (const { run } of storeContract(() => new Plain())) await run()
  for (const seed of [2, 3]) {
    for (const { run } of sessionStoreContract(() => new MemoryStore(), { seed, rounds: 200 })) await run()
  }
})

test('a store is released after each clause, also one that fails', async () => {
  const released = []
  const options = { release: (store) => { released.push(store) } }
  const [{ run }] = sessionStoreContract(() => 'a store', options)
  await assert.rejects(run())
  assert.deepEqual(released, ['a store'])
})
