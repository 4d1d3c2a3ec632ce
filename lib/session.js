'use strict'

const { inspect } = require('node:util')

const { warnOnce } = require('./errors')
const { tellError } = require('./events')
const { toJson } = require('./json')
const { isMaxAge, toMaxAge } = require('./max-age')
const { ACCESSORS, Snapshot } = require('./snapshot')

/** The session that `stringify` writes: JSON.stringify asks it first, reads the session itself, and no copy is made. */
let stringified

/** Returns the object it is given: what derives from it puts its private fields there. */
class Given {
  constructor (object) {
    return object
  }
}

/**
 * What a session knows of itself beside its data.
 *
 * Not a literal: where many requests wait, V8 takes those that it makes in one place for long-lived, and puts them among the old
 * objects. There each keeps its request, with all that belongs to it, until the next collection of those.
 */
class State {
  requireSave = false

  constructor (context, isNew, expire) {
    this.context = context
    this.isNew = isNew
    this.expire = expire
  }

  /** Gives the same of another context's session. */
  of (context) {
    const state = new State(context, this.isNew, this.expire)
    state.requireSave = this.requireSave
    return state
  }
}

/**
 * The object behind `ctx.session`. Its own properties are the user's data; all else is private or on the prototype.
 */
class Session extends Given {
  /** One field, since each that an object is given costs anew. */
  #state

  /**
   * @param {object} context the ContextSession that it belongs to
   * @param {object} object what becomes the session: nobody else may hold it
   * @param {boolean} isNew
   * @param {number} [expire] milliseconds
   */
  constructor (context, object, isNew, expire) {
    super(object)
    this.#state = new State(context, isNew, expire)
    // Last: an object whose prototype was changed is slow to take a field.
    Object.setPrototypeOf(object, Session.prototype)
  }

  /**
   * Makes parsed JSON a session.
   *
   * An object that changes its prototype is slow to take new keys (in V8 before Node 24, each then has a shape of its
   * own), and one that is copied is slow to make. Small ones are copied.
   *
   * @param {object} context
   * @param {object} data nobody else may hold it
   * @param {number} [expire] milliseconds
   * @param {number} size the length of the JSON
   */
  static adopt (context, data, expire, size) {
    context.snapshot = Snapshot.of(data)
    return new Session(context, size < SMALL ? { __proto__: Session.prototype, ...data } : data, false, expire)
  }

  /**
   * Makes a session of a store's record, where nothing in it can change unseen.
   *
   * @param {object} context
   * @param {object} record somebody else may hold it
   * @returns {Session|undefined} undefined where the record is not flat, or its envelope is not one of ours
   */
  static restore (context, record) {
    const snapshot = Snapshot.of(record, true)
    const { _expire: expire, _maxAge: maxAge, _session: isBrowser } = record
    if (snapshot === undefined || (isBrowser !== undefined && maxAge !== undefined)) return undefined
    if (isBrowser !== undefined) context.maxAge = 'session'
    else if (isMaxAge(maxAge)) context.maxAge = maxAge
    context.snapshot = snapshot
    return new Session(context, snapshot.toObject(Session.prototype), false, expire)
  }

  /** Makes a session without data. */
  static create (context) {
    return new Session(context, {}, true)
  }

  /**
   * Makes a session of data that somebody else may hold: its keys are copied.
   *
   * @param {object} context
   * @param {object} data
   * @param {boolean} isIncoming whether the data came from a store or cookie, where a bad maxAge is nobody's mistake
   */
  static from (context, data, isIncoming) {
    const object = {}
    const known = new State(context, false, undefined)
    for (const key in data) {
      if (INTERNAL.has(key)) restore(known, key, data[key], isIncoming)
      else object[key] = data[key]
      if (isIncoming && key[0] === '_') incomingOf(context).add(key)
    }
    const session = new Session(context, object, false, undefined)
    session.#state = #state in Object(data) ? data.#state.of(context) : known
    return session
  }

