'use strict'

const { SessionOptionError, invalidOptionOf, typeOf, warnOnce } = require('../base/errors')
const { STORE } = require('../base/store-contract')

const invalidOption = invalidOptionOf('docs/stores.md#a-store-of-your-own')

/** Where docs/adapters.md describes the adapters. */
const SECTIONS = { connect: 'stores-of-express-session', generic: 'stores-of-koa-generic-session', keyv: 'keyv' }

/** koa-session's methods, with the number of parameters of a method that takes a callback. */
const WITH_CALLBACK = { get: 2, set: 3, destroy: 2 }
const METHODS = Object.keys(WITH_CALLBACK)

/** The methods of a session store that are called here. */
const CONTRACT = ['create', 'load', 'merge', 'touch', 'regenerate', 'destroy', 'list', 'destroyAll']

/**
 * Throws for a store of another middleware, which cannot work, and names the adapter for it.
 *
 * A store of express-session whose methods return promises works, but with the wrong time to live: for that it warns.
 *
 * @param {object} store as given to `session({ store })`, or the prototype of a ContextStore
 * @param {(code: string, message: string) => void} [tell] warns
 * @throws {SessionOptionError} code ERR_SESSION_OPTION, option 'store'
 */
function checkStore (store, tell = warnOnce) {
  if (store == null) return
  if (store[STORE] !== undefined) return checkContract(store)
  if (METHODS.some((name) => isGenerator(store[name]))) throw needsAdapter('generic', 'genericStore', 'generator functions', store)
  if (isKeyv(store)) throw needsAdapter('keyv', 'keyvStore', 'of a Keyv', store)
  if (!isExpressStore(store)) return
  if (METHODS.some((name) => takesCallback(store[name], WITH_CALLBACK[name]))) {
    throw needsAdapter('connect', 'connectStore', 'of express-session, and take callbacks', store)
  }
  tell('KOA_SESSION_RS_ADAPTER',
    'the store is one of express-session: it does not know how long sessions live here. Give session() ' +
    "store: connectStore(store), of require('koa-session-rs/adapters/connect')")
}

/** Throws for a store that has the mark of a session store, but not its methods. */
function checkContract (store) {
  if (store[STORE] !== 1) throw invalidOption('store[Symbol.for(\'koa-session-rs.store\')]', '1', store[STORE])
  const missing = CONTRACT.find((name) => typeof store[name] !== 'function')
  if (missing !== undefined) throw invalidOption(`store.${missing}`, 'function, as in a session store', store[missing])
}

function needsAdapter (file, name, what, store) {
  const message = `Invalid input: the methods of option store are ${what}. Give session() store: ${name}(store), of ` +
    `require('koa-session-rs/adapters/${file}')`
  const expected = `what koa-session-rs/adapters/${file} makes of it`
  return new SessionOptionError(message, { option: 'store', expected, received: typeOf(store), page: `docs/adapters.md#${SECTIONS[file]}` })
}

/** Returns whether a method is a generator function, also a compiled one: called directly, it would do nothing. */
function isGenerator (method) {
  return typeof method === 'function' && /Generator/.test(Object.prototype.toString.call(method))
}

function isKeyv (store) {
  const { get, set, delete: remove, destroy, opts } = store
  return [get, set, remove].every((method) => typeof method === 'function') && destroy === undefined && typeof opts === 'object'
}

/** Recognises express-session's class Store by its methods. `instanceof` would not do, since stores bring their own copy of it. */
function isExpressStore ({ createSession, regenerate }) {
  return typeof createSession === 'function' && typeof regenerate === 'function'
}

/**
 * Returns whether a method has a parameter for a callback, also one with a default value, which `length` does not count. A method
 * without one can only return its result.
 */
function takesCallback (method, count) {
  return typeof method === 'function' && Math.max(method.length, parametersOf(method)) >= count
}

/** Counts the parameters in the text of a function. */
function parametersOf (method) {
  const text = Function.prototype.toString.call(method)
  const begin = text.indexOf('(')
  if (begin < 0 || text.slice(0, begin).includes('=>')) return 0
  let depth = 0
  let count = 0
  let isEmpty = true
  for (const character of text.slice(begin)) {
    if ('([{'.includes(character)) depth++
    else if (')]}'.includes(character)) depth--
    else if (depth === 1 && character === ',') count++
    else if (character.trim() !== '') isEmpty = false
    if (depth === 0) break
  }
  return isEmpty ? 0 : count + 1
}

module.exports = { checkStore }
