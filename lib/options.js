'use strict'

const binding = require('./binding')
const codec = require('./codec')
const { CookiePool } = require('./cookie-pool')

/** Defaults of the options that have one. `null` and `undefined` mean the default. */
const DEFAULTS = Object.freeze({
  key: 'koa.sess',
  autoCommit: true,
  overwrite: true,
  httpOnly: true,
  signed: true,
  rolling: false,
  renew: false,
  encode: codec.encode,
  decode: codec.decode
})

const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function'
const isString = (value) => typeof value === 'string'
const isBoolean = (value) => typeof value === 'boolean'
const isFunction = (value) => typeof value === 'function'
const isMaxAge = (value) => value === 'session' || (typeof value === 'number' && !Number.isNaN(value))
const isSameSite = (value) => typeof value === 'string' || typeof value === 'boolean'

/** What each option has to be; where nothing is said, `cookies` judges it at the time of sending. */
const EXPECTED = {
  key: ['string', isString],
  maxAge: ["number of milliseconds or 'session'", isMaxAge],
  autoCommit: ['boolean', isBoolean],
  overwrite: ['boolean', isBoolean],
  httpOnly: ['boolean', isBoolean],
  signed: ['boolean', isBoolean],
  rolling: ['boolean', isBoolean],
  renew: ['boolean', isBoolean],
  secure: ['boolean', isBoolean],
  sameSite: ['string or boolean', isSameSite],
  encode: ['function', isFunction],
  decode: ['function', isFunction],
  genid: ['function', isFunction],
  prefix: ['string', isString],
  valid: ['function', isFunction],
  beforeSave: ['function', isFunction]
}

/** Options that are objects with methods. */
const METHODS = { store: ['get', 'set', 'destroy'], externalKey: ['get', 'set'], ContextStore: ['get', 'set', 'destroy'] }

/** Options that are read anew for every request, so that a change after the start counts. */
const WATCHED = [
  ...Object.keys(EXPECTED), ...Object.keys(METHODS),
  'maxage', 'domain', 'path', 'expires', 'priority', 'partitioned', 'secureProxy'
]

/** An option that is not what it has to be. */
class SessionOptionError extends TypeError {
  /**
   * @param {string} message
   * @param {{ option: string, expected: string, received: string }} details
   */
  constructor (message, details) {
    super(message)
    this.name = 'SessionOptionError'
    this.code = 'ERR_SESSION_OPTION'
    Object.assign(this, details)
  }
}

/** The options of one `session(opts, app)`, read live from the caller's object and never written to it. */
class Settings {
  #given
  #seen
  #current
  /** The cookies that the core has prepared for these options. */
  pool = new CookiePool()

  /**
   * @param {object} [given] the caller's object
   * @throws {SessionOptionError}
   */
  constructor (given) {
    check(given ?? {})
    this.#given = given ?? {}
  }

  /** Tells whether sessions live in a store. */
  get hasStore () { return Boolean(this.#given.ContextStore || this.#given.store) }

  /** Gives the options with their defaults: a frozen object, the same one for as long as nothing changes. */
  get current () {
    if (this.#seen === undefined || !this.#isFresh()) {
      this.#seen = WATCHED.map((name) => this.#given[name])
      this.#current = Object.freeze(complete(this.#given))
    }
    return this.#current
  }

  #isFresh () {
    for (let i = 0; i < WATCHED.length; i++) {
      if (this.#given[WATCHED[i]] !== this.#seen[i]) return false
    }
    return true
  }
}

/** Returns a copy of the caller's options, keys in their order, with the defaults behind. */
function complete (given) {
  const options = { ...given }
  if (isRenamed(given)) options.maxAge = given.maxage
  for (const name in DEFAULTS) options[name] ??= DEFAULTS[name]
  options.genid ??= () => binding.newId(options.prefix || '')
  // A null attribute would be one that is there, to `cookies`.
  if (options.sameSite == null) delete options.sameSite
  if (options.secure === null) delete options.secure
  if (options.maxAge === null) delete options.maxAge
  return options
}

/** Tells whether maxAge is given by its old spelling. */
function isRenamed (given) {
  return !('maxAge' in given) && 'maxage' in given
}

/** Throws at the first option that is not what it has to be. */
function check (given) {
  if (typeof given !== 'object') throw invalid('opts', 'object', given)
  for (const name in EXPECTED) {
    const [expected, isExpected] = EXPECTED[name]
    const value = name === 'maxAge' && isRenamed(given) ? given.maxage : given[name]
    if (value != null && !isExpected(value)) throw invalid(name, expected, value)
  }
  if (isRenamed(given) && process.env.NODE_ENV !== 'production') {
    process.emitWarning('the option maxage is now maxAge', 'DeprecationWarning', 'KOA_SESSION_RS_MAXAGE')
  }
  if (given.ContextStore && !isClass(given.ContextStore)) {
    throw refuse('ContextStore must be a class', 'ContextStore', 'class', given.ContextStore)
  }
  for (const name in METHODS) checkMethods(name, given[name])
}

function checkMethods (name, value) {
  if (!value) return
  const [path, object] = name === 'ContextStore' ? ['ContextStore.prototype', value.prototype] : [name, value]
  for (const method of METHODS[name]) {
    if (isObject(object) && typeof object[method] === 'function') continue
    throw refuse(`${path}.${method} must be function`, `${path}.${method}`, 'function', object?.[method])
  }
}

/** Tells a class, also one that Babel made a function of. */
function isClass (value) {
  if (typeof value !== 'function') return false
  const text = Function.prototype.toString.call(value)
  return /^class[\s{]/.test(text) || /^[^{]*\{[^\n]*classCallCheck\(/.test(text.replace(/\{\s*/, '{'))
}

function invalid (option, expected, value) {
  const received = typeOf(value)
  return refuse(`Invalid input: option ${option} must be ${expected}, received ${received}`, option, expected, value)
}

function refuse (message, option, expected, value) {
  return new SessionOptionError(message, { option, expected, received: typeOf(value) })
}

/** Names a value's type, never the value: it may be a secret. */
function typeOf (value) {
  if (value === null) return 'null'
  if (Number.isNaN(value)) return 'nan'
  return Array.isArray(value) ? 'array' : typeof value
}

/** What `SessionOptions` is at run time: `parse` checks options and gives them with their defaults. */
const SessionOptions = Object.freeze({
  parse (given) {
    if (!isObject(given)) throw invalid('opts', 'object', given)
    check(given)
    const options = {}
    for (const name of [...Object.keys(EXPECTED), ...Object.keys(METHODS)]) {
      const value = given[name] ?? DEFAULTS[name]
      if (value !== undefined) options[name] = value
    }
    return options
  }
})

module.exports = { Settings, SessionOptions, SessionOptionError }
