'use strict'

const { portray } = require('./portray')
const { build } = require('./values')

const turn = () => new Promise(resolve => setImmediate(resolve))

// How a store's method returns a result: at once, or by a promise.
const timings = {
  sync: result => result(),
  micro: async result => result(),
  turn: async result => {
    await turn()
    return result()
  },
  // Like a query builder, which runs when it is awaited.
  thenable: result => ({ then (onResult, onError) { new Promise(resolve => resolve(result())).then(onResult, onError) } })
}

// How records are kept: put(value) returns what the store holds, take(kept) what get() returns.
const keeps = {
  text: { put: value => JSON.stringify(value), take: kept => JSON.parse(kept) },
  reference: { put: value => value, take: kept => kept },
  frozen: { put: value => JSON.stringify(value), take: kept => deepFreeze(JSON.parse(kept)) },
  instance: { put: value => JSON.stringify(value), take: kept => build({ $: 'instance', value: JSON.parse(kept) }) },
  inherited: { put: value => JSON.stringify(value), take: kept => Object.create(JSON.parse(kept)) },
  bare: { put: value => JSON.stringify(value), take: kept => Object.assign(Object.create(null), JSON.parse(kept)) }
}

function deepFreeze (value) {
  if (value && typeof value === 'object') Object.values(value).forEach(deepFreeze)
  return Object.freeze(value)
}

/** A store that logs each call with all its arguments. */
class LoggingStore {
  constructor ({ keep, timing, missing, faults, records }, world) {
    this.keep = keeps[keep]
    this.timing = timings[timing]
    this.missing = build(missing)
    this.faults = faults
    this.world = world
    this.calls = 0
    this.records = new Map(Object.entries(records).map(([id, value]) => [id, this.keep.put(build(value))]))
  }

  get (...args) {
    const [id, maxAge, options] = args
    this.note('get', args, [maxAge], options)
    return this.answer('get', () => this.records.has(id) ? this.keep.take(this.records.get(id)) : this.missing)
  }

  set (...args) {
    const [id, value, maxAge, options] = args
    this.note('set', args, [value, maxAge], options)
    return this.answer('set', () => { this.records.set(id, this.keep.put(value)) })
  }

  destroy (...args) {
    const [id, options] = args
    this.note('destroy', args, [], options)
    return this.answer('destroy', () => { this.records.delete(id) })
  }

  note (operation, args, details, { ctx, ...options } = {}) {
    const whose = this.world.isOurs(ctx) ? 'ctx' : portray(ctx)
    this.world.log(`store.${operation}/${args.length} ${portray(args[0])} ${details.map(portray).join(' ')} ${whose} ${portray(options)}`)
  }

  answer (operation, result) {
    this.calls += 1
    const fault = this.faults.find(fault => fault.operation === operation && this.calls % fault.each === 0)
    return this.timing(() => {
      if (fault) throw new Error(`${operation} failed`)
      return result()
    })
  }
}

/** Makes a class for the option ContextStore, whose instances share a store. */
function contextStore (store, world) {
  return class ContextStore {
    constructor (...args) {
      world.log(`new ContextStore/${args.length} ${world.isOurs(args[0]) ? 'ctx' : portray(args[0])}`)
    }

    get (...args) { return store.get(...args) }
    set (...args) { return store.set(...args) }
    destroy (...args) { return store.destroy(...args) }
  }
}

module.exports = { LoggingStore, contextStore, turn }
