'use strict'

const { inspect } = require('node:util')

const { incomingKeysOf, hasOnlyData, userData } = require('./user-data')
const { sessionError } = require('../base/errors')
const { emitError } = require('../base/events')
const { toJson } = require('./json')
const { hasKeys } = require('../base/own-keys')
const { isMaxAge, toMaxAge } = require('../base/max-age')
const { ACCESSORS } = require('./shape')
const { State, StateHolder, isSession, stateOf } = require('./session-state')
const { Snapshot } = require('./snapshot')

/** The session that `stringify` is serialising. Its toJSON then returns the session itself, without a copy. */
let stringified

/**
 * The object behind `ctx.session`. Its own properties are the user's data; everything else is in its state or on the prototype.
 *
 * An object that inherits from a session behaves like it. A copy or a Proxy has no state: as in koa-session, reading an accessor
 * returns undefined, and setting one defines a property (which a Proxy passes on to its target, the session).
 */
class Session extends StateHolder {
  /**
   * Turns parsed JSON into a session. Few keys are copied; else the object itself becomes the session, since copying many keys is slow.
   *
   * @param {object} contextSession the one that the session belongs to
   * @param {object} data modified, so the caller must not keep it
   * @param {import('./snapshot').Snapshot} [snapshot] of the data
   * @param {number} [expire] milliseconds
   */
  static adopt (contextSession, data, snapshot, expire) {
    const state = new State(contextSession, false, expire)
    return snapshot?.isNarrow ? snapshot.addTo(new Session(state)) : become(data, state)
  }

  /**
   * Creates a session from a snapshot.
   *
   * @param {object} contextSession
   * @param {import('./snapshot').Snapshot} snapshot
   * @param {number} [expire] milliseconds
   */
  static restore (contextSession, snapshot, expire) {
    return make(snapshot, new State(contextSession, false, expire))
  }

  /** Creates a session without data. */
  static create (contextSession) {
    return new Session(new State(contextSession, true))
  }

  /**
   * Creates a session from a copy of data. As in koa-session, inherited keys are copied too, except for those of Object.prototype.
   *
   * @param {object} contextSession
   * @param {object} data not modified
   * @param {boolean} isIncoming whether the data came from a store or cookie, where a bad maxAge is ignored instead of thrown
   */
  static from (contextSession, data, isIncoming) {
    const state = new State(contextSession, false)
    const keys = []
    const values = []
    const isPolluted = hasKeys(Object.prototype)
    for (const key in data) {
      if (INTERNAL.has(key)) restore(state, key, data[key], isIncoming)
      else if (!isPolluted || Object.hasOwn(data, key) || !isPollution(key)) {
        keys.push(key)
        values.push(data[key])
        if (isIncoming && key[0] === '_') incomingKeysOf(contextSession).add(key)
      }
    }
    return make(Snapshot.unchecked(keys, values), stateOf(data)?.copyFor(contextSession) ?? state)
  }

  /** Reads as undefined and ignores assignments. The inherited accessor would replace the prototype. */
  get __proto__ () { return undefined }
  set __proto__ (value) {}

  /** Returns whether there was no session before this request. */
  get isNew () { return stateOf(this)?.isNew }
  set isNew (value) { assign(this, 'isNew', 'isNew', value) }

  /** Returns when the session expires, in milliseconds, as it was at the load. */
  get _expire () { return stateOf(this)?.expire }
  set _expire (value) { assign(this, 'expire', '_expire', value) }

  /** Whether the session is saved even if nothing changed. */
  get _requireSave () { return stateOf(this)?.requireSave }
  set _requireSave (value) { assign(this, 'requireSave', '_requireSave', value) }

  /** Counts the user's keys. */
  get length () { return Object.keys(dataOf(this)).length }

  /** Returns whether the session has any data. */
  get populated () { return Object.keys(dataOf(this)).length > 0 }

  /** Returns the time to live, in milliseconds, or 'session'; setting it saves the session. */
  get maxAge () { return stateOf(this)?.contextSession.maxAge }
  set maxAge (value) {
    const state = requireState(this)
    state.contextSession.assignMaxAge(toMaxAge(value))
    state.requireSave = true
  }

  /** Returns the id under which the store has this session; undefined without a store. */
  get externalKey () { return stateOf(this)?.contextSession.externalKey }

  /** Saves the session even if nothing changed. */
  save (callback) { return commit(this, { save: true }, callback) }

