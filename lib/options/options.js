'use strict'

const { types: { isUint8Array } } = require('node:util')

const codec = require('../cookie/codec')
const { NativeCookies } = require('../cookie/native-cookies')
const { invalidOption, invalidOptionOf, warnOnce } = require('../base/errors')
const { callHook, requireSync } = require('../base/hook')
const { newId } = require('../base/id')
const { toMaxAge } = require('../base/max-age')
const { isSessionStore } = require('../base/store-contract')

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

const isOf = (...types) => (value) => types.includes(typeof value)
const isObject = isOf('object', 'function')

const STRING = ['string', isOf('string')]
const BOOLEAN = ['boolean', isOf('boolean')]
const FUNCTION = ['function', isOf('function')]
const TIMEOUT = ['positive number of milliseconds', (value) => Number.isFinite(value) && value > 0]

/** For each option, the expectation in words, and a check. The package `cookies` checks the other options when it sends a cookie. */
const EXPECTED = {
  key: STRING,
  autoCommit: BOOLEAN,
  overwrite: BOOLEAN,
  httpOnly: ['boolean or function', isOf('boolean', 'function')],
  signed: BOOLEAN,
  rolling: BOOLEAN,
  renew: BOOLEAN,
  secure: [
    "boolean, 'auto', 'force' or function",
    (value) => value === 'auto' || value === 'force' || isOf('boolean', 'function')(value)
  ],
  sameSite: ['string, boolean or function', isOf('string', 'boolean', 'function')],
  encode: FUNCTION,
  decode: FUNCTION,
  genid: FUNCTION,
  prefix: STRING,
  valid: FUNCTION,
  beforeSave: FUNCTION,
  as: STRING,
  storeMaxAge: ['finite number of milliseconds', Number.isFinite],
  configMaxAge: BOOLEAN,
  onStoreError: FUNCTION,
  lazy: BOOLEAN,
  ignore: FUNCTION,
  early: BOOLEAN,
  rollUntouched: BOOLEAN,
  underscoreKeys: BOOLEAN,
  clearOnlySent: BOOLEAN,
  idPattern: ['RegExp', (value) => value instanceof RegExp],
  cacheControl: BOOLEAN,
  merge: BOOLEAN,
  subject: ['string or function', isOf('string', 'function')],
  label: FUNCTION,
  keys: ['array of strings and Uint8Arrays, none of them empty, or a Keygrip', isKeys],
  seal: ["boolean, or { accept: 'signed', write: 'signed' }", isSeal],
  chunks: ['whole number from 1 to 32', isWithin(1, 32)],
  idBytes: ['whole number from 16 to 64', isWithin(16, 64)],
  absoluteTimeout: TIMEOUT,
  idleTimeout: TIMEOUT,
  touchAfter: TIMEOUT,
  hardened: BOOLEAN,
  revocations: ['store with get, set and destroy, or Revocations', isObject],
  maxSessions: ["positive integer, or { max, overflow: 'oldest' | 'refuse' }", isSessionLimit]
}

/** Options that are objects with methods. */
const METHODS = { store: ['get', 'set', 'destroy'], externalKey: ['get', 'set'], ContextStore: ['get', 'set', 'destroy'] }

/** Cookie attributes that may be functions of ctx. */
const ATTRIBUTES = ['domain', 'path', 'secure', 'sameSite', 'httpOnly', 'priority', 'partitioned', 'expires']

/** Options whose loss would leave a session less safe. */
const SAFEGUARDS = ['seal', 'chunks', 'idBytes', 'absoluteTimeout', 'idleTimeout', 'revocations']

/** All options. They are read again for each request, so that a later change takes effect. */
const WATCHED = [...new Set([
  ...Object.keys(EXPECTED), ...Object.keys(METHODS), ...ATTRIBUTES, 'maxAge', 'maxage', 'secureProxy'
])]

/** The options of one `session(opts, app)`, read live from the caller's object, which is never written to. */
class Settings {
  /** The caller's object. */
  #given
  /** Its values when `current` was last computed. */
  #seen
  #current
  #isProtected
  /** The key of the ContextSession on a ctx. */
  sessionSymbol = Symbol('koa-session-rs session')
  /** The core's cookie objects for these options. */
  nativeCookies = new NativeCookies()
  /** Whether cookies are opened before the app runs, since `valid` returns promises. */
  opensBeforeApp = false

