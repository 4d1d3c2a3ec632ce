'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { setFlagsFromString } = require('node:v8')
const { runInNewContext } = require('node:vm')
const path = require('node:path')
const counter = require('./fixtures/counter')

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc')

const root = path.join(__dirname, '../..')

// Loads the package again, with its addon.
function load () {
  const ours = Object.keys(require.cache).filter((file) => {
    const inside = path.relative(root, file)
    return !inside.startsWith('..') && !/^(?:node_modules|__test__)\b/.test(inside)
  })
  for (const file of ours) delete require.cache[file]
  return { session: require('../..'), binding: require('../../lib/native/binding') }
}

describe('the package loaded several times in one process', () => {
  test('each load has its own modules and addon', () => {
    const loads = [load(), load(), load()]
    assert.equal(new Set(loads.map(({ session }) => session)).size, 3)
    assert.equal(new Set(loads.map(({ binding }) => binding)).size, 3)
  })

  test('all loads serve at the same time, each with its own events', async () => {
    const counters = []
    for (let i = 0; i < 5; i++) counters.push(await counter(load().session, { valid: (ctx, value) => value.count !== 2 + i }))
    collectGarbage()
    let cookies = counters.map(() => '')
    for (let round = 1; round <= 2; round++) {
      const visits = await Promise.all(counters.map(({ visit }, i) => visit(cookies[i])))
      assert.deepEqual(visits.map(({ count }) => count), counters.map(() => round))
      cookies = visits.map(({ cookie }) => cookie)
    }
    const third = await Promise.all(counters.map(({ visit }, i) => visit(cookies[i])))
    assert.deepEqual(third.map(({ count }) => count), [1, 3, 3, 3, 3])
    assert.deepEqual(counters.map(({ events }) => events), [['invalid'], [], [], [], []])
    await Promise.all(counters.map(({ close }) => close()))
  })

  test("one load reads another's cookies", async () => {
    const [earlier, later] = [await counter(load().session), await counter(load().session)]
    const first = await earlier.visit()
    const second = await later.visit(first.cookie)
    assert.equal(second.count, 2)
    assert.equal((await earlier.visit(second.cookie)).count, 3)
    await Promise.all([earlier.close(), later.close()])
  })

  test('loading adds no listener to the process', () => {
    const listeners = () => process.eventNames().map((name) => [name, process.listenerCount(name)])
    const earlier = listeners()
    for (let i = 0; i < 20; i++) load()
    assert.deepEqual(listeners(), earlier)
  })
})
