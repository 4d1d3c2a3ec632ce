'use strict'

// Ways to put a fault into a store's class.

const wait = () => new Promise(setImmediate)

/** Changes a method's result, unless it is a refusal, such as 'missing'. */
const changingResult = (method, change) => (Base) => class extends Base {
  [method] (...args) {
    const result = super[method](...args)
    return result === undefined || typeof result === 'string' ? result : change(result, ...args)
  }
}

/** Changes a method's arguments. */
const changingArguments = (method, change) => (Base) => class extends Base {
  [method] (...args) {
    return super[method](...change(...args))
  }
}

/** Moves Date.now() for one method. */
const movingClock = (ms, ...methods) => (Base) => {
  class Late extends Base {}
  for (const method of methods) {
    Late.prototype[method] = function (...args) {
      const { now } = Date
      Date.now = () => now() + ms
      try {
        return Base.prototype[method].apply(this, args)
      } finally {
        Date.now = now
      }
    }
  }
  return Late
}

/** Changes the `changes` that a commit passes to `merge` or `regenerate`. */
const changingCommit = (change) => (Base) => {
  const merge = changingArguments('merge', (id, changes, ttl) => [id, change(changes), ttl])
  const regenerate = changingArguments('regenerate', (oldId, newId, changes, ttl) => [oldId, newId, change(changes), ttl])
  return regenerate(merge(Base))
}

/** Changes the data that `load` returns. */
const changingData = (change) => changingResult('load', (loaded) => ({ ...loaded, data: change(loaded.data) }))

/** Calls `give` for the result if a method finds the session missing. */
const reviving = (method, give) => (Base) => class extends Base {
  [method] (id, ...args) {
    const done = super[method](id, ...args)
    return done === 'missing' ? give(this, id, ...args) : done
  }
}

const createAgain = (store, id, changes, ttl) => ({ ...store.create(id, { data: changes.set || '{}', maxAge: ttl, ...changes }, ttl), conflicts: [], maxAge: ttl })

/** Merges without atomicity: reads the record, waits, and writes the whole record. */
const withoutAtomicity = (Base) => class extends Base {
  async merge (id, changes, ttl) {
    const loaded = this.load(id)
    await wait()
    if (loaded === undefined) return 'missing'
    super.merge(id, { ...changes, set: loaded.data }, ttl)
    const merged = super.merge(id, changes, ttl)
    return merged === 'missing' ? createAgain(this, id, changes, ttl) : merged
  }
}

module.exports = { createAgain, changingArguments, changingResult, movingClock, withoutAtomicity, changingData, reviving, wait, changingCommit }