  /**
   * @param {object} [given] the caller's object
   * @throws {SessionOptionError}
   */
  constructor (given) {
    this.#given = given ?? {}
    check(this.#options)
    this.name = this.#given.as ?? 'session'
    this.opensBeforeApp = isAsync(this.#given.valid) || this.#given.revocations != null
    const isHardened = this.#given.hardened === true
    if (isHardened || process.env.NODE_ENV !== 'production') {
      require('./warnings').watchOptions(this.#options, WATCHED, this.nativeCookies, isHardened ? require('./hardened').refuseWarning : undefined)
    }
  }

  /** Returns the options as the caller's object has them now, with the defaults of `hardened`. */
  get #options () {
    return this.#given.hardened === true ? require('./hardened').harden(this.#given) : this.#given
  }

  /** Returns whether sessions live in a store. */
  get hasStore () { return Boolean(this.#given.ContextStore || this.#given.store) }

  /** Returns whether this package protects the cookie itself, in place of `ctx.cookies`. */
  get isProtected () {
    // Computed with `current`, which each request reads first.
    if (this.#isProtected === undefined) this.#isProtected = usesProtection(this.#options)
    return this.#isProtected
  }

  /** Returns the current value of the option `keys`, which no copy of the options has. */
  get keys () { return this.#given.keys ?? undefined }

  get autoCommit () { return this.#given.autoCommit ?? DEFAULTS.autoCommit }

  /** Returns whether an untouched session is opened and committed: also for `idleTimeout`, since each request counts as use. */
  get rollUntouched () {
    const { rollUntouched, idleTimeout, hardened } = this.#given
    return rollUntouched === true || idleTimeout != null || hardened === true
  }

  /** Returns the options with their defaults: a frozen object, the same one until an option changes. */
  get current () {
    if (this.#seen === undefined || !isSameOptions(this.#given, this.#seen)) {
      this.#seen = Object.fromEntries(WATCHED.map((name) => [name, this.#given[name]]))
      this.#isProtected = undefined
      this.#current = Object.freeze(complete(this.#options))
    }
    return this.#current
  }

  /** Returns whether nothing has to be loaded: the request has no cookie, and no option requires a load. */
  hasNothingToLoad (ctx) {
    const { store, lazy, genid, ContextStore, externalKey, ignore, cacheControl, hardened } = this.#given
    const isPlain = store && !(lazy || genid || ContextStore || externalKey || ignore || cacheControl || hardened)
    return isPlain && this.nativeCookies.hasNoCookie(ctx)
  }

  /** Returns a copy of the options as they are now, for a request to change. */
  copy () {
    const options = complete(this.#options)
    options.genid ??= () => newId(options.prefix, options.idBytes)
    return options
  }
}

/** Compares all options, on every request. The names are literals, since a loop over them costs ten times as much. */
function isSameOptions (a, b) {
  return a.key === b.key && a.maxAge === b.maxAge && a.maxage === b.maxage &&
    a.autoCommit === b.autoCommit && a.overwrite === b.overwrite && a.httpOnly === b.httpOnly &&
    a.signed === b.signed && a.rolling === b.rolling && a.renew === b.renew &&
    a.secure === b.secure && a.sameSite === b.sameSite && a.domain === b.domain &&
    a.path === b.path && a.expires === b.expires && a.priority === b.priority &&
    a.partitioned === b.partitioned && a.secureProxy === b.secureProxy && a.encode === b.encode &&
    a.decode === b.decode && a.genid === b.genid && a.prefix === b.prefix &&
    a.valid === b.valid && a.beforeSave === b.beforeSave && a.store === b.store &&
    a.ContextStore === b.ContextStore && a.externalKey === b.externalKey && a.as === b.as &&
    a.storeMaxAge === b.storeMaxAge && a.configMaxAge === b.configMaxAge && a.onStoreError === b.onStoreError &&
    a.lazy === b.lazy && a.ignore === b.ignore && a.early === b.early &&
    a.rollUntouched === b.rollUntouched && a.underscoreKeys === b.underscoreKeys && a.clearOnlySent === b.clearOnlySent &&
    a.idPattern === b.idPattern && a.cacheControl === b.cacheControl && a.merge === b.merge &&
    a.subject === b.subject && a.label === b.label && a.maxSessions === b.maxSessions &&
    a.hardened === b.hardened && a.revocations === b.revocations && a.absoluteTimeout === b.absoluteTimeout && a.idleTimeout === b.idleTimeout && a.touchAfter === b.touchAfter &&
    a.keys === b.keys && a.seal === b.seal && a.chunks === b.chunks && a.idBytes === b.idBytes
}

/** Returns a copy of the caller's options in their order, without the keys, followed by the defaults. */
function complete (given) {
  const options = { ...given }
  delete options.keys
  // The spread leaves out inherited and non-enumerable options. The safeguards must not be lost in that way.
  for (const name of SAFEGUARDS) {
    if (given[name] != null) options[name] = given[name]
  }
  if (usesOldSpelling(given)) options.maxAge = given.maxage
  for (const name in DEFAULTS) options[name] ??= DEFAULTS[name]
  // `cookies` would take null and 'auto' for values.
  for (const name of ['sameSite', 'secure', 'maxAge']) {
    if (options[name] === null) delete options[name]
  }
  if (options.secure === 'auto') delete options.secure
  return options
}

/**
 * Replaces the cookie attributes that are functions of ctx by their results.
 *
 * @throws {SessionOptionError} for a result that no cookie can have
 */
function resolve (options, ctx) {
  const names = namesOfFunctions(options)
  if (names.length === 0) return options
  const resolved = { ...options }
  for (const name of names) {
    const value = requireSync(name, callHook(() => options[name](ctx)))
    if (value == null || (name === 'secure' && value === 'auto')) delete resolved[name]
    else resolved[name] = value
  }
  const invalid = NativeCookies.invalidAttribute(resolved)
  if (invalid !== undefined) throw invalidOption(invalid, 'what a cookie can carry', resolved[invalid])
  return Object.freeze(resolved)
}

/** The options whose functions were listed last, and the list: most apps have one such object. */
let latest
let latestNames

/** Returns the names of the cookie attributes that are functions. The options do not change: they are frozen, or a new copy. */
function namesOfFunctions (options) {
  if (options !== latest) {
    latestNames = ATTRIBUTES.filter((name) => typeof options[name] === 'function')
    latest = options
  }
  return latestNames
}

/** Returns whether maxAge is given in its old spelling, maxage. */
function usesOldSpelling (given) {
  return !('maxAge' in given) && 'maxage' in given
}

/** Returns whether any option is set that `ctx.cookies` cannot do. */
function usesProtection ({ keys, seal, chunks }) {
  return keys != null || (seal != null && seal !== false) || chunks != null
}

/** Returns whether a value is a list of keys, or a Keygrip, which does not show its keys. */
function isKeys (value) {
  if (!Array.isArray(value)) return typeof value?.sign === 'function' && typeof value.index === 'function'
  return value.length > 0 && value.every((key) => (typeof key === 'string' || isUint8Array(key)) && key.length > 0)
}

/** Returns whether a value is the option `seal`: a boolean, or what to read and write besides sealed cookies. */
function isSeal (value) {
  if (typeof value !== 'object' || Array.isArray(value)) return typeof value === 'boolean'
  return Object.entries(value).every(([name, kind]) => (name === 'accept' || name === 'write') && (kind === undefined || kind === 'signed'))
}

function isWithin (least, most) {
  return (value) => Number.isInteger(value) && value >= least && value <= most
}

/** Returns whether a value is a limit of sessions: their number, or `{ max, overflow }`. */
function isSessionLimit (value) {
  const { max, overflow } = typeof value === 'object' ? value : { max: value, overflow: 'oldest' }
  return Number.isInteger(max) && max > 0 && max < 2 ** 32 && (overflow === 'oldest' || overflow === 'refuse')
}

/** Throws if `maxSessions` is given without `subject`, or if `subject` is given and the store has no index of subjects. */
function checkSubject ({ subject, maxSessions, store, ContextStore, revocations }) {
  if (maxSessions != null && subject == null) throw invalidOption('subject', 'given with maxSessions', subject)
  if (maxSessions == null && revocations != null) return
  if (subject == null || isSessionStore(ContextStore?.prototype ?? store)) return
  const invalidStore = invalidOptionOf('docs/usage.md#whose-sessions-they-are')
  throw invalidStore('store', "a session store with an index of subjects (not RedisStore with format 'json'), as the option subject needs it",
    ContextStore ?? store)
}

/** Throws for timeouts that do not fit the other options. */
function checkTimeouts ({ idleTimeout, touchAfter, rolling, merge, store, ContextStore }) {
  if (touchAfter != null && rolling !== true) throw invalidOption('rolling', 'true with touchAfter, which limits its writes', rolling)
  const storeOrPrototype = ContextStore?.prototype ?? store
  if (idleTimeout == null || storeOrPrototype == null || merge === true || isSessionStore(storeOrPrototype)) return
  throw invalidOption('merge', 'true with idleTimeout and this store, in which each write replaces the whole record', merge)
}

/** Throws for the first invalid option. */
function check (given) {
  if (typeof given !== 'object') throw invalidOption('opts', 'object', given)
  for (const name in EXPECTED) {
    const [expected, isExpected] = EXPECTED[name]
    if (given[name] != null && !isExpected(given[name])) throw invalidOption(name, expected, given[name])
  }
  toMaxAge(usesOldSpelling(given) ? given.maxage : given.maxAge)
  const tell = given.hardened === true ? require('./hardened').refuseWarning : warnOnce
  if (usesOldSpelling(given) && (given.hardened === true || process.env.NODE_ENV !== 'production')) {
    tell('KOA_SESSION_RS_MAXAGE', 'the option maxage is now maxAge', 'DeprecationWarning')
  }
  const { ContextStore } = given
  if (ContextStore && !isClass(ContextStore)) {
    throw invalidOption('ContextStore', 'class', ContextStore, 'ContextStore must be a class')
  }
  const storeOrPrototype = ContextStore?.prototype ?? given.store
  // Loaded only here, since most apps have no store.
  if (storeOrPrototype != null) require('./store-check').checkStore(storeOrPrototype, tell)
  for (const name in METHODS) checkMethods(name, given[name])
  checkSubject(given)
  checkTimeouts(given)
  if (given.hardened === true) require('./hardened').checkHardened(given)
  if (given.revocations != null) require('./revocations-check').checkRevocations(given)
  if (usesProtection(given) || given.idBytes != null) require('./protection-check').checkProtection(given)
}

function checkMethods (name, value) {
  if (!value) return
  const [path, object] = name === 'ContextStore' ? ['ContextStore.prototype', value.prototype] : [name, value]
  for (const method of METHODS[name]) {
    if (isObject(object) && typeof object?.[method] === 'function') continue
    throw invalidOption(`${path}.${method}`, 'function', object?.[method], `${path}.${method} must be function`)
  }
}

/** Returns whether a value is a class, also one that Babel has compiled to a function. */
function isClass (value) {
  if (typeof value !== 'function') return false
  const text = Function.prototype.toString.call(value)
  return /^class[\s{]/.test(text) || /^[^{]*\{[^\n]*classCallCheck\(/.test(text.replace(/\{\s*/, '{'))
}

/** Returns whether a value is a function that is declared async, also a bound one. */
function isAsync (value) {
  return typeof value === 'function' && value instanceof (async () => {}).constructor
}

/** Checks options, and returns a new object with those that `check` knows, and the defaults. */
function parse (given) {
  if (given === null || typeof given !== 'object') throw invalidOption('opts', 'object', given)
  check(given)
  const options = {}
  for (const name of WATCHED) {
    const value = given[name] ?? DEFAULTS[name]
    if (value !== undefined && name in { ...EXPECTED, ...METHODS, maxAge: 0 }) options[name] = value
  }
  return options
}

module.exports = { Settings, parse, resolve }
