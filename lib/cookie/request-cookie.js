'use strict'

/**
 * The session's cookie on one request: finds, verifies and decodes the request's; encodes, signs and sends a new one.
 *
 * If `ctx.cookies` is as Koa makes it, the core reads and writes the headers itself. If an app or framework has replaced or patched
 * it, or has set an option that the core does not support, everything goes through `ctx.cookies.get` and `.set`.
 */

const binding = require('../native/binding')
const { CLEARING, getSilently, setByKoa, takeSignature } = require('./by-koa')
const { BaseCookie, cookieHeader } = require('./base-cookie')
const { isSignatureDropped } = require('./forged')
const { reportOversize } = require('./oversize')
const { REPAIR, openCookie, openValue, readCookie } = require('../native/opened')
const { LAST_DATE_MS, expiresOf } = require('./set-cookie')
const { isUnmodifiedCookies, isUnmodifiedKeygrip } = require('./koa-cookies')

/** A text to sign: equal signatures by a Keygrip and the core show that their first keys are equal. */
const PROBE = 'koa-session-rs'

class RequestCookie extends BaseCookie {
  /** The app's keys when the cookie was first read, of which Koa would make its Keygrip. */
  #keys
  /** If the request's signature was made with an older key: the new signature to be sent, and the cookie's name. */
  #reissued
  /** Whether the core has found the value of the last `read` acceptable as an id. */
  #hasReadId = false

  /** Returns whether the request has the cookie, verified or not. */
  get isInRequest () {
    const { ctx, options } = this.request
    const core = this.#core()
    const header = core && cookieHeader(ctx)
    if (header === undefined) return ctx.cookies.get(options.key, { signed: false }) !== undefined
    return header !== '' && core.isSent(header)
  }

  /** Returns whether the core has found the value of the last `read` acceptable as an id. */
  get hasReadId () { return this.#hasReadId }

  /**
   * Finds and verifies the cookie.
   *
   * @returns {string|undefined} its value (with a store: an id)
   */
  read () {
    this.#hasReadId = false
    if (this.request.nativeCookies.hasNoCookie(this.request.ctx)) return undefined
    const core = this.#core()
    const header = core && cookieHeader(this.request.ctx)
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
    if (this.request.nativeCookies.hasNoCookie(this.request.ctx)) return undefined
    const core = this.#core()
    const header = core && cookieHeader(this.request.ctx)
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
   * Sends a signature made with the first key, if the cookie that was read is signed with an older one.
   *
   * @param {number} [expires] milliseconds: when the session's cookie expires, if that is known
   */
  reissue (expires) {
    if (this.#reissued === undefined || this.blockedBy !== undefined) return
    const { signature, key } = this.#reissued
    this.#reissued = undefined
    if (key !== this.request.options.key) return
    const until = typeof expires === 'number' && expires >= 0 && expires <= LAST_DATE_MS ? expires : undefined
    const core = this.#core(true) ?? this.#unsigned()
    const line = core?.writeSignature(signature, until, this.isSecure)
    if (line) this.append([line], false)
  }

  /**
   * Sends a cookie with a given value (with a store: an id), and the lifetime that the options give.
   *
   * @param {string} value
   * @param {*} now what Date.now() returned
   * @param {string} [key] the cookie's name, where the app may have changed the option since
   */
  write (value, now, key = this.request.options.key) {
    this.request.resolve()
    const { options, cookieMaxAge } = this.request
    const expires = expiresOf(options.expires, cookieMaxAge, now)
    const isPlain = typeof value === 'string' && expires !== null && key === options.key
    const core = isPlain ? this.#core(true) : undefined
    const lines = core?.write(value, expires, this.isSecure)
    if (lines) this.#send(lines)
    else this.#set(key, value, cookieMaxAge === this.request.maxAge ? undefined : { maxAge: cookieMaxAge })
    reportOversize(this.request, value)
  }

  /**
   * Puts the session into an envelope, encodes it, and sends it in the cookie.
   *
   * @param {string} json the user's keys
   * @param {number} now milliseconds
   * @param {number|undefined} lifetime whole milliseconds, for the envelope; undefined for maxAge 'session'
   */
  close (json, now, lifetime) {
    this.request.resolve()
    const { options, cookieMaxAge } = this.request
    const expires = expiresOf(options.expires, cookieMaxAge, now)
    const core = expires !== null ? this.#core(true) : undefined
    if (core === undefined) return this.write(binding.close(json, now, lifetime), now)
    const lines = core.close(json, now, lifetime, expires, this.isSecure)
    this.#send(lines)
    reportOversize(this.request, lines.slice(options.key.length + 1, lines.indexOf(';')))
  }

  /** Clears the cookie. */
  clear () {
    const core = this.#core(true)
    if (core) this.#send(core.write('', undefined, this.isSecure))
    else this.#set(this.request.options.key, '', CLEARING)
  }

  /** Returns the core's cookie object, or undefined where `ctx.cookies` has to be used. */
  #core (sending = false) {
    if (sending) this.request.resolve()
    const { ctx, options, nativeCookies, isFixed } = this.request
    const cookies = this.takeCookies(options.signed !== false)
    if (!this.isReplaceable(cookies) || (sending && this.isRefused)) return undefined
    if (options.signed === false) return nativeCookies.cookie(options, isFixed)
    if (cookies === undefined) this.#keys ??= ctx.app.keys
    const keys = this.#keys ?? ctx.app.keys
    if (options.signed !== true || !Array.isArray(keys)) return undefined
    const core = nativeCookies.cookie(options, isFixed, keys)
    return core && (cookies === undefined || isKeygripOf(cookies.keys, core)) ? core : undefined
  }

  /**
   * Reissues or clears the signature, if reading the cookie has shown that this is needed.
   *
   * @param {object} core
   * @param {number} repair one of REPAIR
   * @returns {boolean} false if `ctx.cookies` exists already: its Keygrip may have other keys than `app.keys`, so it has to verify
   */
  #repair (core, repair) {
    if (repair === REPAIR.NONE) return true
    if (!this.isGetterPending) return false
    const { ctx, options } = this.request
    if (repair === REPAIR.REISSUE) this.#reissued = { signature: core.reissued(), key: options.key }
    else {
      // For 'force', the cookie was sent with Secure on any connection.
      const isSecure = options.secure === 'force' || Boolean(ctx.secure)
      if (this.canSend) this.append([core.dropSignature(isSecure)], false)
      this.reportForged()
    }
    return true
  }

  #send (lines) {
    const end = lines.indexOf('\n')
    this.append(end < 0 ? [lines] : [lines.slice(0, end), lines.slice(end + 1)], this.request.options.overwrite)
  }

