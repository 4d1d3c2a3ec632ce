'use strict'

/**
 * The session's cookie on one request, with the options `keys`, `seal` or `chunks`. This package seals or signs the value itself, and
 * splits one that is too long over several cookies. It also writes the Set-Cookie header itself. Only if `ctx.cookies` is not Koa's own,
 * it passes the finished cookies to `ctx.cookies.set`, with `signed: false`.
 *
 * A stale cookie is a cookie of the session that the request has, but that its value does not use: a part after the last one of the
 * value, or a signature beside a sealed value. An outdated value is one that would be protected in another way now: with another key, or
 * sealed instead of signed.
 */

const binding = require('../native/binding')
const codec = require('./codec')
const { invalidOption, sessionError } = require('../base/errors')
const { VERDICT, announce, reportVerdict } = require('../base/events')
const { BaseCookie, cookieHeader } = require('./base-cookie')
const { CLEARING, setByKoa } = require('./by-koa')
const { MAX_COOKIE_BYTES, reportOversize } = require('./oversize')
const { isIdRefused } = require('../base/id')
const { openValue } = require('../native/opened')
const {
  OUTCOME, UNWRITABLE, closeProtected, openProtected, readProtected, readUnverified, textToSign, whyUnwritable, writeProtected,
  writeProtectedJson
} = require('../native/protected')
const { protectionOf } = require('./protection')
const { LAST_DATE_MS, MAX_CHUNKS, cookieNames, expiresOf, removeCookies } = require('./set-cookie')

class ProtectedCookie extends BaseCookie {
  /** If the request's value is outdated: the value to send again, and the cookie's name. */
  #outdated
  /** If the request has stale cookies: the number of cookies that its value uses, and the cookie's name. */
  #stale
  #hasReadId = false
  /** Whether the request is known to have no cookie that a new value could make stale. */
  #cannotBecomeStale = false
  /** Whether this response has lines of the session. */
  #hasSent = false

  get names () { return cookieNames(this.request.options.key, this.request.options.chunks ? MAX_CHUNKS : 1) }

  /** Returns whether the request has the cookie, protected or not. */
  get isInRequest () {
    const header = this.#header()
    return header !== '' && this.#protection().core.isSent(header)
  }

