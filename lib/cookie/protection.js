'use strict'

/**
 * Caches the core's objects for protected cookies (options `keys`, `seal` and `chunks`). Keys and options are read live, and rarely
 * change: so the object used last is checked first, and others are kept by their attributes, for as long as the keys are the same.
 */

const binding = require('../native/binding')
const { invalidOption } = require('../base/errors')
const { attributesOf, copyKeys, sameFields, sameKeys } = require('./native-cookies')

const MAX_CACHED = 64

/** The fewest bytes of a key that seals. */
const MIN_KEY_BYTES = 32

const KEYS = 'an array of strings and Uint8Arrays, not empty'

/** Attributes with which the core can be called where it does not support the app's: `ctx.cookies` sends the lines then. */
const PLAIN = { path: '/', domain: '', priority: '', sameSite: '', httpOnly: true, partitioned: false }

/** @type {WeakMap<object, ProtectionCache>} by the NativeCookies of a `session()` */
const caches = new WeakMap()

/** How one request's session is protected. */
class Protection {
  /** The core's object. */
  core
  /** Whether new values are sealed. */
  seals
  /** Whether the core supports the attributes. */
  isComplete
  /** The app's Keygrip, if it signs. */
  keygrip
}

class ProtectionCache {
  #sealKeys
  #signKeys
  #cores = new Map()
  #latest
  #latestAttributes
  #latestKind

  /** Returns the core's object for attributes, and whether values are sealed and in how many cookies they may be. */
  core (attributes, seals, chunks, sealKeys, signKeys) {
    if (!sameKeys(sealKeys, this.#sealKeys) || !sameKeys(signKeys, this.#signKeys)) {
      this.#sealKeys = copyKeys(sealKeys)
      this.#signKeys = copyKeys(signKeys)
      this.#cores.clear()
      this.#latest = undefined
    }
    const kind = chunks * 2 + (seals ? 1 : 0)
    if (this.#latest === undefined || kind !== this.#latestKind || !sameFields(attributes, this.#latestAttributes)) {
      this.#latest = this.#cached(attributes, seals, chunks, kind)
      this.#latestAttributes = attributes
      this.#latestKind = kind
    }
    return this.#latest
  }

  #cached (attributes, seals, maxChunks, kind) {
    const name = `${kind} ${JSON.stringify(attributes)}`
    if (!this.#cores.has(name)) {
      if (this.#cores.size === MAX_CACHED) this.#cores.delete(this.#cores.keys().next().value)
      const keys = { sealKeys: this.#sealKeys, signKeys: this.#signKeys }
      this.#cores.set(name, binding.protectedCookie(attributes, { ...keys, seals, maxChunks }))
    }
    return this.#cores.get(name)
  }
}

/**
 * Returns how a request's session is protected.
 *
 * @param {import('../options/request-options').RequestOptions} request
 * @param {string} key the cookie's name
 * @returns {Protection}
 * @throws {SessionOptionError} for keys that cannot be used: `app.keys` may change at any time
 */
function protectionOf ({ ctx, options, keys: ownKeys, nativeCookies }, key) {
  const { seal, chunks = 0 } = options
  const protection = new Protection()
  const seals = Boolean(seal) && seal.write !== 'signed'
  const isSigned = seal ? seal.accept === 'signed' || seal.write === 'signed' : options.signed !== false
  const keys = ownKeys ?? ctx.app.keys
  const name = ownKeys === undefined ? 'app.keys' : 'keys'
  if (seal) checkSealKeys(keys, name)
  const keygrip = !seal && isSigned && isKeygrip(keys) ? keys : undefined
  if (!seal && isSigned && keygrip === undefined) checkKeys(keys, name)
  const signKeys = isSigned && keygrip === undefined ? seal ? withAppKeys(keys, ctx.app.keys) : keys : undefined
  const attributes = attributesOf(options)
  const cache = caches.get(nativeCookies) ?? new ProtectionCache()
  caches.set(nativeCookies, cache)
  protection.seals = seals
  protection.keygrip = keygrip
  protection.isComplete = attributes !== undefined
  const named = attributes === undefined ? { ...PLAIN, key } : attributes.key === key ? attributes : { ...attributes, key }
  protection.core = cache.core(named, seals, chunks, seal ? keys : undefined, signKeys)
  return protection
}

/** Returns the keys that verify signed cookies where others are sealed: also the app's, by which koa-session signs. */
function withAppKeys (keys, appKeys) {
  if (appKeys === keys || appKeys == null) return keys
  checkKeys(appKeys, 'app.keys')
  return [...keys, ...appKeys]
}

/** Returns whether keys are a Keygrip, or resemble one. */
function isKeygrip (keys) {
  return typeof keys?.sign === 'function' && typeof keys.index === 'function'
}

function checkKeys (keys, name) {
  const isUsable = Array.isArray(keys) && copyKeys(keys) !== undefined
  if (!isUsable) throw invalidOption(name, KEYS, keys)
}

/** Throws for keys that cannot seal: a Keygrip does not show its keys, and short ones could be found from one cookie. */
function checkSealKeys (keys, name) {
  const isUsable = Array.isArray(keys) && copyKeys(keys)?.every((key) => Buffer.byteLength(key) >= MIN_KEY_BYTES)
  if (!isUsable) throw invalidOption(name, `${KEYS}, of at least ${MIN_KEY_BYTES} bytes each, as the option seal needs them`, keys)
}

module.exports = { MIN_KEY_BYTES, checkKeys, checkSealKeys, isKeygrip, protectionOf }
