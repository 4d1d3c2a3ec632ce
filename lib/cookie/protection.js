'use strict'

/**
 * Caches the core's objects for protected cookies (options `keys`, `seal` and `chunks`). Keys and options are read live, and rarely
 * change: so the object used last is checked first, and others are kept by their attributes, for as long as the keys are the same.
 */

const { types: { isUint8Array } } = require('node:util')

const binding = require('../native/binding')
const { invalidOption } = require('../base/errors')
const { MAX_CHUNKS } = require('./set-cookie')
const { attributesOf, copyKeys, sameKeys } = require('./native-cookies')

const MAX_CACHED = 64

/** The fewest bytes of a key that seals. */
const MIN_KEY_BYTES = 32

const KEYS = 'an array of strings and Uint8Arrays, none of them empty'

/** Attributes for the core where it does not support the app's: then `ctx.cookies` writes the attributes. */
const PLACEHOLDERS = { path: '/', domain: '', priority: '', sameSite: '', httpOnly: true, partitioned: false }

/** @type {WeakMap<object, ProtectionCache>} by the NativeCookies of a `session()` */
const caches = new WeakMap()

class ProtectionCache {
  /** Copies of the keys of the last request, its options, the cookie's name, and its protection. */
  #keys
  #appKeys
  #options
  #key
  #latest
  /** The keys that the objects are made of. */
  #sealKeys
  #signKeys
  #cores = new Map()

  /** As `protectionOf`. */
  protection (request, key) {
    const { ctx, options, keys: ownKeys } = request
    const appKeys = ctx.app.keys ?? undefined
    const keys = ownKeys ?? appKeys
    const isKnown = options === this.#options && key === this.#key && request.isFixed && this.#keys !== undefined &&
      sameKeys(keys, this.#keys) && (ownKeys === undefined ? this.#appKeys === undefined : sameKeys(appKeys, this.#appKeys))
    if (isKnown) return this.#latest
    const latest = this.#make(options, key, keys, ownKeys === undefined ? 'app.keys' : 'keys', appKeys)
    // Warns of short keys, outside production.
    for (const given of [ownKeys === undefined ? keys : undefined, options.seal && latest.isSigned ? appKeys : undefined]) {
      if (Array.isArray(given)) request.nativeCookies.onKeys?.(given)
    }
    this.#keys = Array.isArray(keys) ? copyKeys(keys) : undefined
    this.#appKeys = ownKeys === undefined ? undefined : Array.isArray(appKeys) ? copyKeys(appKeys) : appKeys
    this.#options = options
    this.#key = key
    this.#latest = latest
    return latest
  }

  #make (options, key, keys, name, appKeys) {
    const { seals, chunks, sealKeys, signKeys, keygrip } = checkedProtection(options, keys, name, appKeys)
    if (!sameKeys(sealKeys, this.#sealKeys) || !sameKeys(signKeys, this.#signKeys)) this.#takeKeys(sealKeys, signKeys)
    const attributes = attributesOf(options)
    const core = this.#core(withName(attributes, key), seals, chunks)
    return { core, seals, keygrip, isSigned: signKeys !== undefined, writesAttributes: attributes !== undefined }
  }

  /** Remembers copies of the keys, and forgets the objects made of other ones. */
  #takeKeys (sealKeys, signKeys) {
    this.#sealKeys = copyKeys(sealKeys)
    this.#signKeys = copyKeys(signKeys)
    this.#cores.clear()
  }

  /** Returns a cached object, or makes one, which takes longer than a request. Options that are functions of ctx need several. */
  #core (attributes, seals, maxChunks) {
    const name = `${seals} ${maxChunks} ${JSON.stringify(attributes)}`
    if (!this.#cores.has(name)) {
      if (this.#cores.size === MAX_CACHED) this.#cores.delete(this.#cores.keys().next().value)
      const keys = { sealKeys: this.#sealKeys, signKeys: this.#signKeys }
      this.#cores.set(name, binding.protectedCookie(attributes, { ...keys, seals, maxChunks }))
    }
    return this.#cores.get(name)
  }
}

/** Returns attributes for the core with the cookie's name; placeholders where it does not support the app's. */
function withName (attributes, key) {
  if (attributes === undefined) return { ...PLACEHOLDERS, key }
  return attributes.key === key ? attributes : { ...attributes, key }
}

/**
 * Returns how a request's session is protected.
 *
 * @param {import('../options/request-options').RequestOptions} request
 * @param {string} key the cookie's name
 * @returns {{ core: object, seals: boolean, keygrip: object|undefined, writesAttributes: boolean }} seals: whether new
 *   values are sealed; writesAttributes: whether the core supports the cookie's attributes, and writes them
 * @throws {SessionOptionError} for keys that cannot be used: `app.keys` may change at any time
 */
function protectionOf (request, key) {
  const { nativeCookies } = request
  let cache = caches.get(nativeCookies)
  if (cache === undefined) caches.set(nativeCookies, cache = new ProtectionCache())
  return cache.protection(request, key)
}

/** Returns what the options ask for. */
function checkedProtection (options, keys, name, appKeys) {
  const { seal, signed } = options
  const chunks = options.chunks ?? 0
  if (!(Number.isInteger(chunks) && chunks >= 0 && chunks <= MAX_CHUNKS)) throw invalidOption('chunks', `whole number from 1 to ${MAX_CHUNKS}`, chunks)
  if (seal) {
    checkSealKeys(keys, name)
    const isSigned = seal.accept === 'signed' || seal.write === 'signed'
    const signKeys = isSigned ? withAppKeys(keys, appKeys) : undefined
    return { seals: seal.write !== 'signed', chunks, sealKeys: keys, signKeys, keygrip: undefined }
  }
  if (signed === false) return { seals: false, chunks, sealKeys: undefined, signKeys: undefined, keygrip: undefined }
  const keygrip = isKeygrip(keys) ? keys : undefined
  if (keygrip === undefined) checkKeys(keys, name)
  return { seals: false, chunks, sealKeys: undefined, signKeys: keygrip === undefined ? keys : undefined, keygrip }
}

/** Returns the keys that verify signed cookies during a migration: those that seal, and those of the app, with which koa-session signs. */
function withAppKeys (keys, appKeys) {
  if (appKeys === keys || appKeys == null) return keys
  checkKeys(appKeys, 'app.keys')
  return [...keys, ...appKeys]
}

/** Returns whether keys are a Keygrip, or resemble one. */
function isKeygrip (keys) {
  return typeof keys?.sign === 'function' && typeof keys.index === 'function'
}

/** Throws for keys that cannot sign. */
function checkKeys (keys, name) {
  if (!areKeys(keys, name === 'keys' ? 1 : 0)) throw invalidOption(name, KEYS, keys)
}

/** Throws for keys that cannot seal: those of a Keygrip cannot be read, and a short key can be found by trial with one cookie. */
function checkSealKeys (keys, name) {
  if (areKeys(keys, MIN_KEY_BYTES)) return
  throw invalidOption(name, `an array of strings and Uint8Arrays, of at least ${MIN_KEY_BYTES} bytes each (option seal)`, keys)
}

function areKeys (keys, least) {
  if (!Array.isArray(keys) || keys.length === 0) return false
  // By index, so that a hole in the array is seen.
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]
    // A text has at least as many bytes as characters.
    const isLongEnough = typeof key === 'string' ? key.length >= least || Buffer.byteLength(key) >= least : isUint8Array(key) && key.length >= least
    if (!isLongEnough) return false
  }
  return true
}

module.exports = { MIN_KEY_BYTES, checkKeys, checkSealKeys, isKeygrip, protectionOf }