  /** Tells whether there was no session before this request. */
  get isNew () { return this.#state.isNew }
  set isNew (value) { this.#state.isNew = value }

  /** Gives the time after which the session is expired, in milliseconds, as it was when it came in. */
  get _expire () { return this.#state.expire }
  set _expire (value) { this.#state.expire = value }

  /** Tells, and says, that the session is saved even if nothing changed. */
  get _requireSave () { return this.#state.requireSave }
  set _requireSave (value) { this.#state.requireSave = value }

  /** Counts the user's keys. */
  get length () { return Object.keys(userData(this)).length }

  /** Tells whether the user has put anything in. */
  get populated () { return isPopulated(this) }

  /** Gives the time to live, in milliseconds, or 'session'; setting it saves the session. */
  get maxAge () { return this.#state.context.maxAge }
  set maxAge (value) {
    this.#state.context.assignMaxAge(toMaxAge(value))
    this.#state.requireSave = true
  }

  /** Gives the id under which the store has this session; undefined without a store. */
  get externalKey () { return this.#state.context.externalKey }

  /** Saves the session, changed or not. */
  save (callback) { return Session.#commit(this, { save: true }, callback) }

  /** Saves the session under a new id, and destroys the old one. */
  regenerate (callback) { return Session.#commit(this, { regenerate: true }, callback) }

  /** Saves the session if it has to be: for `autoCommit: false`. */
  manuallyCommit () { return Session.#commit(this) }

  commit (options, callback) {
    return typeof options === 'function' ? Session.#commit(this, {}, options) : Session.#commit(this, options, callback)
  }

  // Static: a private method of its own would mark each session as one that has it.
  static #commit (session, options, callback) {
    const promise = session.#state.context.commit(options)
    if (!callback) return promise
    promise.then(() => callback(), callback).then(undefined, (err) => tellError(session.#state.context.ctx, err))
  }

  /** Tells whether keys that begin with `_` are the user's too (`underscoreKeys`). */
  static keepsUnderscores (session) {
    return session.#state.context.options.underscoreKeys === true
  }

  /** Tells whether data came in for this request that have a key. */
  static cameWith (session, key) {
    return incomingOf(session.#state.context).has(key)
  }

  /** Gives the user's data alone. */
  toJSON () {
    if (stringified !== this) return userData(this)
    stringified = undefined
    return this
  }

  [inspect.custom] () { return userData(this) }
}

/** The length of JSON below which copying its object pays. */
const SMALL = 600

/** Keys of data that do not become the session's own. `__proto__` would replace its prototype. */
const INTERNAL = new Set([...ACCESSORS, '__proto__', '_maxAge', '_session'])

/** Takes from data what is not the user's. Of the rest of the accessors, data have no say. */
function restore (known, key, value, isIncoming) {
  const { context } = known
  if (key === '_expire') known.expire = value
  else if (key === '_requireSave') known.requireSave = value
  else if (key === '_session') context.maxAge = 'session'
  else if (key === '_maxAge') context.maxAge = isMaxAge(value) ? value : context.maxAge
  else if (key === 'maxAge' && !(isIncoming && !isMaxAge(value))) {
    context.assignMaxAge(toMaxAge(value))
    known.requireSave = true
  }
}

/**
 * Tells whether parsed JSON may become a session as it is. An own `__proto__` is no more than a key then.
 *
 * Each name is written out: looked up by a variable, it costs fifty times as much in a large object.
 */
function isAdoptable (data) {
  return typeof data === 'object' && data !== null && !Array.isArray(data) &&
    !('isNew' in data || '_expire' in data || '_requireSave' in data || 'length' in data || 'populated' in data ||
      'maxAge' in data || 'externalKey' in data)
}

/** @type {WeakMap<object, Set<string>>} by ContextSession: keys that came in, those that begin with `_` at least */
const incoming = new WeakMap()

/** Gives these keys. Where data came in as JSON, that is looked into when one of them is met. */
function incomingOf (context) {
  if (!incoming.has(context)) incoming.set(context, new Set(Object.keys(JSON.parse(context.opened ?? '{}'))))
  return incoming.get(context)
}

/** Keys that are not the user's: what the envelope holds, and our own. */
const RESERVED = new Set(['_expire', '_maxAge', '_session', '_requireSave', '__proto__'])

/** Copies the user's data out of a session: no functions, and no keys that begin with `_` unless they are kept. */
function userData (session) {
  const data = {}
  for (const key in session) {
    if (key === 'isNew' || (key[0] === '_' && !isKept(session, key))) continue
    const value = session[key]
    if (typeof value !== 'function') data[key] = value
  }
  return data
}

function isKept (session, key) {
  if (RESERVED.has(key)) return false
  if (Session.keepsUnderscores(session)) return true
  // A store puts keys of its own there: nobody in this request has to rename them.
  if (Session.cameWith(session, key)) return false
  warnOnce('KOA_SESSION_RS_UNDERSCORE',
    `session.${key} is not saved, since its name begins with an underscore: rename it, or set underscoreKeys: true`)
  return false
}

/** Tells whether the user has put anything in. */
function isPopulated (session) {
  for (const key in session) {
    if (key !== 'isNew' && typeof session[key] !== 'function' && (key[0] !== '_' || isKept(session, key))) return true
  }
  return false
}

/**
 * Writes the user's data as JSON: the same text as of `userData`, in most cases without making that copy.
 *
 * @param {Session} session
 * @returns {string}
 */
function stringify (session) {
  if (Object.hasOwn(session, 'toJSON')) return toJson(userData(session))
  let json
  stringified = session
  try {
    json = JSON.stringify(session)
  } catch {
    // Of the user's data, or of what is not saved anyway.
    return toJson(userData(session))
  } finally {
    stringified = undefined
  }
  // A key that begins with `_`, somewhere; or a text that looks like one.
  return json.includes('"_') ? toJson(userData(session)) : json
}

module.exports = { Session, isAdoptable, isPopulated, stringify, userData }
