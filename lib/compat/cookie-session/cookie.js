'use strict'

const { BaseCookie, cookieHeader } = require('../../cookie/base-cookie')
const { NativeCookies } = require('../../cookie/native-cookies')
const { reportOversize } = require('../../cookie/oversize')
const { checkKeys, isKeygrip } = require('../../cookie/protection')
const { LAST_DATE_MS, cookieNames } = require('../../cookie/set-cookie')
const { invalidOption } = require('../../base/errors')
const { REPAIR, readCookie } = require('../../native/opened')

/**
 * The cookie of cookie-session on one request. The core reads and writes the headers, whatever `ctx.cookies` is: cookie-session has a
 * `Cookies` of its own, too. A Keygrip signs what the core cannot sign without its keys.
 */
class SignedCookie extends BaseCookie {
  /** Returns the names of the cookies: those that are read, and those that are sent, if the app has renamed them for this request. */
  get names () { return [this.request.cookieName, this.request.options.key].flatMap((name) => cookieNames(name)) }

  /**
   * Finds and verifies the cookie. A signature by an older key is replaced, and one by none of the keys is expired.
   *
   * @returns {string|undefined} its value
   */
  read () {
    const { ctx, options, keys } = this.request
    const header = cookieHeader(ctx)
    if (!header) return undefined
    if (!options.signed) return this.#find('', header)
    if (isKeygrip(keys)) return this.#readByKeygrip(keys, header)
    checkKeys(keys, 'keys')
    const core = this.#reader('', keys)
    if (core === undefined) return undefined
    const { value, repair } = readCookie(core, header)
    if (repair === REPAIR.REISSUE) this.#reissue(core.reissued())
    if (repair === REPAIR.CLEAR) this.#drop()
    return value
  }

  /** Reads a value that a Keygrip has signed. */
  #readByKeygrip (keygrip, header) {
    const signature = this.#find('.sig', header)
    if (signature === undefined || !this.#reader('')?.isSent(header)) return undefined
    const value = this.#find('', header) ?? ''
    const signed = `${this.request.cookieName}=${value}`
    const index = keygrip.index(signed, signature)
    // Also refuses what is no number, such as a promise.
    if (!(index >= 0)) return this.#drop()
    if (index > 0) this.#reissue(keygrip.sign(signed))
    return value
  }

  /** Finds the cookie, or its signature, without verifying it; undefined for an empty one, too. */
  #find (suffix, header) {
    const core = this.#reader(suffix)
    return core && readCookie(core, header).value
  }

  /** Returns the core's object that reads a cookie; undefined for a name that no cookie can have. */
  #reader (suffix, keys) {
    const { cookieName, readers } = this.request
    const reader = readers[suffix] ??= { options: { key: cookieName + suffix }, cookies: new NativeCookies() }
    return reader.cookies.cookie(reader.options, true, keys)
  }

  /** Sends a signature that replaces one by an older key, with the attributes of the cookie. */
  #reissue (signature) {
    if (this.#invalidOption(true) !== undefined || this.blockedBy !== undefined) return
    const { cookieName, nativeCookies, options } = this.request
    const core = nativeCookies.cookie({ ...options, key: cookieName }, false)
    this.append([core.writeSignature(signature, this.#expires, this.isSecure)], false)
  }

  /** Expires a signature by none of the keys, and reports it. */
  #drop () {
    if (this.canSend) this.append([this.#reader('').dropSignature(Boolean(this.isSecured))], false)
    this.reportForged()
  }

  /**
   * Sends a value; an empty one expires the cookie.
   *
   * @param {string} value
   * @throws {SessionOptionError} for options that no cookie can carry
   */
  write (value) {
    const { keys, options } = this.request
    const invalid = this.#invalidOption(value !== '')
    if (invalid !== undefined) throw invalidOption(invalid === 'key' ? 'name' : invalid, 'what a cookie can carry', options[invalid])
    this.append(this.#linesOf(value, options, keys), options.overwrite)
    if (value !== '') reportOversize(this.request, value)
  }

  #linesOf (value, options, keys) {
    const { nativeCookies } = this.request
    const expires = value === '' ? 0 : this.#expires
    if (!options.signed || isKeygrip(keys)) {
      const core = nativeCookies.cookie(options, false)
      const line = core.write(value, expires, this.isSecure)
      if (!options.signed) return [line]
      return [line, core.writeSignature(keys.sign(`${options.key}=${value}`), expires, this.isSecure)]
    }
    checkKeys(keys, 'keys')
    return nativeCookies.cookie(options, false, keys).write(value, expires, this.isSecure).split('\n')
  }

  /** Returns the name of an option that no cookie can carry; undefined if there is none. An expired cookie takes no lifetime. */
  #invalidOption (hasLifetime) {
    const { nativeCookies, options } = this.request
    const { maxAge, expires } = options
    if (hasLifetime) {
      if (typeof maxAge === 'number' ? !Number.isFinite(maxAge) : maxAge) return 'maxAge'
      if (!maxAge && expires && !(expires instanceof Date && !Number.isNaN(expires.getTime()))) return 'expires'
    }
    if (nativeCookies.cookie(options, false) !== undefined) return undefined
    return NativeCookies.invalidAttribute(options)
  }

  /** Returns when the cookie expires, in milliseconds: at most the last date that the core writes; undefined for a browser session. */
  get #expires () {
    const { maxAge, expires } = this.request.options
    if (!maxAge && !expires) return undefined
    return Math.min(Math.max(maxAge ? Date.now() + maxAge : expires.getTime(), 0), LAST_DATE_MS)
  }

  /** Returns whether the cookie is sent with Secure. */
  get isSecure () {
    return this.request.options.isSecure ?? super.isSecure
  }
}

module.exports = { SignedCookie }