  /** Saves the session under a new id, and destroys the old one. */
  regenerate (callback) { return commit(this, { regenerate: true }, callback) }

  /** Saves the session if there is a reason to: for `autoCommit: false`. */
  manuallyCommit () { return commit(this) }

  commit (options, callback) {
    return typeof options === 'function' ? commit(this, {}, options) : commit(this, options, callback)
  }

  /** Returns the user's data. */
  toJSON () {
    if (stringified !== this) return dataOf(this)
    stringified = undefined
    return this
  }

  [inspect.custom] () { return dataOf(this) }
}

// A session inherits only the members of this class and of Object.prototype, none of StateHolder.
Object.setPrototypeOf(Session.prototype, Object.prototype)

/** Keys of data that do not become properties of the session. */
const INTERNAL = new Set([...ACCESSORS, '__proto__', '_maxAge', '_session'])

/** Makes a session of a snapshot. */
function make (snapshot, state) {
  return snapshot.isNarrow ? snapshot.addTo(new Session(state)) : become(snapshot.toObject(), state)
}

/**
 * Turns an object into a session, in place. Its state is added before its prototype is changed, since adding fields is slow
 * afterwards: in V8 before Node 24, each object then has a hidden class of its own.
 */
function become (object, state) {
  return Object.setPrototypeOf(new StateHolder(state, object), Session.prototype)
}

/** Returns whether a key comes from prototype pollution: an enumerable property of Object.prototype. */
const isPollution = (key) => Object.keys(Object.prototype).includes(key)

/** Restores state from an internal key of data. Keys of the other accessors (isNew, length, ...) are ignored. */
function restore (state, key, value, isIncoming) {
  const { contextSession } = state
  if (key === '_expire') state.expire = value
  else if (key === '_requireSave') state.requireSave = value
  else if (key === '_session') contextSession.adoptMaxAge('session')
  else if (key === '_maxAge') {
    if (isMaxAge(value)) contextSession.adoptMaxAge(value)
  } else if (key === 'maxAge' && !(isIncoming && !isMaxAge(value))) {
    contextSession.assignMaxAge(toMaxAge(value))
    state.requireSave = true
  }
}

function assign (object, field, name, value) {
  const state = stateOf(object)
  if (state !== undefined) state[field] = value
  else Object.defineProperty(object, name, { value, writable: true, enumerable: false, configurable: true })
}

function commit (session, options, callback) {
  const { contextSession } = requireState(session)
  const promise = contextSession.commit(options)
  if (!callback) return promise
  promise.then(() => callback(), callback).then(undefined, (err) => emitError(contextSession.ctx, err))
}

/** Returns the state of a session. Throws for an object without one. */
function requireState (object) {
  const state = stateOf(object)
  if (state !== undefined) return state
  throw sessionError('ERR_SESSION_UNKNOWN', 'this works on ctx.session alone, not on a copy or a Proxy of it', TypeError)
}

/** Returns the user's data of a session; of an object that inherits from one, together with its own keys. */
function dataOf (object) {
  if (isSession(object)) return userData(object)
  const prototype = Object.getPrototypeOf(object)
  const inherited = stateOf(prototype) === undefined ? undefined : dataOf(prototype)
  return { ...inherited, ...userData(object) }
}

/**
 * Returns whether parsed JSON may become a session without a copy: none of its keys is the name of an accessor, or the envelope's.
 *
 * The names are literals, since a lookup by a variable costs fifty times as much in a large object.
 */
function isAdoptable (data) {
  return typeof data === 'object' && data !== null && !Array.isArray(data) &&
    !('isNew' in data || '_expire' in data || '_requireSave' in data || 'length' in data || 'populated' in data ||
      'maxAge' in data || 'externalKey' in data || '_maxAge' in data || '_session' in data || Object.hasOwn(data, '__proto__'))
}

/**
 * Serialises the user's data: the JSON of `userData`, in most cases without that copy.
 *
 * @param {Session} session
 * @returns {string}
 * @throws {TypeError} code ERR_SESSION_VALUE for a BigInt
 */
function stringify (session) {
  // A toJSON that the app has defined is not called.
  if (session.toJSON !== Session.prototype.toJSON || !hasOnlyData(session)) return toJson(userData(session))
  stringified = session
  try {
    return toJson(session)
  } finally {
    stringified = undefined
  }
}

module.exports = { Session, isAdoptable, stringify }
