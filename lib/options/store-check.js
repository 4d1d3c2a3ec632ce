'use strict'

const { SessionOptionError, invalidOption, typeOf, warnOnce } = require('../base/errors')
const { STORE } = require('../base/store-contract')

/** koa-session's methods, and how many parameters each has where the last one is a callback. */
const WITH_CALLBACK = { get: 2, set: 3, destroy: 2 }
const METHODS = Object.keys(WITH_CALLBACK)

/** What the request path and the handle ask of a session store. */
const CONTRACT = ['create', 'load', 'merge', 'touch', 'regenerate', 'destroy', 'list', 'destroyAll']

/**
 * Throws for a store that cannot work because it is made for another middleware, and names the adapter that makes it work.
 *
 * A store of express-session whose methods give promises does work, but keeps no session as long as it should: it warns.
 *
 * @param {object} store as given to `session({ store })`, or the prototype of a ContextStore
 * @throws {SessionOptionError} code ERR_SESSION_OPTION, option 'store'
 */
function checkStore (store) {
  if (store == null) return
  if (store[STORE] !== undefined) return checkContract(store)
  if (METHODS.some((name) => isGenerator(store[name]))) throw needsAdapter('generic', 'genericStore', 'generator functions', store)
  if (isKeyv(store)) throw needsAdapter('keyv', 'keyvStore', 'of a Keyv', store)
  if (!isExpressStore(store)) return
  if (METHODS.some((name) => takesCallback(store[name], WITH_CALLBACK[name]))) {
    throw needsAdapter('connect', 'connectStore', 'of express-session, and answer callbacks', store)
  }
  warnOnce('KOA_SESSION_RS_ADAPTER',
    'the store is one of express-session: it does not know how long sessions live here. Give session() ' +
    "store: connectStore(store), of require('koa-session-rs/adapters/connect')")
}

/** Throws for a store that says that it is a session store, and is none. */
function checkContract (store) {
  if (store[STORE] !== 1) throw invalidOption('store[Symbol.for(\'koa-session-rs.store\')]', '1', store[STORE])
  const missing = CONTRACT.find((name) => typeof store[name] !== 'function')
  if (missing !== undefined) throw invalidOption(`store.${missing}`, 'function, as in a session store', store[missing])
}

function needsAdapter (file, name, what, store) {
  const message = `Invalid input: the methods of option store are ${what}. Give session() store: ${name}(store), of ` +
    `require('koa-session-rs/adapters/${file}')`
  const expected = `what koa-session-rs/adapters/${file} makes of it`
  return new SessionOptionError(message, { option: 'store', expected, received: typeOf(store) })
}

/** Tells generator functions, compiled ones too, which nobody would run. */
function isGenerator (method) {
  return typeof method === 'function' && /Generator/.test(Object.prototype.toString.call(method))
}

function isKeyv (store) {
  const { get, set, delete: remove, destroy, opts } = store
  return [get, set, remove].every((method) => typeof method === 'function') && destroy === undefined && typeof opts === 'object'
}

/** Tells express-session's class Store by what it inherits from there: stores have copies of that package of their own. */
function isExpressStore ({ createSession, regenerate }) {
  return typeof createSession === 'function' && typeof regenerate === 'function'
}

/**
 * Returns whether a method names a callback among its parameters, be it one with a default, which `length` leaves out. One that
 * names none can only answer by what it returns.
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