  /** Returns whether the core has found the value of the last `read` acceptable as an id. */
  get hasReadId () { return this.#hasReadId }

  /** Returns the text that the cookies hold (with a store: an id); undefined if there is none. */
  read () {
    this.#hasReadId = this.#cannotBecomeStale = false
    const header = this.#header()
    if (header === '') return undefined
    const protection = this.#protection()
    if (protection.keygrip) return this.#readByKeygrip(protection, header)
    const found = readProtected(protection.core, header)
    if (!this.#noteOutcome(found)) return undefined
    if (found.isOutdated) this.#outdated = { value: found.text, key: this.request.options.key }
    this.#hasReadId = found.isId
    return found.text
  }

  /**
   * Opens the session in the cookies.
   *
   * @param {number} now milliseconds
   * @returns {object|undefined} as from `openCookie`; undefined if there is no session
   */
  open (now) {
    const header = this.#header()
    if (header === '') return undefined
    const protection = this.#protection()
    if (protection.keygrip) {
      const value = this.#readByKeygrip(protection, header)
      return value ? openValue(value, now) : undefined
    }
    const found = openProtected(protection.core, header, now)
    if (!this.#noteOutcome(found)) return undefined
    if (found.isOutdated) this.#outdated = { json: protection.core.outdated(), key: this.request.options.key }
    return found
  }

  /**
   * Sends the request's value again, if it is outdated, and expires stale cookies.
   *
   * @param {number} [expires] milliseconds: when the session's cookie expires, if that is known
   */
  reissue (expires) {
    // What this response has sent already is newer.
    if ((this.#outdated ?? this.#stale) === undefined || this.#hasSent || this.blockedBy !== undefined) return
    const outdated = this.#outdated
    const stale = this.#stale
    this.#outdated = this.#stale = undefined
    const { key } = this.request.options
    if ((outdated ?? stale).key !== key) return
    const until = typeof expires === 'number' && expires >= 0 && expires <= LAST_DATE_MS ? expires : undefined
    const protection = this.#protection()
    if (outdated === undefined) {
      this.#send(protection.core.expireStale(stale.count, this.isSecure, this.#header()).split('\n'), protection.writesAttributes, false)
    } else {
      const text = this.#protect(protection, outdated, until)
      // The new protection may make a value longer. If it does not fit in its cookies any more, it is not sent again.
      if (text === null) return
      const lifetime = { maxAge: undefined, expires: until === undefined ? undefined : new Date(until) }
      this.#send(this.#withoutSent(text.split('\n')), protection.writesAttributes, false, lifetime)
    }
  }

  /**
   * Leaves out the line of the value, if the browser has that value already and needs only the new signature. Another response may have
   * replaced the value meanwhile, and sending it again would undo that.
   */
  #withoutSent (lines) {
    const pair = lines[0].slice(0, lines[0].indexOf(';'))
    const isKnown = lines.length === 2 && this.#header().split(/; */).includes(pair)
    return isKnown ? lines.slice(1) : lines
  }

  /**
   * Sends a value (with a store: an id), with the lifetime that the options say.
   *
   * @param {string} value
   * @param {*} now what Date.now() returned
   * @param {string} [key] the cookie's name, where the app may have changed the option since
   */
  write (value, now, key = this.request.options.key) {
    this.request.resolve()
    const protection = this.#protection(key)
    const expires = expiresOf(this.request.options.expires, this.request.cookieMaxAge, now)
    const text = this.#protect(protection, { value: String(value || '') }, expires)
    if (text === null) this.#throwUnwritable(key)
    this.#sendNew(text, protection, expires)
  }

  /**
   * Puts the session into an envelope, protects and sends it.
   *
   * @param {string} json the user's data
   * @param {number} now milliseconds
   * @param {number|undefined} lifetime whole milliseconds, for the envelope; undefined for maxAge 'session'
   */
  close (json, now, lifetime) {
    this.request.resolve()
    const { options, cookieMaxAge } = this.request
    const protection = this.#protection()
    // The core seals JSON, but the app's own `decode` expects base64, as the default `encode` returns it. A Keygrip signs base64 too.
    if (protection.keygrip || options.decode !== codec.decode) return this.write(binding.close(json, now, lifetime), now)
    const expires = expiresOf(options.expires, cookieMaxAge, now)
    const text = closeProtected(protection.core, json, now, lifetime, expires ?? undefined, this.isSecure, this.#staleHeader)
    if (text === null) this.#throwUnwritable(options.key)
    this.#sendNew(text, protection, expires)
  }

  /** Clears the session's cookies. */
  clear () {
    this.request.resolve()
    const protection = this.#protection()
    this.#sendNew(this.#protect(protection, { value: '' }), protection)
  }

  #protection (key = this.request.options.key) {
    return protectionOf(this.request, key)
  }

  /** Returns the Set-Cookie lines of a value, or of a session's complete JSON; null if they cannot be written. */
  #protect ({ core, keygrip }, { value, json }, expires) {
    const rest = [expires ?? undefined, this.isSecure, this.#staleHeader]
    if (json !== undefined) return writeProtectedJson(core, json, ...rest)
    if (!keygrip) return writeProtected(core, value, ...rest, undefined)
    const text = textToSign(core, value)
    return text === null ? null : writeProtected(core, value, ...rest, value === '' ? '' : keygrip.sign(text))
  }

  /** Throws the error that says why the value could not be written. */
  #throwUnwritable (key) {
    const { reason, bytes } = whyUnwritable()
    if (reason === UNWRITABLE.TOO_LARGE) {
      const { chunks } = this.request.options
      const limit = chunks * MAX_COOKIE_BYTES
      announce(this.request, 'oversize', undefined, { bytes, limit })
      throw Object.assign(sessionError('ERR_SESSION_OVERSIZE',
        `the session cookie ${key} has ${bytes} bytes, and does not fit in the ${chunks} cookies that the option chunks allows: ` +
        'keep less in the session, set a larger chunks, or use the option store'), { bytes, limit })
    }
    if (reason === UNWRITABLE.NOT_ALLOWED) {
      const { store, ContextStore } = this.request.options
      throw invalidOption(store || ContextStore ? 'genid' : 'encode', 'a function that returns what a cookie can carry', '')
    }
    throw sessionError('ERR_SESSION_SEAL', 'the operating system gives no random bytes, which sealing needs')
  }

  /** Sends the lines of a new value, which replaces the request's. */
  #sendNew (text, { writesAttributes }, expires) {
    const lines = text.includes('\n') ? text.split('\n') : [text]
    this.#outdated = this.#stale = undefined
    this.#send(lines, writesAttributes && expires !== null, this.request.options.overwrite)
    if (!this.request.options.chunks) reportOversize(this.request, valueOf(lines[0]))
  }

  /**
   * Sends lines: in the header where `ctx.cookies` is Koa's own, else each through `ctx.cookies`.
   *
   * @param {string[]} lines
   * @param {boolean} isByCore whether the core has written all attributes
   * @param {boolean} overwrite whether earlier lines of the same names are removed
   * @param {object} [lifetime] maxAge and expires, for `ctx.cookies`; by default, those of the options
   */
  #send (lines, isByCore, overwrite, lifetime) {
    // A value that was written earlier to this response may have more parts.
    if (overwrite && this.#hasSent) removeCookies(this.request.ctx.res, this.names)
    this.#hasSent = true
    if (isByCore && this.isReplaceable(this.takeCookies(false)) && !this.isRefused) return this.append(lines, overwrite)
    const { cookieMaxAge, maxAge } = this.request
    lifetime ??= cookieMaxAge === maxAge ? {} : { maxAge: cookieMaxAge }
    for (const line of lines) {
      const value = valueOf(line)
      setByKoa(this.request, line.slice(0, line.indexOf('=')), value, { ...(value === '' ? CLEARING : lifetime), signed: false })
    }
    this.afterSetCookie()
  }

  /** Returns the request's cookies, among which the core looks for stale ones; empty if there can be none. */
  get #staleHeader () { return this.#cannotBecomeStale ? '' : this.#header() }

  /** Returns the request's cookies as a `Cookie` header; empty if there are none. */
  #header () {
    const { ctx, nativeCookies, options } = this.request
    if (nativeCookies.hasNoCookie(ctx)) return ''
    const cookies = this.takeCookies(false)
    if (this.isReplaceable(cookies)) {
      const header = cookieHeader(ctx)
      if (header !== undefined) return header
    }
    return headerBy(ctx.cookies, options.key, options.chunks)
  }

  /** Notes the outcome of reading the cookies, and reports a failure. Returns whether a value was opened. */
  #noteOutcome ({ outcome, hasStale, count }) {
    if (outcome === OUTCOME.OPENED) {
      if (hasStale) this.#stale = { count, key: this.request.options.key }
      this.#cannotBecomeStale = !hasStale && count === 1
      return true
    }
    if (outcome === OUTCOME.MISSED) reportVerdict(VERDICT.MISSED, this.request)
    if (outcome === OUTCOME.FORGED) this.#dropForged()
    return false
  }

