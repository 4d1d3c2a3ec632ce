'use strict'

/** The mark of a session store: a property whose value is the version of the contract. */
const STORE = Symbol.for('koa-session-rs.store')

/** Returns whether a store, or the prototype of its class, is a session store: not a record store with koa-session's methods. */
function isSessionStore (store) {
  return store?.[STORE] === 1
}

/** A property of the second argument of `destroyAll`: the caller itself publishes which sessions end. */
const IS_PUBLISHED = Symbol('koa-session-rs published')

module.exports = { IS_PUBLISHED, STORE, isSessionStore }
