'use strict'

/** A store in a Map, which notes how it was called. */
class MapStore {
  records = new Map()
  /** [method, ...arguments], with the data as JSON text of that moment */
  calls = []

  async get (key, maxAge, more) {
    this.calls.push(['get', key, maxAge, more])
    const json = this.records.get(key)
    return json && JSON.parse(json)
  }

  async set (key, value, maxAge, more) {
    this.calls.push(['set', key, JSON.stringify(value), maxAge, more])
    this.records.set(key, JSON.stringify(value))
  }

  async destroy (key, more) {
    this.calls.push(['destroy', key, more])
    this.records.delete(key)
  }

  /** Gives the names of the methods called since the last time, and forgets them. */
  take () {
    return this.calls.splice(0).map(([method]) => method)
  }
}

/** Makes a class whose instances, one a request, share `store`. */
function contextStoreOf (store) {
  return class ContextStore {
    constructor (ctx) {
      this.ctx = ctx
    }

    get (...args) { return store.get(...args) }
    set (...args) { return store.set(...args) }
    destroy (...args) { return store.destroy(...args) }
  }
}

/** An external key in a cookie of its own. */
const externalKey = {
  get: (ctx) => ctx.cookies.get('app.id', { signed: false }),
  set: (ctx, value) => ctx.cookies.set('app.id', value, { signed: false })
}

/** The four places in which sessions live: each makes options, and the store if there is one. */
const MODES = {
  cookie: () => ({ options: {} }),
  store (store = new MapStore()) {
    return { options: { store }, store }
  },
  ContextStore (store = new MapStore()) {
    return { options: { ContextStore: contextStoreOf(store) }, store }
  },
  externalKey (store = new MapStore()) {
    return { options: { store, externalKey }, store }
  }
}

module.exports = { MapStore, contextStoreOf, externalKey, MODES }
