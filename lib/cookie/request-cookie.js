'use strict'

/**
 * The session's cookie on one request: found, verified and opened; closed, signed and sent.
 *
 * Where `ctx.cookies` is as Koa made it, the core does all of that on the headers themselves. Where an app or framework
 * has put something of its own there, or asks for what the core does not write, everything goes through
 * `ctx.cookies.get` and `.set`, with all options.
 */

const binding = require('../native/binding')
const { CLEARING, getSilently, setByKoa, takeSignature } = require('./by-koa')
const { isSignatureDropped, reportForged } = require('./forged')
const { keepOnError } = require('./on-error')
const { reportOversize } = require('./oversize')
const { REPAIR, openCookie, openValue, readCookie } = require('../native/opened')
const { LAST_DATE_MS, appendCookies, expiresOf, linesOf } = require('./set-cookie')
const { isUnmodifiedCookies, isUnmodifiedKeygrip, findCacheSymbol } = require('./koa-cookies')

/** Signed by both sides where a Keygrip was there before us, to learn whether its first key is the app's. */
const PROBE = 'koa-session-rs'

class RequestCookie {
  #request
  /** The app's keys when the session was first looked for: what Koa would have made a Keygrip of. */
  #keys
  /** The signature that is due, and the name of what it signs, where the one that came is by an older key. */
  #reissued
  #isKept = false
  /** Whether it has been told that its signature is by none of the keys. */
  #isForged = false

  /** @param {import('../options/request-options').RequestOptions} request */
  constructor (request) {
    this.#request = request
  }

  /**
   * Tells why no cookie can be sent, where that is so.
   *
   * @returns {'no-response'|'headers-sent'|'insecure'|undefined} no-response: the ctx was made of a request alone
   */
  get blockedBy () {
    const { ctx } = this.#request
    if (ctx.res == null) return 'no-response'
    if (ctx.res.headersSent) return 'headers-sent'
    this.#request.resolve()
    const { options } = this.#request
    return options.secure === true && this.#isSecured === false ? 'insecure' : undefined
  }

  /** Returns whether the request has the cookie at all, verified or not. */
  get isSent () {
    const { ctx, options } = this.#request
    const core = this.#core()
    const header = core && cookieHeader(ctx)
    if (header === undefined) return ctx.cookies.get(options.key, { signed: false }) !== undefined
    return header !== '' && core.isSent(header)
  }

