'use strict'

/**
 * What only apps with certain options need. A file costs a quarter of a millisecond at the start, and most apps need few of
 * these. They are loaded when `session()` is called; with a request only where options have changed since.
 */

const { isSessionStore } = require('../base/store-contract')

const MODULES = {
  early: once(() => require('./early-headers')),
  mergingStore: once(() => require('../persistence/merging-store')),
  recordStore: once(() => require('../persistence/record-store')),
  serialStore: once(() => require('../persistence/serial-store'))
}

function once (load) {
  let loaded
  return () => (loaded ??= load())
}

/** Loads what the options of an app need. */
function prepare ({ store, ContextStore, merge, early }) {
  if (early) MODULES.early()
  const kept = ContextStore?.prototype ?? store
  if (!kept) return
  if (merge || isSessionStore(kept)) MODULES.mergingStore()
  if (!isSessionStore(kept)) (merge ? MODULES.serialStore : MODULES.recordStore)()
}

/** As in early-headers.js, for the option early. */
function watchHead (contextSession) {
  MODULES.early().watchHead(contextSession)
}

/**
 * Makes a store what one request uses.
 *
 * @param {import('./context-session').ContextSession} contextSession
 * @param {object} store
 * @param {object} owner what the records belong to: the store, or the class of those that are made for each request
 */
function recordsOf (contextSession, store, owner) {
  const isMarked = isSessionStore(store)
  if (!isMarked && !contextSession.options.merge) return new (MODULES.recordStore().RecordStore)(contextSession, store, owner)
  const { MergingStore } = MODULES.mergingStore()
  if (isMarked) return new MergingStore(contextSession, store, true)
  return new MergingStore(contextSession, new (MODULES.serialStore().SerialStore)(contextSession, store, owner), false)
}

module.exports = { MODULES, prepare, watchHead, recordsOf }
