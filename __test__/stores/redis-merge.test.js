'use strict'

// Compares the merge script with MemoryStore: any keys, in any order, some deleted, some written by other requests.

const assert = require('node:assert/strict')
const { after, before, describe, test } = require('node:test')
const servers = require('../servers/redis')
const { MemoryStore } = require('../../stores/memory')
const { RedisStore } = require('../../stores/redis')

// Some are parts of others, contain the layout's separators, or have a meaning in Lua patterns.
const NAMES = ['a', 'aa', 'a"', '%d', '', '\u001e', '\u001f1\u001f', 'é😀', 'm', 'd', '__proto__', '10', '9']
const VALUES = ['1', 'null', '"\\u001e\\"a\\"\\u001f9\\u001f"', '{"a":{"aa":[1,"%1"]}}', '"é😀"', '[]', '"\\ud800"']

/** Makes a seeded generator of integers below a limit. */
function numbers (seed) {
  return (limit) => {
    seed = (seed * 1103515245 + 12345) % 2147483648
    return Math.floor(seed / 65536) % limit
  }
}

/** Returns some of the names in any order, each once. */
function someNames (below, most) {
  const left = [...NAMES]
  return Array.from({ length: below(most + 1) }, () => left.splice(below(left.length), 1)[0])
}

const objectOf = (below, names) =>
  `{${names.map((name) => `${JSON.stringify(name)}:${VALUES[below(VALUES.length)]}`).join(',')}}`

describe('merging in Redis gives the same as in memory', { skip: servers.skip }, () => {
  let server
  before(async () => { server = await servers.start() })
  after(() => server.stop())

  for (let seed = 1; seed <= 25; seed++) {
    test(`seed ${seed}`, async () => {
      const below = numbers(seed)
      const stores = [new MemoryStore(), new RedisStore({ url: server.url, prefix: `${seed}:` })]
      const both = async (call) => {
        const [expected, actual] = await Promise.all(stores.map(call))
        assert.deepEqual(actual, expected)
        return expected
      }
      const data = objectOf(below, someNames(below, 13))
      let { rev } = await both((store) => store.create('id', { data, maxAge: 60000 }, 1000))
      for (let step = 0; step < 25; step++) {
        const names = someNames(below, 8)
        const gone = names.splice(0, below(4))
        if (names.length + gone.length === 0) continue
        const base = Math.max(rev - below(3), 1)
        const set = names.length === 0 ? '' : objectOf(below, names)
        const maxAge = [70000 + step, 'session'][below(6)]
        ;({ rev } = await both((store) => store.merge('id', { base, set, delete: gone, maxAge }, 1000)))
        const texts = await Promise.all(stores.map(async (store) => (await store.load('id')).data))
        assert.equal(texts[1], texts[0])
      }
      await Promise.all(stores.map((store) => store.close()))
    })
  }
})
