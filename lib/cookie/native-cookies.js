'use strict'

/**
 * The core's cookies for an app's options and keys. Both may change at any time, also in place, and rarely do: the last
 * cookie is kept for as long as it fits, and others for when their attributes come again.
 */

const binding = require('../native/binding')
const { isUnmodifiedClass } = require('./koa-cookies')

/** So many cookies are kept. */
const MOST = 64

/** Options that change what a cookie of `cookies` is in ways the core does not know. */
const UNUSUAL = ['name', 'value', 'toString', 'toHeader', 'maxage', 'secureProxy']

const TEXTS = ['key', 'path', 'domain', 'priority', 'sameSite']
const FLAGS = ['httpOnly', 'partitioned']
const ALL = [...TEXTS, ...FLAGS]

class NativeCookies {
  /** How Koa makes `ctx.cookies`: the symbol under which it keeps the object, its class, and the prototype of contexts. */
  cacheSymbol
  Cookies
  base
  /** What is told of the keys, and of the lines that a session has sent: outside production (option-warnings.js). */
  onKeys
  onSent

  #get
  /** What was asked for last, and the cookie that is for it. */
  #options
  #attributes
  #isSigned
  #cookie
  /** All that have been prepared for these keys, the oldest first. */
  #keys
  #cookies = new Map()

  /**
   * Returns the core's cookie, ready for many requests.
   *
   * @param {object} options as `settings.current` or `ctx.sessionOptions` are
   * @param {boolean} isFixed whether nobody can have changed these options in place
   * @param {Array<string|Uint8Array>} [keys] `app.keys`; nothing where nothing is signed
   * @returns {object|undefined} nothing where the core does not write such a cookie, or not with such keys
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
      this.#cookie = isSigned && this.#keys === undefined ? undefined : this.#recall(attributes, isSigned)
    }
    this.#options = options
    this.#attributes = attributes
    this.#isSigned = isSigned
    return this.#cookie
  }

  /** Returns the cookie of some attributes. Making one takes longer than a request: with functions of ctx, attributes take turns. */
  #recall (attributes, isSigned) {
    const name = `${isSigned} ${JSON.stringify(attributes)}`
    if (!this.#cookies.has(name)) {
      if (this.#cookies.size === MOST) this.#cookies.delete(this.#cookies.keys().next().value)
      this.#cookies.set(name, prepare(attributes, isSigned ? this.#keys : undefined))
    }
    return this.#cookies.get(name)
  }

  /** Keeps how Koa makes `ctx.cookies`. */
  learn (ctx, cookies, cacheSymbol) {
    this.cacheSymbol = cacheSymbol
    this.Cookies = cookies.constructor
    this.#get = this.Cookies.prototype.get
    this.base = Object.getPrototypeOf(Object.getPrototypeOf(ctx))
  }

  /** Returns whether Koa has still to make the `ctx.cookies` of a request, and would make what the core knows. */
  isGetterPending (ctx) {
    return this.#isKoas(ctx) && isUnmodifiedClass(this.Cookies)
  }

  /** Returns whether a request has no cookie at all, where that can be told without `ctx.cookies`. */
  hasNoCookie (ctx) {
    return !ctx.req?.headers?.cookie && this.#isKoas(ctx) && this.Cookies.prototype.get === this.#get
  }

  #isKoas (ctx) {
    if (this.cacheSymbol === undefined || ctx[this.cacheSymbol] != null || Object.hasOwn(ctx, 'cookies') || ctx.req === undefined) return false
    const context = Object.getPrototypeOf(ctx)
    return Object.getPrototypeOf(context) === this.base && !Object.hasOwn(context, 'cookies')
  }

  /**
   * Finds the option by which no cookie could be sent.
   *
   * @param {object} options
   * @returns {string|undefined} its name
   */
  static invalidAttribute (options) {
    const mistyped = TEXTS.find((name) => options[name] && !isText(name, options[name]))
    if (mistyped !== undefined) return mistyped
    const { expires, secure } = options
    if (expires && !(expires instanceof Date && !Number.isNaN(expires.getTime()))) return 'expires'
    if (secure !== undefined && typeof secure !== 'boolean' && secure !== 'force') return 'secure'
    return binding.invalidAttribute(attributesOf({ ...pick(options) })) ?? undefined
  }
}

function prepare (attributes, keys) {
  try {
    return binding.sessionCookie(attributes, keys)
  } catch (err) {
    // `cookies` has its own error for it, at the time of sending.
    if (err.code === 'ERR_SESSION_OPTION') return undefined
    throw err
  }
}

/** Returns the attributes as the core takes them, or nothing where `cookies` would do something else with them. */
function attributesOf (options) {
  for (const name of UNUSUAL) {
    if (Object.hasOwn(options, name)) return undefined
  }
  const attributes = {}
  for (const name of TEXTS) {
    const value = name === 'path' && !('path' in options) ? '/' : options[name]
    // A function of ctx is called when a cookie is sent; to read one, no attribute is needed.
    const text = typeof value === 'function' ? '' : value === true ? 'strict' : value || ''
    if (text && !isText(name, value)) return undefined
    attributes[name] = text
  }
  for (const name of FLAGS) {
    attributes[name] = Boolean(name === 'httpOnly' && !('httpOnly' in options) ? true : options[name])
  }
  return attributes
}

function isText (name, value) {
  return typeof value === 'string' || (name === 'sameSite' && value === true)
}

function pick (options) {
  return Object.fromEntries(ALL.filter((name) => name in options).map((name) => [name, options[name]]))
}

function sameFields (attributes, known) {
  if (attributes === known) return true
  if (known === undefined) return false
  for (const name of ALL) {
    if (attributes[name] !== known[name]) return false
  }
  return true
}

/** Copies keys, since the bytes of a Buffer may change in place. Returns nothing for keys that the core does not take. */
function copyKeys (keys) {
  if (keys === undefined || keys.length === 0) return undefined
  const copies = []
  // By index: a hole is no key either.
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]
    if (typeof key !== 'string' && !(key instanceof Uint8Array)) return undefined
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
  return key instanceof Uint8Array && known.equals(key)
}

module.exports = { NativeCookies }
