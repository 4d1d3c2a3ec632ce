'use strict'

/** The last millisecond that an HTTP date can represent. */
const LAST_DATE_MS = 253402300799999

const VALUE = /^[\t\x20-\x3a\x3c-\x7e\x80-\xff]*$/
const PATH = /^[\x20-\x3a\x3d-\x7e]*$/
const DOMAIN = /^\.?[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/i
const PRIORITY = /^(?:low|medium|high)?$/i
const SAME_SITE = /^(?:lax|none|strict)?$/i

const attribute = (name, value) => value === '' ? '' : `; ${name}=${value}`
const flag = (name, isSet) => isSet ? `; ${name}` : ''

/** The common part of all Set-Cookie lines of a cookie, formatted once. */
class CookieTemplate {
  #start
  #path
  #beforeSecure
  #afterSecure

  constructor (name, attributes) {
    this.#start = `${name}=`
    this.#path = attribute('path', attributes.path)
    this.#beforeSecure = attribute('domain', attributes.domain) +
      attribute('priority', attributes.priority.toLowerCase()) + attribute('samesite', attributes.sameSite.toLowerCase())
    this.#afterSecure = flag('httponly', attributes.httpOnly) + flag('partitioned', attributes.partitioned)
  }

  /** The name of an option that is invalid in a cookie; null if all are valid. */
  static invalidAttribute (name, { path, domain, priority, sameSite }) {
    if (name === '' || name.includes('=') || !VALUE.test(name)) return 'key'
    if (!PATH.test(path)) return 'path'
    if (domain !== '' && !DOMAIN.test(domain)) return 'domain'
    if (!PRIORITY.test(priority)) return 'priority'
    return SAME_SITE.test(sameSite) ? null : 'sameSite'
  }

  /** Returns the Set-Cookie line for a value, with an attribute made by `expiresUntil`. */
  write (value, expires, isSecure) {
    return this.#start + value + this.#path + expires + this.#beforeSecure + flag('secure', isSecure) + this.#afterSecure
  }
}

let cachedSecond = -1
let cachedAttribute = ''

/** Returns the attribute `expires`, formatted at most once a second; empty for a date that HTTP cannot represent. */
function expiresUntil (ms) {
  if (ms == null || !(ms > -1 && ms <= LAST_DATE_MS)) return ''
  const second = Math.trunc(ms / 1000)
  if (second !== cachedSecond) {
    cachedSecond = second
    cachedAttribute = attribute('expires', new Date(ms).toUTCString())
  }
  return cachedAttribute
}

const isValue = (value) => VALUE.test(value)

module.exports = { CookieTemplate, expiresUntil, isValue }
