'use strict'

const { reportForged } = require('./forged')
const { isUnmodifiedCookies, isUnmodifiedKeygrip, findCacheSymbol } = require('./koa-cookies')
const { keepOnError } = require('./on-error')
const { appendCookies, linesOf } = require('./set-cookie')

/**
 * The session's cookie on one request, as far as it does not matter how its value is protected: says whether it can be sent, adds its
 * lines to the response, and keeps them on error responses. RequestCookie and ProtectedCookie extend it.
 */
class BaseCookie {
  /** Whether the cookie's lines are kept on error responses. */
  #isKeptOnError = false
  /** Whether `session:forged` has been emitted. */
  #isForged = false

  /** @param {import('../options/request-options').RequestOptions} request */
  constructor (request) {
    this.request = request
  }

  /**
   * Returns the reason why no cookie can be sent.
   *
   * @returns {'no-response'|'headers-sent'|'insecure'|undefined} no-response: the ctx has no response, as one made for a socket
   */
  get blockedBy () {
    const { ctx } = this.request
    if (ctx.res == null) return 'no-response'
    if (ctx.res.headersSent) return 'headers-sent'
    this.request.resolve()
    const { options } = this.request
    return options.secure === true && this.isSecured === false ? 'insecure' : undefined
  }

  /** Returns whether the option `cacheControl` is on. */
  get hasCacheControl () { return this.request.options.cacheControl === true }

  /** Returns the names of the session's cookies; undefined if they are only the cookie and its signature. */
  get names () { return undefined }

  /** Returns the response's Set-Cookie lines of the session. */
  get lines () {
    const { ctx: { res }, options: { key } } = this.request
    return res == null ? [] : linesOf(res, key, this.names)
  }

  /** Returns whether headers can still be set. */
  get canSend () {
    const { res } = this.request.ctx
    return res != null && !res.headersSent
  }

  /** Returns whether Koa has not made `ctx.cookies` for this request yet. */
  get isGetterPending () { return this.request.nativeCookies.isGetterPending(this.request.ctx) }

  /** Returns whether the connection is secure according to `ctx.cookies`. */
  get isSecured () {
    const { ctx } = this.request
    return this.isGetterPending ? ctx.secure : ctx.cookies.secure
  }

  /** Returns whether the cookie is sent with Secure. */
  get isSecure () {
    const { options } = this.request
    return Boolean(options.secure !== undefined ? options.secure : this.isSecured)
  }

  /**
   * Returns `ctx.cookies`, and remembers how Koa makes it.
   *
   * @param {boolean} isSigned whether its Keygrip has to be Koa's too
   * @returns {object|undefined} undefined if Koa has not made it yet
   */
  takeCookies (isSigned) {
    if (this.isGetterPending) return undefined
    const { ctx, nativeCookies } = this.request
    const { cookies } = ctx
    if (nativeCookies.cacheSymbol === undefined && isUnmodifiedCookies(cookies, ctx) && (!isSigned || isUnmodifiedKeygrip(cookies.keys))) {
      nativeCookies.learn(ctx, cookies, findCacheSymbol(ctx, cookies))
    }
    return cookies
  }

  /** Returns whether the core may read and set the headers instead of `ctx.cookies`: Koa has made that, or will, and nothing changed it. */
  isReplaceable (cookies) {
    const { ctx } = this.request
    if (cookies && !(isUnmodifiedCookies(cookies, ctx) && typeof cookies.secure === 'boolean')) return false
    return ctx.res?.set === undefined
  }

  /** Returns whether `ctx.cookies` would throw when it sends the cookie: it has to be called then, so that the app gets its error. */
  get isRefused () {
    const { secure } = this.request.options
    return Boolean(secure) && secure !== 'force' && !this.isSecured
  }

  append (lines, overwrite) {
    appendCookies(this.request.ctx.res, lines, overwrite)
    this.afterSetCookie()
  }

  /**
   * Emits `session:forged`, once for each request.
   *
   * @param {boolean} [hasId] whether the cookie's value may be an id
   */
  reportForged (hasId = true) {
    if (this.#isForged) return
    this.#isForged = true
    reportForged(this.request, hasId)
  }

  /** Keeps the session's cookies on an error response. */
  keepOnError () {
    if (this.#isKeptOnError) return
    this.#isKeptOnError = true
    keepOnError(this.request.ctx, this)
  }

  /** Keeps the cookies on error responses, and forbids shared caches to store the response (`cacheControl`). */
  afterSetCookie () {
    const { ctx, nativeCookies } = this.request
    this.keepOnError()
    nativeCookies.onSent?.(this.lines)
    if (this.hasCacheControl && !ctx.res.hasHeader('Cache-Control')) ctx.res.setHeader('Cache-Control', 'private, no-store')
  }
}

/** Returns the Cookie header; an empty string if there is none, undefined if it is not a string. */
function cookieHeader (ctx) {
  const header = ctx.req.headers.cookie || ''
  return typeof header === 'string' ? header : undefined
}

module.exports = { BaseCookie, cookieHeader }
