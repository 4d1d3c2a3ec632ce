'use strict'

const { CountingStore } = require('./store')

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
  store (store = new CountingStore()) {
    return { options: { store }, store }
  },
  ContextStore (store = new CountingStore()) {
    return { options: { ContextStore: contextStoreOf(store) }, store }
  },
  externalKey (store = new CountingStore()) {
    return { options: { store, externalKey }, store }
  }
}

module.exports = { contextStoreOf, externalKey, MODES }