  /** Returns whether caches are told of the session (`cacheControl`). */
  get hasCacheControl () { return this.#request.options.cacheControl === true }

  /** Returns the lines of the response that are this cookie's. */
  get lines () {
    const { ctx: { res }, options: { key } } = this.#request
    return res == null ? [] : linesOf(res, key)
  }

  /**
   * Finds and verifies the cookie.
   *
   * @returns {string|undefined} its value (with a store: an id)
   */
  read () {
    if (this.#request.nativeCookies.hasNoCookie(this.#request.ctx)) return undefined
    const core = this.#core()
    const header = core && cookieHeader(this.#request.ctx)
    if (header === undefined) return this.#get()
    if (header === '') return undefined
    const { value, repair } = readCookie(core, header)
    return this.#repair(core, repair) ? value : this.#get(value)
  }

  /**
   * Finds, verifies and opens the cookie.
   *
   * @param {number} now milliseconds
   * @returns {object|undefined} what openCookie gives; nothing where there is no session's text
   */
  open (now) {
    if (this.#request.nativeCookies.hasNoCookie(this.#request.ctx)) return undefined
    const core = this.#core()
    const header = core && cookieHeader(this.#request.ctx)
    if (header === '') return undefined
    let known
    if (header !== undefined) {
      const opened = openCookie(core, header, now)
      known = opened.text
      if (this.#repair(core, opened.repair)) return known === undefined ? undefined : opened
    }
    const value = this.#get(known)
    return value ? openValue(String(value), now) : undefined
  }

  /**
   * Sends the signature by the first key, if what was read is signed by an older one.
   *
   * @param {number} [expires] milliseconds: when the session's cookie expires, as far as that is known
   */
  reissue (expires) {
    if (this.#reissued === undefined || this.blockedBy !== undefined) return
    const { signature, key } = this.#reissued
    this.#reissued = undefined
    if (key !== this.#request.options.key) return
    const until = typeof expires === 'number' && expires >= 0 && expires <= LAST_DATE_MS ? expires : undefined
    const core = this.#core(true) ?? this.#unsigned()
    const line = core?.writeSignature(signature, until, this.#isSecure)
    if (line) this.#append([line], false)
  }

  /**
   * Sends a value as it stands (with a store: an id), living as long as the session's options say.
   *
   * @param {string} value
   * @param {*} now what Date.now() gave
   * @param {string} [key] the cookie's name, where the app may have changed it since
   */
  write (value, now, key = this.#request.options.key) {
    this.#request.resolve()
    const { options, cookieMaxAge } = this.#request
    const expires = expiresOf(options.expires, cookieMaxAge, now)
    const isPlain = typeof value === 'string' && expires !== null && key === options.key
    const core = isPlain ? this.#core(true) : undefined
    const lines = core?.write(value, expires, this.#isSecure)
    if (lines) this.#send(lines)
    else this.#set(key, value, cookieMaxAge === this.#request.maxAge ? undefined : { maxAge: cookieMaxAge })
    reportOversize(this.#request, value)
  }

  /**
   * Closes the session and sends it.
   *
   * @param {string} json the user's keys
   * @param {number} now milliseconds
   * @param {number|undefined} lifetime whole milliseconds for the envelope; undefined for maxAge 'session'
   */
  close (json, now, lifetime) {
    this.#request.resolve()
    const { options, cookieMaxAge } = this.#request
    const expires = expiresOf(options.expires, cookieMaxAge, now)
    const core = expires !== null ? this.#core(true) : undefined
    if (core === undefined) return this.write(binding.close(json, now, lifetime), now)
    const lines = core.close(json, now, lifetime, expires, this.#isSecure)
    this.#send(lines)
    reportOversize(this.#request, lines.slice(options.key.length + 1, lines.indexOf(';')))
  }

  /** Has the browser drop the cookie. */
  clear () {
    const core = this.#core(true)
    if (core) this.#send(core.write('', undefined, this.#isSecure))
    else this.#set(this.#request.options.key, '', CLEARING)
  }

  /** Returns whether Koa has still to make `ctx.cookies`, and would make what the core knows, of the app's keys. */
  get #isGetterPending () { return this.#request.nativeCookies.isGetterPending(this.#request.ctx) }

  /** Returns whether the connection is secure, as `ctx.cookies` sees it. */
  get #isSecured () {
    const { ctx } = this.#request
    return this.#isGetterPending ? ctx.secure : ctx.cookies.secure
  }

  /** Returns the core's cookie, or nothing where `ctx.cookies` has to be asked. */
  #core (sending = false) {
    if (sending) this.#request.resolve()
    const { ctx, options, nativeCookies, isFixed } = this.#request
    const cookies = this.#isGetterPending ? undefined : this.#look(ctx, nativeCookies)
    if (cookies && !(isUnmodifiedCookies(cookies, ctx) && typeof cookies.secure === 'boolean')) return undefined
    if (ctx.res?.set !== undefined) return undefined
    // `cookies` throws here, and so it shall.
    if (sending && options.secure && options.secure !== 'force' && !this.#isSecured) return undefined
    if (options.signed === false) return nativeCookies.cookie(options, isFixed)
    if (cookies === undefined) this.#keys ??= ctx.app.keys
    const keys = this.#keys ?? ctx.app.keys
    if (options.signed !== true || !Array.isArray(keys)) return undefined
    const core = nativeCookies.cookie(options, isFixed, keys)
    return core && (cookies === undefined || isKeygripOf(cookies.keys, core)) ? core : undefined
  }

  /** Gets `ctx.cookies`, and learns how Koa makes it. */
  #look (ctx, nativeCookies) {
    const { cookies } = ctx
    const isSigned = this.#request.options.signed !== false
    if (nativeCookies.cacheSymbol === undefined && isUnmodifiedCookies(cookies, ctx) && (!isSigned || isUnmodifiedKeygrip(cookies.keys))) {
      nativeCookies.learn(ctx, cookies, findCacheSymbol(ctx, cookies))
    }
    return cookies
  }

  /**
   * Does what reading found to be due about the signature.
   *
   * @param {object} core
   * @param {number} repair one of REPAIR
   * @returns {boolean} false where keys that nobody can see have the say
   */
  #repair (core, repair) {
    if (repair === REPAIR.NONE) return true
    if (!this.#isGetterPending) return false
    const { ctx, options } = this.#request
    if (repair === REPAIR.REISSUE) this.#reissued = { signature: core.reissued(), key: options.key }
    else {
      // As the cookie itself was sent, where the connection has no say.
      const isSecure = options.secure === 'force' || Boolean(ctx.secure)
      if (this.#canSend) this.#append([core.dropSignature(isSecure)], false)
      this.#reportForged()
    }
    return true
  }

  /** Returns whether the response can still take a header. */
  get #canSend () {
    const { res } = this.#request.ctx
    return res != null && !res.headersSent
  }

  #send (lines) {
    this.#append(lines.split('\n'), this.#request.options.overwrite)
  }

  #append (lines, overwrite) {
    appendCookies(this.#request.ctx.res, lines, overwrite)
    this.afterSetCookie()
  }

  get #isSecure () {
    const { options } = this.#request
    return Boolean(options.secure !== undefined ? options.secure : this.#isSecured)
  }

  /**
   * Asks `ctx.cookies`.
   *
   * @param {string} [known] what the core has verified, by keys that it knows
   */
  #get (known) {
    const { ctx, sessionOptions } = this.#request
    if (!this.#canSend && isUnmodifiedCookies(ctx.cookies, ctx)) {
      const { value, isDropped } = getSilently(this.#request)
      if (isDropped) this.#reportForged()
      return value
    }
    const before = this.lines.length
    const value = ctx.cookies.get(sessionOptions.key, sessionOptions)
    if (this.lines.length === before) return value
    if (isUnmodifiedCookies(ctx.cookies, ctx) && this.#unsigned() !== undefined) this.#takeReissued(ctx.res, sessionOptions.key)
    if (this.lines.length > before) this.keepOnError()
    if (!value && known === undefined && isSignatureDropped(ctx, this.lines.at(-1), sessionOptions.key)) this.#reportForged()
    return value
  }

  #reportForged () {
    if (this.#isForged) return
    this.#isForged = true
    reportForged(this.#request)
  }

  /** Takes back the signature that `cookies` sends anew while it reads, without the cookie's attributes. */
  #takeReissued (res, key) {
    const signature = takeSignature(res, key)
    if (signature !== undefined) this.#reissued = { signature, key }
  }

  #set (key, value, over) {
    setByKoa(this.#request, key, value, over)
    this.afterSetCookie()
  }

  /** Returns the core's cookie without keys, for what others sign. */
  #unsigned () {
    this.#request.resolve()
    return this.#request.nativeCookies.cookie(this.#request.options, this.#request.isFixed)
  }

  /** Has an error response keep what the session has sent until then. */
  keepOnError () {
    if (this.#isKept) return
    this.#isKept = true
    keepOnError(this.#request.ctx, this)
  }

  /** Keeps shared caches from storing a response that carries a session (`cacheControl`), also one of an error. */
  afterSetCookie () {
    const { ctx, nativeCookies } = this.#request
    this.keepOnError()
    nativeCookies.onSent?.(this.lines)
    if (this.hasCacheControl && !ctx.res.hasHeader('Cache-Control')) ctx.res.setHeader('Cache-Control', 'private, no-store')
  }
}

/** Returns whether the first key of a Keygrip is that of the core's cookie; the others nobody can see. */
function isKeygripOf (keygrip, core) {
  return isUnmodifiedKeygrip(keygrip) && keygrip.sign(PROBE) === core.sign(PROBE)
}

/** Returns the header's text, or nothing where that is not a text. */
function cookieHeader (ctx) {
  const header = ctx.req.headers.cookie || ''
  return typeof header === 'string' ? header : undefined
}

module.exports = { RequestCookie }
