'use strict'

/** The property by which a session store is known. Its value is the version of the contract. */
const STORE = Symbol.for('koa-session-rs.store')

/** Tells a session store, or the prototype of its class, from one that has koa-session's three methods alone. */
function isSessionStore (store) {
  return store?.[STORE] === 1
}

module.exports = { STORE, isSessionStore }
