'use strict'

/** Writes a Set-Cookie header as the package `cookie` (0.7) does, which express-session uses. */

const { types: { isDate } } = require('node:util')

const { invalidOption } = require('../../base/errors')

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const DOMAIN = /^([.]?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)([.][a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i
const PATH = /^[\u0020-\u003A\u003D-\u007E]*$/

const PRIORITIES = { low: 'Low', medium: 'Medium', high: 'High' }
const SAME_SITES = { true: 'Strict', strict: 'Strict', lax: 'Lax', none: 'None' }

/** Returns whether a text can be the name of a cookie. */
function isName (name) {
  return typeof name === 'string' && NAME.test(name)
}

/**
 * @param {string} name which `isName` accepts
 * @param {string} value any text, which is URL-encoded
 * @param {object} attributes
 * @returns {string}
 * @throws {SessionOptionError} for an attribute that no cookie can have
 */
function serialize (name, value, { domain, path, expires, httpOnly, secure, partitioned, priority, sameSite }) {
  let line = `${name}=${encodeURIComponent(value)}`
  if (domain) line += `; Domain=${checked('domain', domain, DOMAIN.test(domain))}`
  if (path) line += `; Path=${checked('path', path, PATH.test(path))}`
  if (expires) line += `; Expires=${checked('expires', expires, isDate(expires) && !Number.isNaN(expires.valueOf())).toUTCString()}`
  if (httpOnly) line += '; HttpOnly'
  if (secure) line += '; Secure'
  if (partitioned) line += '; Partitioned'
  if (priority) line += `; Priority=${nameIn(PRIORITIES, 'priority', priority)}`
  if (sameSite) line += `; SameSite=${nameIn(SAME_SITES, 'sameSite', sameSite)}`
  return line
}

function checked (option, value, isValid) {
  if (!isValid) throw invalidOption(`cookie.${option}`, 'what a cookie can have', value)
  return value
}

function nameIn (names, option, value) {
  const name = typeof value === 'string' ? value.toLowerCase() : value
  // The text 'true' is no value of SameSite.
  return names[checked(option, name, Object.hasOwn(names, name) && name !== 'true')]
}

module.exports = { isName, serialize }
