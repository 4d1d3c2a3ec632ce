'use strict'

/**
 * The session's cookie on one request: finds, verifies and decodes the request's; encodes, signs and sends a new one.
 *
 * If `ctx.cookies` is as Koa makes it, the core reads and writes the headers itself. If an app or framework has replaced or patched
 * it, or has set an option that the core does not support, everything goes through `ctx.cookies.get` and `.set`.
 */

const binding = require('../native/binding')
const { CLEARING, getSilently, setByKoa, takeSignature } = require('./by-koa')
const { isSignatureDropped, reportForged } = require('./forged')
const { keepOnError } = require('./on-error')
const { reportOversize } = require('./oversize')
const { REPAIR, openCookie, openValue, readCookie } = require('../native/opened')
const { LAST_DATE_MS, appendCookies, expiresOf, linesOf } = require('./set-cookie')
const { isUnmodifiedCookies, isUnmodifiedKeygrip, findCacheSymbol } = require('./koa-cookies')

/** A text to sign: equal signatures by a Keygrip and the core show that their first keys are equal. */
const PROBE = 'koa-session-rs'

class RequestCookie {
  #request
  /** The app's keys when the cookie was first read, of which Koa would make its Keygrip. */
  #keys
  /** If the request's signature is by an older key: the new signature to be sent, and the cookie's name. */
  #reissued
  /** Whether the core has accepted the value that was read as an id. */
  #hasReadId = false
  /** Whether the cookie's lines are kept on error responses. */
  #isKeptOnError = false
  /** Whether `session:forged` has been emitted. */
  #isForged = false

  /** @param {import('../options/request-options').RequestOptions} request */
  constructor (request) {
    this.#request = request
  }

  /**
   * Returns the reason why no cookie can be sent.
   *
   * @returns {'no-response'|'headers-sent'|'insecure'|undefined} no-response: the ctx has no response, as one made for a socket
   */
  get blockedBy () {
    const { ctx } = this.#request
    if (ctx.res == null) return 'no-response'
    if (ctx.res.headersSent) return 'headers-sent'
    this.#request.resolve()
    const { options } = this.#request
    return options.secure === true && this.#isSecured === false ? 'insecure' : undefined
  }

  /** Returns whether the request has the cookie, verified or not. */
  get isInRequest () {
    const { ctx, options } = this.#request
    const core = this.#core()
    const header = core && cookieHeader(ctx)
    if (header === undefined) return ctx.cookies.get(options.key, { signed: false }) !== undefined
    return header !== '' && core.isSent(header)
  }

