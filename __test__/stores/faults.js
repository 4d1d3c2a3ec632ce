'use strict'

// Ways to put a fault into a store's class.

const wait = () => new Promise(setImmediate)

/** Changes a method's result, unless it is a refusal, such as 'missing'. */
const giving = (method, change) => (Base) => class extends Base {
  [method] (...args) {
    const given = super[method](...args)
    return given === undefined || typeof given === 'string' ? given : change(given, ...args)
  }
}

/** Changes a method's arguments. */
const given = (method, change) => (Base) => class extends Base {
  [method] (...args) {
    return super[method](...change(...args))
  }
}

/** Moves Date.now() for one method. */
const later = (ms, ...methods) => (Base) => {
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

const withMerge = (change) => (Base) => {
  const merge = given('merge', (id, changes, ttl) => [id, change(changes), ttl])
  const regenerate = given('regenerate', (oldId, newId, changes, ttl) => [oldId, newId, change(changes), ttl])
  return regenerate(merge(Base))
}

const onData = (change) => giving('load', (loaded) => ({ ...loaded, data: change(loaded.data) }))
const revive = (method, give) => (Base) => class extends Base {
  [method] (id, ...args) {
    const done = super[method](id, ...args)
    return done === 'missing' ? give(this, id, ...args) : done
  }
}

const bring = (store, id, changes, ttl) => ({ ...store.create(id, { data: changes.set || '{}', maxAge: ttl, ...changes }, ttl), conflicts: [], maxAge: ttl })

/** Merges without atomicity: reads the record, waits, and writes the whole record. */
const notAtOnce = (Base) => class extends Base {
  async merge (id, changes, ttl) {
    const loaded = this.load(id)
    await wait()
    if (loaded === undefined) return 'missing'
    super.merge(id, { ...changes, set: loaded.data }, ttl)
    const merged = super.merge(id, changes, ttl)
    return merged === 'missing' ? bring(this, id, changes, ttl) : merged
  }
}

module.exports = { bring, given, giving, later, notAtOnce, onData, revive, wait, withMerge }