  /** Reads a value that a Keygrip has signed. */
  #readByKeygrip ({ core, keygrip }, header) {
    const { candidates, isMissed } = readUnverified(core, header)
    for (const { signed, value, signatures } of candidates) {
      for (const signature of signatures) {
        const index = keygrip.index(signed, signature)
        // Also refuses what is no number, such as a promise.
        if (!(index >= 0)) continue
        if (index > 0) this.#outdated = { value, key: this.request.options.key }
        this.#hasReadId = !isIdRefused(value, undefined, false)
        return value
      }
    }
    if (isMissed) reportVerdict(VERDICT.MISSED, this.request)
    else if (candidates.some(({ signatures }) => signatures.length > 0)) this.#dropForged()
    return undefined
  }

  /** Reports a value that was signed or sealed with none of the keys. Where values are signed, expires the signature, as `cookies` does. */
  #dropForged () {
    // First, since it resolves the attributes.
    const isBlocked = this.blockedBy !== undefined
    const protection = this.#protection()
    if (!protection.seals && !isBlocked) this.#send([protection.core.dropSignature(this.isSecure)], protection.writesAttributes, false)
    this.reportForged(!this.request.options.seal)
  }
}

/** Returns the value in a line of Set-Cookie. */
function valueOf (line) {
  const end = line.indexOf(';')
  return line.slice(line.indexOf('=') + 1, end < 0 ? undefined : end)
}

/** Reads the cookies of a session through the app's own `ctx.cookies`, and returns them as a `Cookie` header. */
function headerBy (cookies, key, chunks) {
  const pairs = []
  const add = (name) => {
    const value = cookies.get(name, { signed: false })
    if (typeof value !== 'string' || value.includes(';')) return false
    pairs.push(`${name}=${value}`)
    return true
  }
  add(key)
  add(`${key}.sig`)
  // The browser may still have more parts than `chunks` allows, if it allowed more before.
  for (let i = 1; i < (chunks ? MAX_CHUNKS : 0); i++) {
    if (!add(`${key}.${i}`) && i >= chunks) break
  }
  return pairs.join('; ')
}

module.exports = { ProtectedCookie }
