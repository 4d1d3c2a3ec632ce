'use strict'

/**
 * The session's cookie on one request: found, verified and opened; closed, signed and sent.
 *
 * Where `ctx.cookies` is as Koa made it, the core does all of that on the headers themselves. Where an app or framework
 * has put something of its own there, or asks for what the core does not write, everything goes through
 * `ctx.cookies.get` and `.set`, with all options.
 */

const binding = require('./binding')
const { registers, REGISTER, REPAIR } = require('./registers')
const { isStockCookies, isStockKeygrip, findSlot } = require('./stock')

/** The core writes dates of the years 1970 to 9999. */
const LAST_DATE_MS = 253402300799999

/** Signed by both sides where a Keygrip was there before us, to learn whether its first key is the app's. */
const PROBE = 'koa-session-rs'

/** What clears a cookie, over the options it was written with. */
const CLEARING = { expires: new Date(0), maxAge: false }

class RequestCookie {
  #session
  #cookies
  /** The Keygrip that was made under our eyes, and the app's keys that it was made of. */
  #keygrip
  #keys

  /** @param {object} session the ContextSession whose cookie this is */
  constructor (session) {
    this.#session = session
  }

  /**
   * Finds and verifies the cookie.
   *
   * @returns {string|undefined} its value (with a store: an id)
   */
  read () {
    const core = this.#core()
    const header = core && cookieHeader(this.#session.ctx)
    if (header === undefined) return this.#get()
    if (header === '') return undefined
    const value = core.read(header) ?? undefined
    return this.#repair(core, header) ? value : this.#get()
  }

  /**
   * Finds, verifies and opens the cookie; fills the registers.
   *
   * @param {number} now milliseconds
   * @returns {string|undefined} the session's JSON text
   */
  open (now) {
    const core = this.#core()
    const header = core && cookieHeader(this.#session.ctx)
    if (header === '') return undefined
    if (header !== undefined) {
      const text = core.open(header, now) ?? undefined
      if (this.#repair(core, header)) return text
    }
    const value = this.#get()
    return value ? binding.open(registers, String(value), now) : undefined
  }

  /**
   * Sends a value as it stands (with a store: an id), living as long as the session's options say.
   *
   * @param {string} value
   * @param {number} now milliseconds
   * @param {string} [key] the cookie's name, where the app may have changed it since
   */
  write (value, now, key = this.#session.options.key) {
    const { options, maxAge } = this.#session
    const expires = expiresOf(options.expires, maxAge, now)
    const isPlain = typeof value === 'string' && expires !== null && key === options.key
    const core = isPlain ? this.#core(true) : undefined
    const lines = core?.write(value, expires, this.#isSecure())
    if (lines) this.#send(lines)
    else this.#set(key, value)
  }

  /**
   * Closes the session and sends it.
   *
   * @param {string} json the user's keys
   * @param {number} now milliseconds
   * @param {number|undefined} lifetime whole milliseconds for the envelope; undefined for maxAge 'session'
   */
  close (json, now, lifetime) {
    const { options, maxAge } = this.#session
    const expires = expiresOf(options.expires, maxAge, now)
    const core = expires !== null ? this.#core(true) : undefined
    if (core) this.#send(core.close(json, now, lifetime, expires, this.#isSecure()))
    else this.#set(options.key, binding.close(json, now, lifetime))
  }

  /** Has the browser drop the cookie. */
  clear () {
    const core = this.#core(true)
    if (core) this.#send(core.write('', undefined, this.#isSecure()))
    else this.#set(this.#session.options.key, '', CLEARING)
  }

  /** Returns the core's cookie, or nothing where `ctx.cookies` has to be asked. */
  #core (sending = false) {
    const { ctx, options, pool } = this.#session
    const cookies = this.#look(ctx, pool)
    if (!isStockCookies(cookies, ctx) || typeof cookies.secure !== 'boolean' || ctx.res.set !== undefined) return undefined
    // `cookies` throws here, and so it shall.
    if (sending && options.secure && !cookies.secure) return undefined
    if (options.signed === false) return pool.cookie(options)
    const keys = this.#keys ?? ctx.app.keys
    if (options.signed !== true || !Array.isArray(keys)) return undefined
    const core = pool.cookie(options, keys)
    return core && this.#isTrusted(cookies.keys, core) ? core : undefined
  }

  /** Gets `ctx.cookies`, and notes its keys if this is what made it: then they are the app's, all of them. */
  #look (ctx, pool) {
    if (this.#cookies !== undefined) return ctx.cookies
    const absent = pool.slot !== undefined && ctx[pool.slot] == null
    const cookies = this.#cookies = ctx.cookies
    if (pool.slot === undefined || ctx[pool.slot] !== cookies) {
      pool.slot = findSlot(ctx, cookies)
    } else if (absent && !Object.hasOwn(Object.getPrototypeOf(ctx), 'cookies')) {
      this.#keygrip = cookies.keys
      this.#keys = ctx.app.keys
    }
    return cookies
  }

  #isTrusted (keygrip, core) {
    if (!isStockKeygrip(keygrip)) return false
    return this.#keygrip === undefined ? keygrip.sign(PROBE) === core.sign(PROBE) : keygrip === this.#keygrip
  }

  /**
   * Sends what reading found to be due about the signature.
   *
   * @returns {boolean} false where keys that nobody can see have the say
   */
  #repair (core, header) {
    const repair = registers[REGISTER.REPAIR]
    if (repair === REPAIR.NONE) return true
    if (this.#keygrip === undefined) return false
    const line = core.repair(header, repair === REPAIR.REISSUE, this.#session.ctx.cookies.secure)
    appendCookies(this.#session.ctx.res, [line], false)
    return true
  }

  #send (lines) {
    appendCookies(this.#session.ctx.res, lines.split('\n'), this.#session.options.overwrite)
  }

  #isSecure () {
    const { ctx, options } = this.#session
    return Boolean(options.secure !== undefined ? options.secure : ctx.cookies.secure)
  }

  #get () {
    const { ctx, sessionOptions } = this.#session
    return ctx.cookies.get(sessionOptions.key, sessionOptions)
  }

  #set (key, value, over) {
    const { ctx, sessionOptions } = this.#session
    ctx.cookies.set(key, value, over ? { ...sessionOptions, ...over } : sessionOptions)
  }
}

/** Returns the header's text, or nothing where that is not a text. */
function cookieHeader (ctx) {
  const header = ctx.req.headers.cookie || ''
  return typeof header === 'string' ? header : undefined
}

/**
 * Computes the `expires` attribute as `cookies` does: from maxAge where there is one, else from the option.
 *
 * @returns {number|null|undefined} milliseconds; undefined for none; null for what the core does not write
 */
function expiresOf (expires, maxAge, now) {
  if (Number.isNaN(maxAge)) return null
  if (!maxAge && !expires) return undefined
  const ms = maxAge ? (typeof maxAge === 'number' ? now + maxAge : NaN) : expires instanceof Date ? expires.getTime() : NaN
  return ms >= 0 && ms <= LAST_DATE_MS ? ms : null
}

/** Adds lines to Set-Cookie as `cookies` does; `overwrite` first removes those of the same names. */
function appendCookies (res, lines, overwrite) {
  let header = res.getHeader('Set-Cookie') || []
  if (typeof header === 'string') header = [header]
  for (const line of lines) {
    if (overwrite) removeCookie(header, line.slice(0, line.indexOf('=') + 1))
    header.push(line)
  }
  res.setHeader('Set-Cookie', header)
}

function removeCookie (header, start) {
  for (let i = header.length - 1; i >= 0; i--) {
    if (header[i].startsWith(start)) header.splice(i, 1)
  }
}

module.exports = { RequestCookie }
