'use strict'

const { inspect } = require('node:util')

/** The session that `stringify` writes: JSON.stringify asks it first, reads the session itself, and no copy is made. */
let stringified

/** Returns the object it is given: what derives from it puts its private fields there. */
class Given {
  constructor (object) {
    return object
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
    this.#state = { context, isNew, expire, requireSave: false }
    // Last: an object whose prototype was changed is slow to take a field.
    Object.setPrototypeOf(object, Session.prototype)
  }

  /** Makes a session without data. */
  static create (context) {
    return new Session(context, {}, true)
  }

  /** Makes a session of data that somebody else may hold: its keys are copied. */
  static from (context, data) {
    const session = new Session(context, {}, false)
    for (const key in data) session.#copy(key, data[key])
    if (typeof data === 'object' && #state in data) session.#state = { ...data.#state, context }
    return session
  }

  #copy (key, value) {
    // Assigned, `__proto__` would become the prototype.
    if (key === '__proto__') return
    if (key === '_maxAge') this.#state.context.maxAge = value
    else if (key === '_session') this.#state.context.maxAge = 'session'
    // Not an assignment: a getter without a setter drops the value, and does not throw.
    else Reflect.set(this, key, value)
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
  get populated () { return this.length > 0 }

  /** Gives the time to live, in milliseconds, or 'session'; setting it saves the session. */
  get maxAge () { return this.#state.context.maxAge }
  set maxAge (value) {
    this.#state.context.maxAge = value
    this.#state.requireSave = true
  }

  /** Gives the id under which the store has this session; undefined without a store. */
  get externalKey () { return this.#state.context.externalKey }

  /** Saves the session, changed or not. */
  save (callback) { return this.#commit({ save: true }, callback) }

  /** Saves the session under a new id, and destroys the old one. */
  regenerate (callback) { return this.#commit({ regenerate: true }, callback) }

  /** Saves the session if it has to be: for `autoCommit: false`. */
  manuallyCommit () { return this.#commit() }

  commit (options, callback) {
    return typeof options === 'function' ? this.#commit({}, options) : this.#commit(options, callback)
  }

  #commit (options, callback) {
    const promise = this.#state.context.commit(options)
    if (!callback) return promise
    promise.then(() => callback(), callback)
  }

  /** Gives the user's data alone. */
  toJSON () {
    if (stringified !== this) return userData(this)
    stringified = undefined
    return this
  }

  [inspect.custom] () { return userData(this) }
}

/** Names on the prototype that data would shadow, and must not. */
const ACCESSORS = ['isNew', '_expire', '_requireSave', 'length', 'populated', 'maxAge', 'externalKey', '__proto__']

/** Tells whether parsed JSON may become a session as it is. */
function isAdoptable (data) {
  return typeof data === 'object' && data !== null && !Array.isArray(data) &&
    !ACCESSORS.some((name) => Object.hasOwn(data, name))
}

/** Copies the user's data out of a session: no functions, and no keys that begin with `_`. */
function userData (session) {
  const data = {}
  for (const key in session) {
    if (key[0] === '_' || key === 'isNew') continue
    const value = session[key]
    if (typeof value !== 'function') data[key] = value
  }
  return data
}

/**
 * Writes the user's data as JSON: the same text as of `userData`, in most cases without making that copy.
 *
 * @param {Session} session
 * @returns {string}
 */
function stringify (session) {
  if (Object.hasOwn(session, 'toJSON')) return JSON.stringify(userData(session))
  let json
  stringified = session
  try {
    json = JSON.stringify(session)
  } catch {
    // Of the user's data, or of what is not saved anyway.
    return JSON.stringify(userData(session))
  } finally {
    stringified = undefined
  }
  // A key that begins with `_`, somewhere; or a text that looks like one.
  return json.includes('"_') ? JSON.stringify(userData(session)) : json
}

module.exports = { Session, isAdoptable, stringify, userData }
