'use strict'

const { KeyObject } = require('node:crypto')

const { invalidOption, warnOnce } = require('../../base/errors')
const { newId } = require('../../base/id')
const { copyKeys, sameKeys } = require('../../cookie/native-cookies')
const binding = require('../../native/binding')
const { SharedRecords } = require('../shared-records')
const { isName } = require('./serialize')
const { MemoryStore } = require('./store')

/** As many random bytes as express-session takes. */
const ID_BYTES = 24

/** The options of one `session(options)`, with the defaults and rules of express-session. */
class Settings {
  /** The secrets that are in use, copied, and the core's cookie that was made of them. */
  #secrets
  #core
  #isConnected = true

  /** @throws {SessionOptionError} */
  constructor (options) {
    const given = options ?? {}
    if (typeof given !== 'object') throw invalidOption('options', 'object', given)
    this.name = given.name || given.key || 'connect.sid'
    this.cookie = given.cookie || {}
    this.genid = given.genid || (() => newId('', ID_BYTES))
    this.store = given.store || new MemoryStore()
    this.proxy = given.proxy
    this.resave = withDefault(given, 'resave', 'KOA_SESSION_RS_RESAVE')
    this.saveUninitialized = withDefault(given, 'saveUninitialized', 'KOA_SESSION_RS_SAVE_UNINITIALIZED')
    this.rolling = Boolean(given.rolling)
    this.destroysUnset = given.unset === 'destroy'
    this.secret = given.secret
    check(this, given)
    this.canTouch = typeof this.store.touch === 'function'
    this.isMerging = given.concurrent !== 'overwrite'
    this.records = new SharedRecords(this.store, given.concurrent ?? undefined)
    if (process.env.NODE_ENV === 'production' && this.store instanceof MemoryStore) {
      warnOnce('KOA_SESSION_RS_MEMORY_STORE', 'MemoryStore loses all sessions at a restart, and grows without a limit: give session() a store')
    }
    this.store.on?.('disconnect', () => { this.#isConnected = false })
    this.store.on?.('connect', () => { this.#isConnected = true })
  }

  /** Returns whether a request has a session at all: not while the store is disconnected, nor outside the cookie's path. */
  isFor (ctx) {
    return this.#isConnected && pathOf(ctx.originalUrl).startsWith(this.cookieOptions(ctx).path || '/')
  }

  /** Returns the cookie's options for a request. */
  cookieOptions (ctx) {
    return typeof this.cookie === 'function' ? this.cookie(ctx.req) : this.cookie
  }

  /** Returns whether a request came over a secure connection: `app.proxy` takes the place of Express's `trust proxy`. */
  isSecure (ctx) {
    if (ctx.req.socket?.encrypted) return true
    if (this.proxy !== true) return this.proxy !== false && ctx.secure
    const [protocol] = (ctx.req.headers['x-forwarded-proto'] || '').split(',', 1)
    return protocol.toLowerCase().trim() === 'https'
  }

  /** Returns the core's cookie. The app may change a list of secrets in place. */
  get core () {
    const secrets = toKeys(this.secret)
    if (!sameKeys(secrets, this.#secrets)) {
      const copies = copyKeys(secrets)
      if (copies === undefined) throw invalidOption('secret', EXPECTED_SECRET, this.secret)
      this.#core = binding.expressCookie(this.name, copies)
      this.#secrets = copies
    }
    return this.#core
  }
}

const EXPECTED_SECRET = 'a string or bytes, or a list of these'

/** Throws for the first invalid option. */
function check (settings, { genid, unset, concurrent }) {
  const { name, cookie, store, secret } = settings
  if (!isName(name)) throw invalidOption('name', 'the name of a cookie', name)
  if (genid && typeof genid !== 'function') throw invalidOption('genid', 'function', genid)
  if (unset && unset !== 'destroy' && unset !== 'keep') throw invalidOption('unset', "'destroy' or 'keep'", unset)
  if (typeof cookie !== 'object' && typeof cookie !== 'function') throw invalidOption('cookie', 'object or function', cookie)
  if (concurrent !== undefined && concurrent !== 'merge' && concurrent !== 'overwrite') {
    throw invalidOption('concurrent', "'merge' or 'overwrite'", concurrent)
  }
  for (const method of ['get', 'set', 'destroy']) {
    if (typeof store[method] !== 'function') throw invalidOption(`store.${method}`, 'function', store[method])
  }
  if (!secret || copyKeys(toKeys(secret)) === undefined) throw invalidOption('secret', EXPECTED_SECRET, secret)
}

/** Returns an option that is true if it is not given, which express-session warns of. */
function withDefault (given, name, code) {
  if (given[name] !== undefined) return given[name]
  warnOnce(code, `the option ${name} is not given, and defaults to true`, 'DeprecationWarning')
  return true
}

/** Returns the secrets as the core takes them. */
function toKeys (secret) {
  return Array.isArray(secret) ? secret.map(toKey) : [toKey(secret)]
}

function toKey (secret) {
  if (secret instanceof KeyObject && secret.type === 'secret') return secret.export()
  return ArrayBuffer.isView(secret) ? new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength) : secret
}

/** Returns the path of a request's target, which may be a whole URL. */
function pathOf (target) {
  if (target.startsWith('/')) return target.split(/[?#]/, 1)[0]
  return URL.canParse(target) ? new URL(target).pathname : target
}

module.exports = { Settings }
