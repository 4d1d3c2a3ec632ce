'use strict'

/**
 * Caches the core's cookie objects for an app's options and keys. An app may change both at any time, also in place, but rarely
 * does: so the object used last is checked first, and others are kept by their attributes.
 */

const { types: { isUint8Array } } = require('node:util')

const binding = require('../native/binding')
const { isUnmodifiedClass } = require('./koa-cookies')

const MAX_CACHED = 64

/** Options with which `cookies` writes another cookie than the core would. */
const UNSUPPORTED = ['name', 'value', 'toString', 'toHeader', 'maxage', 'secureProxy']

const TEXT_ATTRIBUTES = ['key', 'path', 'domain', 'priority', 'sameSite']
const FLAG_ATTRIBUTES = ['httpOnly', 'partitioned']
const ATTRIBUTES = [...TEXT_ATTRIBUTES, ...FLAG_ATTRIBUTES]

class NativeCookies {
  /** How Koa makes `ctx.cookies`: the symbol under which its getter caches it, the class, and Koa's prototype of contexts. */
  cacheSymbol
  Cookies
  koaContext
  /** Called with the keys, and with the Set-Cookie lines of a session, outside production (lib/options/warnings.js). */
  onKeys
  onSent

  /** The method `get` of the class, as it was when first seen. */
  #get
  /** The arguments of the last call of `cookie`, and its result. */
  #options
  #attributes
  #isSigned
  #cookie
  /** The keys that are in use, and the objects made for them, the oldest first. */
  #keys
  #cookies = new Map()

  /**
   * Returns the core's cookie object for some options and keys.
   *
   * @param {object} options `settings.current` or `ctx.sessionOptions`
   * @param {boolean} isFixed whether the options cannot be changed in place
   * @param {Array<string|Uint8Array>} [keys] `app.keys`; undefined for an unsigned cookie
   * @returns {object|undefined} undefined if the core does not support the options or the keys
   */
  cookie (options, isFixed, keys) {
    const attributes = isFixed && options === this.#options ? this.#attributes : attributesOf(options)
    if (attributes === undefined) return undefined
    const isSigned = keys !== undefined
    if (isSigned && !sameKeys(keys, this.#keys)) {
      this.#keys = copyKeys(keys)
      if (this.#keys !== undefined) this.onKeys?.(this.#keys)
      this.#cookies.clear()
      this.#attributes = undefined
    }
    if (isSigned !== this.#isSigned || !sameFields(attributes, this.#attributes)) {
      this.#cookie = isSigned && this.#keys === undefined ? undefined : this.#cached(attributes, isSigned)
    }
    this.#options = options
    this.#attributes = attributes
    this.#isSigned = isSigned
    return this.#cookie
  }

  /** Returns a cached object, or makes one, which takes longer than a request. Options that are functions of ctx need several. */
  #cached (attributes, isSigned) {
    const name = `${isSigned} ${JSON.stringify(attributes)}`
    if (!this.#cookies.has(name)) {
      if (this.#cookies.size === MAX_CACHED) this.#cookies.delete(this.#cookies.keys().next().value)
      this.#cookies.set(name, makeCookie(attributes, isSigned ? this.#keys : undefined))
    }
    return this.#cookies.get(name)
  }

  /** Remembers how Koa makes `ctx.cookies`. */
  learn (ctx, cookies, cacheSymbol) {
    this.cacheSymbol = cacheSymbol
    this.Cookies = cookies.constructor
    this.#get = this.Cookies.prototype.get
    this.koaContext = Object.getPrototypeOf(Object.getPrototypeOf(ctx))
  }

  /** Returns whether Koa's getter has not made `ctx.cookies` yet, and would make an unmodified one. */
  isGetterPending (ctx) {
    return this.#usesKoaGetter(ctx) && isUnmodifiedClass(this.Cookies)
  }

  /** Returns whether a request certainly has no cookie; false also if the app's own `ctx.cookies` might find one. */
  hasNoCookie (ctx) {
    return !ctx.req?.headers?.cookie && this.#usesKoaGetter(ctx) && this.Cookies.prototype.get === this.#get
  }

  #usesKoaGetter (ctx) {
    if (this.cacheSymbol === undefined || ctx[this.cacheSymbol] != null || Object.hasOwn(ctx, 'cookies') || ctx.req === undefined) return false
    const context = Object.getPrototypeOf(ctx)
    return Object.getPrototypeOf(context) === this.koaContext && !Object.hasOwn(context, 'cookies')
  }

  /**
   * Finds an option with which no cookie can be sent.
   *
   * @param {object} options
   * @returns {string|undefined} its name
   */
  static invalidAttribute (options) {
    const mistyped = TEXT_ATTRIBUTES.find((name) => options[name] && !isText(name, options[name]))
    if (mistyped !== undefined) return mistyped
    const { expires, secure } = options
    if (expires && !(expires instanceof Date && !Number.isNaN(expires.getTime()))) return 'expires'
    if (secure !== undefined && typeof secure !== 'boolean' && secure !== 'force') return 'secure'
    return binding.invalidAttribute(attributesOf({ ...pick(options) })) ?? undefined
  }
}

function makeCookie (attributes, keys) {
  try {
    return binding.sessionCookie(attributes, keys)
  } catch (err) {
    // `cookies` throws its own error when the cookie is sent.
    if (err.code === 'ERR_SESSION_OPTION') return undefined
    throw err
  }
}

/** Returns the attributes for the core; undefined for options that `cookies` treats in another way. */
function attributesOf (options) {
  for (const name of UNSUPPORTED) {
    if (Object.hasOwn(options, name)) return undefined
  }
  const attributes = {}
  for (const name of TEXT_ATTRIBUTES) {
    const value = name === 'path' && !('path' in options) ? '/' : options[name]
    // A function of ctx is called only when a cookie is sent: reading one needs no attributes.
    const text = typeof value === 'function' ? '' : value === true ? 'strict' : value || ''
    if (text && !isText(name, value)) return undefined
    attributes[name] = text
  }
  for (const name of FLAG_ATTRIBUTES) {
    attributes[name] = Boolean(name === 'httpOnly' && !('httpOnly' in options) ? true : options[name])
  }
  return attributes
}

function isText (name, value) {
  return typeof value === 'string' || (name === 'sameSite' && value === true)
}

function pick (options) {
  return Object.fromEntries(ATTRIBUTES.filter((name) => name in options).map((name) => [name, options[name]]))
}

function sameFields (attributes, known) {
  if (attributes === known) return true
  if (known === undefined) return false
  for (const name of ATTRIBUTES) {
    if (attributes[name] !== known[name]) return false
  }
  return true
}

/** Copies keys, since the bytes of a Buffer may change in place. Returns undefined for keys that the core does not support. */
function copyKeys (keys) {
  if (keys === undefined || keys.length === 0) return undefined
  const copies = []
  // By index, so that a hole in the array counts as an unsupported key.
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]
    if (typeof key !== 'string' && !isUint8Array(key)) return undefined
    copies.push(typeof key === 'string' ? key : Buffer.from(key))
  }
  return copies
}

function sameKeys (keys, known) {
  if (keys === undefined || known === undefined) return keys === known
  if (keys.length !== known.length) return false
  for (let i = 0; i < keys.length; i++) {
    if (!sameKey(keys[i], known[i])) return false
  }
  return true
}

function sameKey (key, known) {
  if (typeof known === 'string' || typeof key === 'string') return key === known
  return isUint8Array(key) && known.equals(key)
}

module.exports = { NativeCookies, attributesOf, copyKeys, sameFields, sameKeys }
