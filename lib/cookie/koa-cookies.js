'use strict'

/**
 * Recognises the `ctx.cookies` that Koa makes, so that the core may read and write the headers in its place.
 *
 * Frameworks and apps replace `ctx.cookies`, or patch its methods, and what they did has to go on working. So a class is
 * recognised by its source text: `cookies` 0.9.1 or 0.9.2 and `keygrip` 1.1, for which the core writes the same bytes. For any
 * other class, its own `get` and `set` are called.
 */

const { createHash } = require('node:crypto')

/** SHA-256 of the source texts of the class `Cookies`, as `isKnownCookies` lists them. */
const KNOWN_COOKIES = new Set([
  // cookies 0.9.1
  'b6fe4461146a2876b22a4f70ebf471a4b891a229ad3cd2c95e4f5f7f81cef18c',
  // cookies 0.9.2
  '0609d5367cf38b09c10f0e695e778ef881797f478fb3832b4d81c8d112df9254'
])

/** SHA-256 of the source text of `Keygrip`. */
const KNOWN_KEYGRIP = new Set([
  // keygrip 1.1.0
  '69e2f92f8edd3697d7ab2275866254a52366dc61d266d7c544fa5fedff939cbd'
])

/** The methods that `Keygrip` adds to each of its objects, without white space: sign and index. */
const KNOWN_METHODS = [
  'function(data){returnsign(data,keys[0])}',
  'function(data,digest){for(vari=0,l=keys.length;i<l;i++){if(compare(digest,sign(data,keys[i]))){returni}}return-1}'
]

/** Koa's getter (2.7 to 3.3), without white space and semicolons. */
const KNOWN_GETTER =
  'getcookies(){if(!this[COOKIES]){' +
  'this[COOKIES]=newCookies(this.req,this.res,{keys:this.app.keys,secure:this.request.secure})' +
  '}returnthis[COOKIES]}'

/** @type {WeakMap<Function, object>} the methods that a class had when it was first seen; null for an unknown class */
const classes = new WeakMap()

/** The class that was asked for last, which saves the look-up, and its methods. */
let latest
let latestMethods

/**
 * Returns whether `cookies` is as Koa made it for `ctx`: its class, methods, request and response. Its fields `secure` and `keys`
 * are not checked.
 *
 * @param {object} cookies `ctx.cookies`
 * @param {object} ctx
 * @returns {boolean}
 */
function isUnmodifiedCookies (cookies, ctx) {
  const Cookies = cookies?.constructor
  return isUnmodifiedClass(Cookies) && cookies.get === Cookies.prototype.get && cookies.set === Cookies.prototype.set &&
    cookies.request === ctx.req && cookies.response === ctx.res
}

/** Returns whether a class is the one of the package `cookies`, and its methods have not been patched. */
function isUnmodifiedClass (Cookies) {
  if (typeof Cookies !== 'function') return false
  const known = originalMethodsOf(Cookies, isKnownCookies)
  return known !== null &&
    Cookies.prototype.get === known.get && Cookies.prototype.set === known.set &&
    Cookies.Cookie === known.Cookie &&
    known.Cookie.prototype.toHeader === known.toHeader &&
    known.Cookie.prototype.toString === known.toString &&
    hasDefaults(known.Cookie.prototype)
}

/** Returns whether the default attributes are those of the package: some apps set `Cookie.prototype.sameSite`. */
function hasDefaults (cookie) {
  return cookie.path === '/' && cookie.expires === undefined && cookie.domain === undefined && cookie.httpOnly === true &&
    !cookie.partitioned && cookie.priority === undefined && cookie.sameSite === false && cookie.secure === false &&
    cookie.overwrite === false
}

/** Returns whether the class of a Keygrip is known. */
function isKnownClass (keys) {
  const Keygrip = keys?.constructor
  return typeof Keygrip === 'function' && originalMethodsOf(Keygrip, isKnownKeygrip) !== null
}

/**
 * Returns whether `keys` is an unmodified Keygrip. Its keys are private to a closure and cannot be compared.
 *
 * @param {object} keys
 * @returns {boolean}
 */
function isUnmodifiedKeygrip (keys) {
  if (!isKnownClass(keys)) return false
  return [keys.sign, keys.index].every((method, i) =>
    typeof method === 'function' && textOf(method).replace(/\s/g, '') === KNOWN_METHODS[i])
}

/**
 * Finds the symbol under which Koa's getter of `ctx.cookies` caches the object.
 *
 * @param {object} ctx
 * @param {object} cookies `ctx.cookies`
 * @returns {symbol|undefined} undefined if the object does not come from Koa's own getter
 */
function findCacheSymbol (ctx, cookies) {
  let owner = ctx
  while (owner !== null && !Object.hasOwn(owner, 'cookies')) owner = Object.getPrototypeOf(owner)
  const { get } = (owner && Object.getOwnPropertyDescriptor(owner, 'cookies')) ?? {}
  if (typeof get !== 'function' || textOf(get).replace(/[\s;]/g, '') !== KNOWN_GETTER) return undefined
  return Object.getOwnPropertySymbols(ctx).find((symbol) => ctx[symbol] === cookies)
}

function originalMethodsOf (constructor, isKnown) {
  if (constructor === latest) return latestMethods
  let known = classes.get(constructor)
  if (known === undefined) classes.set(constructor, known = isKnown(constructor) ? methodsOf(constructor) : null)
  latest = constructor
  latestMethods = known
  return known
}

function methodsOf (constructor) {
  const { prototype, Cookie } = constructor
  return {
    get: prototype.get,
    set: prototype.set,
    Cookie,
    toHeader: Cookie?.prototype.toHeader,
    toString: Cookie?.prototype.toString
  }
}

function isKnownCookies (Cookies) {
  const { get, set } = Cookies.prototype
  const { Cookie } = Cookies
  if (typeof Cookie !== 'function') return false
  return KNOWN_COOKIES.has(digest([Cookies, get, set, Cookie, Cookie.prototype.toHeader, Cookie.prototype.toString]))
}

function isKnownKeygrip (Keygrip) {
  return KNOWN_KEYGRIP.has(digest([Keygrip]))
}

function digest (functions) {
  const hash = createHash('sha256')
  for (const each of functions) hash.update(typeof each === 'function' ? textOf(each) : '')
  return hash.digest('hex')
}

function textOf (fn) {
  return Function.prototype.toString.call(fn)
}

module.exports = { isUnmodifiedClass, isUnmodifiedCookies, isUnmodifiedKeygrip, findCacheSymbol }