  /** Returns whether the core has accepted the value of the last `read` as an id. */
  get hasReadId () { return this.#hasReadId }

  /** Returns whether the option `cacheControl` is on. */
  get hasCacheControl () { return this.#request.options.cacheControl === true }

  /** Returns the response's Set-Cookie lines of this cookie and its signature. */
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
    this.#hasReadId = false
    if (this.#request.nativeCookies.hasNoCookie(this.#request.ctx)) return undefined
    const core = this.#core()
    const header = core && cookieHeader(this.#request.ctx)
    if (header === undefined) return this.#get()
    if (header === '') return undefined
    const { value, repair, isId } = readCookie(core, header)
    if (!this.#repair(core, repair)) return this.#get(value)
    this.#hasReadId = isId
    return value
  }

  /**
   * Finds, verifies and opens the cookie.
   *
   * @param {number} now milliseconds
   * @returns {object|undefined} as from `openCookie`; undefined if there is no session
   */
  open (now) {
    if (this.#request.nativeCookies.hasNoCookie(this.#request.ctx)) return undefined
    const core = this.#core()
    const header = core && cookieHeader(this.#request.ctx)
    if (header === '') return undefined
    let verified
    if (header !== undefined) {
      const opened = openCookie(core, header, now)
      verified = opened.text
      if (this.#repair(core, opened.repair)) return verified === undefined ? undefined : opened
    }
    const value = this.#get(verified)
    return value ? openValue(String(value), now) : undefined
  }

  /**
   * Sends a signature by the first key, if the cookie that was read is signed by an older one.
   *
   * @param {number} [expires] milliseconds: when the session's cookie expires, if that is known
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
   * Sends a cookie with a given value (with a store: an id), and the lifetime that the options say.
   *
   * @param {string} value
   * @param {*} now what Date.now() returned
   * @param {string} [key] the cookie's name, where the app may have changed the option since
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
   * Puts the session into an envelope, encodes it, and sends it in the cookie.
   *
   * @param {string} json the user's keys
   * @param {number} now milliseconds
   * @param {number|undefined} lifetime whole milliseconds, for the envelope; undefined for maxAge 'session'
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

  /** Clears the cookie. */
  clear () {
    const core = this.#core(true)
    if (core) this.#send(core.write('', undefined, this.#isSecure))
    else this.#set(this.#request.options.key, '', CLEARING)
  }

  get #isGetterPending () { return this.#request.nativeCookies.isGetterPending(this.#request.ctx) }

  /** Returns whether the connection is secure according to `ctx.cookies`. */
  get #isSecured () {
    const { ctx } = this.#request
    return this.#isGetterPending ? ctx.secure : ctx.cookies.secure
  }

  /** Returns the core's cookie object, or undefined where `ctx.cookies` has to be used. */
  #core (sending = false) {
    if (sending) this.#request.resolve()
    const { ctx, options, nativeCookies, isFixed } = this.#request
    const cookies = this.#isGetterPending ? undefined : this.#getCookies(ctx, nativeCookies)
    if (cookies && !(isUnmodifiedCookies(cookies, ctx) && typeof cookies.secure === 'boolean')) return undefined
    if (ctx.res?.set !== undefined) return undefined
    // Here `cookies` throws an error, which the app is to get.
    if (sending && options.secure && options.secure !== 'force' && !this.#isSecured) return undefined
    if (options.signed === false) return nativeCookies.cookie(options, isFixed)
    if (cookies === undefined) this.#keys ??= ctx.app.keys
    const keys = this.#keys ?? ctx.app.keys
    if (options.signed !== true || !Array.isArray(keys)) return undefined
    const core = nativeCookies.cookie(options, isFixed, keys)
    return core && (cookies === undefined || isKeygripOf(cookies.keys, core)) ? core : undefined
  }

  /** Gets `ctx.cookies`, and remembers how Koa makes it. */
  #getCookies (ctx, nativeCookies) {
    const { cookies } = ctx
    const isSigned = this.#request.options.signed !== false
    if (nativeCookies.cacheSymbol === undefined && isUnmodifiedCookies(cookies, ctx) && (!isSigned || isUnmodifiedKeygrip(cookies.keys))) {
      nativeCookies.learn(ctx, cookies, findCacheSymbol(ctx, cookies))
    }
    return cookies
  }

  /**
   * Reissues or clears the signature, if reading the cookie has shown that this is needed.
   *
   * @param {object} core
   * @param {number} repair one of REPAIR
   * @returns {boolean} false if only the private Keygrip of `ctx.cookies` can verify the cookie
   */
  #repair (core, repair) {
    if (repair === REPAIR.NONE) return true
    if (!this.#isGetterPending) return false
    const { ctx, options } = this.#request
    if (repair === REPAIR.REISSUE) this.#reissued = { signature: core.reissued(), key: options.key }
    else {
      // For 'force', the cookie was sent with Secure on any connection.
      const isSecure = options.secure === 'force' || Boolean(ctx.secure)
      if (this.#canSend) this.#append([core.dropSignature(isSecure)], false)
      this.#reportForged()
    }
    return true
  }

  /** Returns whether headers can still be set. */
  get #canSend () {
    const { res } = this.#request.ctx
    return res != null && !res.headersSent
  }

  #send (lines) {
    const end = lines.indexOf('\n')
    this.#append(end < 0 ? [lines] : [lines.slice(0, end), lines.slice(end + 1)], this.#request.options.overwrite)
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
   * Reads the cookie through `ctx.cookies`.
   *
   * @param {string} [verified] the text that the core has opened and verified by the app's keys
   */
  #get (verified) {
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
    if (!value && verified === undefined && isSignatureDropped(ctx, this.lines.at(-1), sessionOptions.key)) this.#reportForged()
    return value
  }

  #reportForged () {
    if (this.#isForged) return
    this.#isForged = true
    reportForged(this.#request)
  }

  /** Takes back the signature that `cookies` has set while it read, without attributes: `reissue` sends it later. */
  #takeReissued (res, key) {
    const signature = takeSignature(res, key)
    if (signature !== undefined) this.#reissued = { signature, key }
  }

  #set (key, value, overrides) {
    setByKoa(this.#request, key, value, overrides)
    this.afterSetCookie()
  }

  /** Returns the core's cookie object without keys, to send a signature that `cookies` has made. */
  #unsigned () {
    this.#request.resolve()
    return this.#request.nativeCookies.cookie(this.#request.options, this.#request.isFixed)
  }

  /** Keeps the session's cookies on an error response. */
  keepOnError () {
    if (this.#isKeptOnError) return
    this.#isKeptOnError = true
    keepOnError(this.#request.ctx, this)
  }

  /** Keeps the cookies on error responses, and forbids shared caches to store the response (`cacheControl`). */
  afterSetCookie () {
    const { ctx, nativeCookies } = this.#request
    this.keepOnError()
    nativeCookies.onSent?.(this.lines)
    if (this.hasCacheControl && !ctx.res.hasHeader('Cache-Control')) ctx.res.setHeader('Cache-Control', 'private, no-store')
  }
}

/** Returns whether the first key of a Keygrip is that of the core's cookie. Its other keys cannot be compared. */
function isKeygripOf (keygrip, core) {
  return isUnmodifiedKeygrip(keygrip) && keygrip.sign(PROBE) === core.sign(PROBE)
}

/** Returns the Cookie header; an empty string if there is none, undefined if it is not a string. */
function cookieHeader (ctx) {
  const header = ctx.req.headers.cookie || ''
  return typeof header === 'string' ? header : undefined
}

module.exports = { RequestCookie }
