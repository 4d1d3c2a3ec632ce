'use strict'

const { inspect } = require('node:util')

const { incomingKeysOf, hasOnlyData, userData } = require('./user-data')
const { sessionError } = require('../base/errors')
const { emitError } = require('../base/events')
const { toJson } = require('./json')
const { hasKeys } = require('../base/own-keys')
const { isMaxAge, toMaxAge } = require('../base/max-age')
const { State, giveState, isSession, stateOf } = require('./session-state')
const { ACCESSORS, objectOf } = require('./snapshot')

/** The session that `stringify` writes: JSON.stringify asks it first, reads the session itself, and no copy is made. */
let stringified

/**
 * The object behind `ctx.session`. Its own properties are the user's data; all else is in its state or here.
 *
 * What inherits from a session is as that one. A copy has no state, and nor has a Proxy: what it is asked for is undefined, and
 * what it is given becomes a property, as in koa-session. A Proxy hands that on to the session.
 */
class Session {
  /**
   * Makes parsed JSON a session.
   *
   * An object that changes its prototype is slow to take new keys (in V8 before Node 24, each then has a shape of its
   * own), and one that is copied is slow to make. Small ones are copied.
   *
   * @param {object} context the ContextSession that it belongs to
   * @param {object} data nobody else may hold it
   * @param {number} [expire] milliseconds
   * @param {number} size the length of the JSON
   */
  static adopt (context, data, expire, size) {
    const object = size < SMALL ? { __proto__: Session.prototype, ...data } : data
    return become(object, new State(context, false, expire))
  }

  /**
   * Makes a session of a snapshot.
   *
   * @param {object} context
   * @param {import('./snapshot').Snapshot} snapshot
   * @param {number} [expire] milliseconds
   */
  static restore (context, snapshot, expire) {
    return become(snapshot.toObject(Session.prototype), new State(context, false, expire))
  }

  /** Makes a session without data. */
  static create (context) {
    return become({ __proto__: Session.prototype }, new State(context, true))
  }

  /**
   * Makes a session of data that somebody else may hold: their keys are copied, and as in koa-session those that they inherit,
   * but for what every object does.
   *
   * @param {object} context
   * @param {object} data
   * @param {boolean} isIncoming whether the data came from a store or cookie, where a bad maxAge is nobody's mistake
   */
  static from (context, data, isIncoming) {
    const known = new State(context, false)
    const keys = []
    const values = []
    const isAnyCommon = hasKeys(Object.prototype)
    for (const key in data) {
      if (INTERNAL.has(key)) restore(known, key, data[key], isIncoming)
      else if (!isAnyCommon || Object.hasOwn(data, key) || !isCommon(key)) {
        keys.push(key)
        values.push(data[key])
        if (isIncoming && key[0] === '_') incomingKeysOf(context).add(key)
      }
    }
    return become(objectOf(keys, values, Session.prototype), stateOf(data)?.of(context) ?? known)
  }

  /** There is no such key, and assigning to it does nothing: that of every object would replace the prototype. */
  get __proto__ () { return undefined }
  set __proto__ (value) {}

  /** Returns whether there was no session before this request. */
  get isNew () { return stateOf(this)?.isNew }
  set isNew (value) { assign(this, 'isNew', 'isNew', value) }

  /** Returns the time after which the session is expired, in milliseconds, as it was when it came in. */
  get _expire () { return stateOf(this)?.expire }
  set _expire (value) { assign(this, 'expire', '_expire', value) }

  /** Tells, and says, that the session is saved even if nothing changed. */
  get _requireSave () { return stateOf(this)?.requireSave }
  set _requireSave (value) { assign(this, 'requireSave', '_requireSave', value) }

  /** Counts the user's keys. */
  get length () { return Object.keys(dataOf(this)).length }

  /** Returns whether the user has put anything in. */
  get populated () { return Object.keys(dataOf(this)).length > 0 }

  /** Returns the time to live, in milliseconds, or 'session'; setting it saves the session. */
  get maxAge () { return stateOf(this)?.context.maxAge }
  set maxAge (value) {
    const state = requireState(this)
    state.context.assignMaxAge(toMaxAge(value))
    state.requireSave = true
  }

