'use strict'

/** The mark of a session store: a property whose value is the version of the contract. */
const STORE = Symbol.for('koa-session-rs.store')

/** Returns whether a store, or the prototype of its class, is a session store: not a record store with koa-session's methods. */
function isSessionStore (store) {
  return store?.[STORE] === 1
}

module.exports = { STORE, isSessionStore }
