'use strict'

/** The end of the year 9999: the core formats dates from 1970 until then. */
const LAST_DATE_MS = 253402300799999

/** The most cookies of one session (src/chunks.rs). */
const MAX_CHUNKS = 32

/** Adds lines to Set-Cookie as `cookies` does; `overwrite` first removes lines of the same names. */
function appendCookies (res, lines, overwrite) {
  const header = setCookie(res)
  for (const line of lines) {
    if (overwrite && header.length > 0) removeCookie(header, line.slice(0, line.indexOf('=') + 1))
    header.push(line)
  }
  res.setHeader('Set-Cookie', header)
}

/** Removes lines of cookies with some names from Set-Cookie. */
function removeCookies (res, names) {
  const header = setCookie(res)
  const kept = header.filter((line) => !names.includes(line.slice(0, line.indexOf('='))))
  if (kept.length < header.length) res.setHeader('Set-Cookie', kept)
}

/**
 * Returns the names of a session's cookies: the cookie, its signature, and its further parts.
 *
 * @param {string} key the option
 * @param {number} [chunks] the most cookies that the session may take
 */
function cookieNames (key, chunks = 1) {
  return [key, `${key}.sig`, ...Array.from({ length: chunks - 1 }, (_, i) => `${key}.${i + 1}`)]
}

/** Returns the Set-Cookie lines of a session's cookies, by their names. */
function linesOf (res, key, names = cookieNames(key)) {
  const starts = names.map((name) => `${name}=`)
  return setCookie(res).filter((line) => starts.some((start) => line.startsWith(start)))
}

/** Adds Secure to the lines of a cookie and its signature, at the place where `cookies` writes it. */
function secureCookies (res, key) {
  const own = linesOf(res, key)
  const secured = setCookie(res).map((line) => {
    if (!own.includes(line) || line.includes('; secure')) return line
    const end = /(?:; httponly)?(?:; partitioned)?$/.exec(line).index
    return `${line.slice(0, end)}; secure${line.slice(end)}`
  })
  res.setHeader('Set-Cookie', secured)
}

function setCookie (res) {
  const header = res.getHeader('Set-Cookie') || []
  return Array.isArray(header) ? header : [header]
}

function removeCookie (header, start) {
  for (let i = header.length - 1; i >= 0; i--) {
    if (header[i].startsWith(start)) header.splice(i, 1)
  }
}

/**
 * Computes the `expires` attribute as `cookies` does: from maxAge where there is one, else from the option.
 *
 * @param {*} now what Date.now() returned; not always a number, since test suites replace it
 * @returns {number|null|undefined} milliseconds; undefined for no attribute; null for one that the core does not write
 */
function expiresOf (expires, maxAge, now) {
  if (Number.isNaN(maxAge)) return null
  if (!maxAge && !expires) return undefined
  const ms = maxAge ? (typeof maxAge === 'number' ? now + maxAge : NaN) : expires instanceof Date ? expires.getTime() : NaN
  return typeof ms === 'number' && ms >= 0 && ms <= LAST_DATE_MS ? ms : null
}

module.exports = { LAST_DATE_MS, MAX_CHUNKS, appendCookies, cookieNames, expiresOf, linesOf, removeCookies, secureCookies }
