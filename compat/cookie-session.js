'use strict'

require('../lib/base/node-version')

const { beforeHead } = require('../lib/base/before-head')
const { invalidOption } = require('../lib/base/errors')
const { emitError } = require('../lib/base/events')
const { trySetHeaders } = require('../lib/base/head-arguments')
const { SignedCookie } = require('../lib/compat/cookie-session/cookie')
const { Session, decode, encode } = require('../lib/compat/cookie-session/session')
const { NativeCookies } = require('../lib/cookie/native-cookies')
const { checkKeys, isKeygrip } = require('../lib/cookie/protection')
const { reportUncommitted } = require('../lib/request/uncommitted')

/** Options that are true where the app gives neither true nor false. */
const SWITCHES = ['overwrite', 'httpOnly', 'signed']

/** The attributes of a cookie that `cookies` knows, but for maxAge and signed. */
const ATTRIBUTES = ['path', 'expires', 'domain', 'httpOnly', 'partitioned', 'priority', 'sameSite', 'overwrite']

/** The options of one `cookieSession()`, read live from the caller's object, which is never written to. */
class Settings {
  #given
  /** The core's cookie objects, for writing and for reading. */
  nativeCookies = new NativeCookies()
  readers = {}

  constructor (given) {
    this.#given = given ?? {}
    const { keys, secret, name, signed } = this.#given
    this.name = name || 'session'
    this.keys = keys || (secret ? [secret] : undefined)
    if (typeof this.name !== 'string') throw invalidOption('name', 'string', name)
    if (this.keys) {
      if (!isKeygrip(this.keys)) checkKeys(this.keys, keys ? 'keys' : 'secret')
    } else if (signed ?? true) throw invalidOption('keys', 'array of strings, or a Keygrip', keys, '.keys required.')
  }

  /** Returns an object for a request to change: it inherits the options. */
  forRequest () {
    const options = Object.create(this.#given)
    // Defined, since the caller's object may be frozen.
    for (const name of SWITCHES) Object.defineProperty(options, name, { value: this.#given[name] ?? true, writable: true, enumerable: true, configurable: true })
    return Object.create(options)
  }
}

/** The session of one request. */
class RequestSession {
  /** The options of this request, which the app may change or replace (`ctx.sessionOptions`). */
  sessionOptions
  /** undefined until the app reads or sets the session; null if it has ended it. */
  #session
  #settings

  /** @param {object} ctx */
  constructor (ctx, settings) {
    this.ctx = ctx
    this.#settings = settings
    this.cookie = new SignedCookie(this)
    this.sessionOptions = settings.forRequest()
  }

  /** The name in events. */
  get name () { return 'session' }
  get nativeCookies () { return this.#settings.nativeCookies }
  get readers () { return this.#settings.readers }
  get keys () { return this.#settings.keys }
  /** Returns the name of the cookie that is read. */
  get cookieName () { return this.#settings.name }

  /** Returns the cookie's options as `ctx.sessionOptions` has them now. */
  get options () {
    const given = this.sessionOptions ?? {}
    const options = { key: given.name || this.cookieName, maxAge: given.maxAge ?? given.maxage }
    for (const name of ATTRIBUTES) {
      if (name in given) options[name] = given[name]
    }
    options.signed = given.signed === undefined ? this.keys !== undefined : Boolean(given.signed)
    if (given.secure !== undefined) options.secure = Boolean(given.secure)
    // The core takes no option secureProxy.
    if ('secureProxy' in given) options.isSecure = Boolean(given.secureProxy)
    return options
  }

  /** Does nothing: no option is a function of ctx. */
  resolve () {}

  get () {
    if (this.#session !== undefined) return this.#session
    const value = this.cookie.read()
    this.#watchHead()
    this.#session = (value ? decode(value) : undefined) ?? new Session()
    return this.#session
  }

  set (value) {
    if (value != null && typeof value !== 'object') throw new Error('req.session can only be set as null or an object.')
    if (this.#session === undefined) this.#watchHead()
    this.#session = value == null ? null : new Session(value)
  }

  /** Sends the cookie when the headers are sent. */
  #watchHead () {
    if (this.ctx.res == null) return
    beforeHead(this.ctx, (args) => {
      const rest = trySetHeaders(this.ctx.res, args)
      if (rest !== false) this.#commitSafely()
      return rest
    })
  }

  /** Sends the cookie. If that throws, the headers are sent without it. */
  #commitSafely () {
    try {
      const value = this.#valueToSend()
      if (value === undefined) return
      const reason = this.cookie.blockedBy
      if (reason === undefined) this.cookie.write(value)
      else reportUncommitted(this, reason)
    } catch (thrown) {
      emitError(this.ctx, thrown)
    }
  }

  /** Returns the cookie's new value, empty for an ended session; undefined if there is nothing to send. */
  #valueToSend () {
    const session = this.#session
    if (session === null) return ''
    return (!session.isNew || session.isPopulated) && session.isChanged ? encode(session) : undefined
  }
}

/**
 * Makes the middleware of cookie-session for Koa. cookie-session.d.ts documents it.
 *
 * @param {object} [options] those of cookie-session
 * @returns {(ctx: object, next: () => Promise<*>) => Promise<*>}
 * @throws {SessionOptionError} code ERR_SESSION_OPTION
 */
function cookieSession (options) {
  const settings = new Settings(options)
  return function cookieSession (ctx, next) {
    const session = new RequestSession(ctx, settings)
    const common = { configurable: true, enumerable: true }
    Object.defineProperties(ctx, {
      sessionOptions: { ...common, get: () => session.sessionOptions, set: (value) => { session.sessionOptions = value } },
      session: { ...common, get: () => session.get(), set: (value) => session.set(value) }
    })
    return next()
  }
}

module.exports = cookieSession