  /** Returns the id under which the store has this session; undefined without a store. */
  get externalKey () { return stateOf(this)?.context.externalKey }

  /** Saves the session, changed or not. */
  save (callback) { return commit(this, { save: true }, callback) }

  /** Saves the session under a new id, and destroys the old one. */
  regenerate (callback) { return commit(this, { regenerate: true }, callback) }

  /** Saves the session if it has to be: for `autoCommit: false`. */
  manuallyCommit () { return commit(this) }

  commit (options, callback) {
    return typeof options === 'function' ? commit(this, {}, options) : commit(this, options, callback)
  }

  /** Returns the user's data alone. */
  toJSON () {
    if (stringified !== this) return dataOf(this)
    stringified = undefined
    return this
  }

  [inspect.custom] () { return dataOf(this) }
}

/** The length of JSON below which copying its object pays. */
const SMALL = 600

/** Keys of data that do not become the session's own. */
const INTERNAL = new Set([...ACCESSORS, '__proto__', '_maxAge', '_session'])

/** Makes an object a session. Nobody else may hold it. */
function become (object, state) {
  giveState(object, state)
  return Object.setPrototypeOf(object, Session.prototype)
}

/** Returns whether every object has a key, by somebody's mistake. */
const isCommon = (key) => Object.keys(Object.prototype).includes(key)

/** Takes from data what is not the user's. Of the rest of the accessors, data have no say. */
function restore (known, key, value, isIncoming) {
  const { context } = known
  if (key === '_expire') known.expire = value
  else if (key === '_requireSave') known.requireSave = value
  else if (key === '_session') context.adoptMaxAge('session')
  else if (key === '_maxAge') {
    if (isMaxAge(value)) context.adoptMaxAge(value)
  } else if (key === 'maxAge' && !(isIncoming && !isMaxAge(value))) {
    context.assignMaxAge(toMaxAge(value))
    known.requireSave = true
  }
}

function assign (object, field, name, value) {
  const state = stateOf(object)
  if (state !== undefined) state[field] = value
  else Object.defineProperty(object, name, { value, writable: true, enumerable: false, configurable: true })
}

function commit (session, options, callback) {
  const { context } = requireState(session)
  const promise = context.commit(options)
  if (!callback) return promise
  promise.then(() => callback(), callback).then(undefined, (err) => emitError(context.ctx, err))
}

/** Finds the state that nothing can be done without. */
function requireState (object) {
  const state = stateOf(object)
  if (state !== undefined) return state
  throw sessionError('ERR_SESSION_UNKNOWN', 'what a copy of the session or a Proxy cannot do, ctx.session can', TypeError)
}

/** Returns the user's data in a session; of what inherits from one, with its own keys. */
function dataOf (object) {
  if (isSession(object)) return userData(object)
  const prototype = Object.getPrototypeOf(object)
  const inherited = stateOf(prototype) === undefined ? undefined : dataOf(prototype)
  return { ...inherited, ...userData(object) }
}

/**
 * Returns whether parsed JSON may become a session as it is: none of its keys is the session's own.
 *
 * Each name is written out: looked up by a variable, it costs fifty times as much in a large object.
 */
function isAdoptable (data) {
  return typeof data === 'object' && data !== null && !Array.isArray(data) &&
    !('isNew' in data || '_expire' in data || '_requireSave' in data || 'length' in data || 'populated' in data ||
      'maxAge' in data || 'externalKey' in data || Object.hasOwn(data, '__proto__'))
}

/**
 * Writes the user's data as JSON: the same text as of `userData`, in most cases without making that copy.
 *
 * @param {Session} session
 * @returns {string}
 * @throws {TypeError} code ERR_SESSION_VALUE for a BigInt
 */
function stringify (session) {
  // The app may have put another toJSON there, which is not asked.
  if (session.toJSON !== Session.prototype.toJSON || !hasOnlyData(session)) return toJson(userData(session))
  stringified = session
  try {
    return toJson(session)
  } finally {
    stringified = undefined
  }
}

module.exports = { Session, isAdoptable, stringify }