  /**
   * Reads the cookie through `ctx.cookies`.
   *
   * @param {string} [verified] the text that the core has opened and verified by the app's keys
   */
  #get (verified) {
    const { ctx, sessionOptions } = this.request
    if (!this.canSend && isUnmodifiedCookies(ctx.cookies, ctx)) {
      const { value, isDropped } = getSilently(this.request)
      if (isDropped) this.reportForged()
      return value
    }
    const before = this.lines.length
    const value = ctx.cookies.get(sessionOptions.key, sessionOptions)
    if (this.lines.length === before) return value
    if (isUnmodifiedCookies(ctx.cookies, ctx) && this.#unsigned() !== undefined) this.#takeReissued(ctx.res, sessionOptions.key)
    if (this.lines.length > before) this.keepOnError()
    if (!value && verified === undefined && isSignatureDropped(ctx, this.lines.at(-1), sessionOptions.key)) this.reportForged()
    return value
  }

  /** Takes back the signature that `cookies` has set while it read, without attributes: `reissue` sends it later. */
  #takeReissued (res, key) {
    const signature = takeSignature(res, key)
    if (signature !== undefined) this.#reissued = { signature, key }
  }

  #set (key, value, overrides) {
    setByKoa(this.request, key, value, overrides)
    this.afterSetCookie()
  }

  /** Returns the core's cookie object without keys, to send a signature that `cookies` has made. */
  #unsigned () {
    this.request.resolve()
    return this.request.nativeCookies.cookie(this.request.options, this.request.isFixed)
  }
}

/** Returns whether the first key of a Keygrip is that of the core's cookie. Its other keys cannot be compared. */
function isKeygripOf (keygrip, core) {
  return isUnmodifiedKeygrip(keygrip) && keygrip.sign(PROBE) === core.sign(PROBE)
}

module.exports = { RequestCookie }
