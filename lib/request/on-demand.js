'use strict'

/**
 * Modules that only certain options need. Each costs a quarter of a millisecond to load, and most apps need few of them. They
 * are loaded when `session()` is called, or on a request whose options have changed since.
 */

const { isSessionStore } = require('../base/store-contract')
const { RequestCookie } = require('../cookie/request-cookie')
const { revoke } = require('./revoking')

const MODULES = {
  early: once(() => require('./early-headers')),
  mergingStore: once(() => require('../persistence/merging-store')),
  protectedCookie: once(() => require('../cookie/protected-cookie')),
  recordStore: once(() => require('../persistence/record-store')),
  serialStore: once(() => require('../persistence/serial-store')),
  times: once(() => require('../session/times'))
}

function once (load) {
  let loaded
  return () => (loaded ??= load())
}

/** Loads the modules that an app's options need. */
function preload ({ current: { store, ContextStore, merge, early, absoluteTimeout, idleTimeout, revocations }, isProtected }) {
  if (early) MODULES.early()
  if (isProtected) MODULES.protectedCookie()
  if (hasTimeout({ absoluteTimeout, idleTimeout })) MODULES.times()
  if (revocations != null) revoke()
  const storeOrPrototype = ContextStore?.prototype ?? store
  if (!storeOrPrototype) return
  if (merge || isSessionStore(storeOrPrototype)) MODULES.mergingStore()
  if (!isSessionStore(storeOrPrototype)) (merge ? MODULES.serialStore : MODULES.recordStore)()
}

function watchHead (contextSession) {
  MODULES.early().watchHead(contextSession)
}

/**
 * Wraps a store for one request: a RecordStore, or a MergingStore over a session store or (option `merge`) a SerialStore.
 *
 * @param {import('./context-session').ContextSession} contextSession
 * @param {object} store
 * @param {object} owner the store; with ContextStore, which makes a store for each request, that class
 */
function recordsOf (contextSession, store, owner) {
  const hasContract = isSessionStore(store)
  if (!hasContract && !contextSession.options.merge) return new (MODULES.recordStore().RecordStore)(contextSession, store, owner)
  const { MergingStore } = MODULES.mergingStore()
  if (hasContract) return new MergingStore(contextSession, store, true)
  return new MergingStore(contextSession, new (MODULES.serialStore().SerialStore)(contextSession, store, owner), false)
}

/**
 * Makes the session's cookie of one request: a ProtectedCookie with the options `keys`, `seal` or `chunks`, else a RequestCookie.
 *
 * @param {import('../options/request-options').RequestOptions} request
 */
function cookieOf (request) {
  return request.isProtected ? new (MODULES.protectedCookie().ProtectedCookie)(request) : new RequestCookie(request)
}

const hasTimeout = ({ absoluteTimeout, idleTimeout }) => absoluteTimeout != null || idleTimeout != null

/** Makes the times of one request's session; undefined without a timeout. */
function timesOf (contextSession) {
  return hasTimeout(contextSession.options) ? new (MODULES.times().Times)(contextSession) : undefined
}

module.exports = { MODULES, cookieOf, preload, watchHead, recordsOf, timesOf }
