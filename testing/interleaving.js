'use strict'

const assert = require('node:assert/strict')

const { assertData, fieldsOf, toText } = require('./json')
const { LIFE_MS, done } = require('./world')

const KEYS = ['a', 'b', 'c', '__proto__', '']

/** A model of a session by the contract: each key has the text of its value, and the revision of its last write. */
class Model {
  rev = 1
  maxAge = LIFE_MS
  fields = new Map()

  constructor (data) {
    for (const [key, text] of fieldsOf(data)) this.fields.set(key, { text, rev: 1 })
  }

  get data () {
    return toText(Array.from(this.fields, ([key, { text }]) => [key, text]))
  }

  merge ({ base, set, delete: deleted, maxAge = this.maxAge }) {
    this.maxAge = maxAge
    const changed = set === '' ? new Map() : fieldsOf(set)
    if (changed.size === 0 && deleted.length === 0) return done(this.rev, [], maxAge)
    this.rev++
    const conflicts = []
    for (const [key, text] of changed) {
      if (this.fields.get(key)?.rev > base) conflicts.push(key)
      this.fields.set(key, { text, rev: this.rev })
    }
    for (const key of deleted) this.fields.delete(key)
    return done(this.rev, conflicts, maxAge)
  }
}

/** Returns random changes of a request: each key is set, deleted or left alone, and sometimes a maxAge is assigned. */
function randomChanges (world, base, step) {
  const set = new Map()
  const deleted = []
  for (const key of KEYS) {
    const choice = world.below(4)
    if (choice === 0) set.set(key, `${step}`)
    else if (choice === 1) deleted.push(key)
  }
  const maxAge = [LIFE_MS + step, 'session'][world.below(4)]
  return { base, set: set.size === 0 ? '' : toText(set), delete: deleted, maxAge }
}

const sorted = (merged) => ({ ...merged, conflicts: [...merged.conflicts].sort() })

const clauses = {
  async 'merges as a model does, in any interleaving' (world) {
    const { store, rounds } = world
    for (let round = 0; round < rounds; round++) {
      const start = '{"a":0,"b":0}'
      const id = await world.created({ data: start })
      const model = new Model(start)
      // The revisions at which four requests have loaded the session.
      const bases = [1, 1, 1, 1]
      for (let step = 0; step < 12; step++) {
        const request = world.below(bases.length)
        const changes = randomChanges(world, bases[request], step)
        const merged = await store.merge(id, changes, LIFE_MS)
        assert.deepEqual(sorted(merged), sorted(model.merge(changes)), `round ${round}, step ${step}`)
        const loaded = await world.loaded(id)
        assertData(loaded.data, model.data)
        assert.deepEqual([loaded.rev, loaded.maxAge], [model.rev, model.maxAge])
        bases[request] = loaded.rev
      }
      await store.destroy(id)
    }
  }
}

module.exports = clauses
