'use strict'

/** The core writes dates of the years 1970 to 9999. */
const LAST_DATE_MS = 253402300799999

/** Adds lines to Set-Cookie as `cookies` does; `overwrite` first removes those of the same names. */
function appendCookies (res, lines, overwrite) {
  const header = setCookie(res)
  for (const line of lines) {
    if (overwrite) removeCookie(header, line.slice(0, line.indexOf('=') + 1))
    header.push(line)
  }
  res.setHeader('Set-Cookie', header)
}

/** Lists the names of the cookies that a session has, by its option `key`. */
function cookieNames (key) {
  return [key, `${key}.sig`]
}

/** Returns the lines of a session's cookies. */
function linesOf (res, key) {
  const starts = cookieNames(key).map((name) => `${name}=`)
  return setCookie(res).filter((line) => starts.some((start) => line.startsWith(start)))
}

/** Adds Secure to the lines of a cookie and its signature, where `cookies` would have it. */
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
 * @param {*} now what Date.now() gave, which a test suite may have put something in the place of
 * @returns {number|null|undefined} milliseconds; undefined for none; null for what the core does not write
 */
function expiresOf (expires, maxAge, now) {
  if (Number.isNaN(maxAge)) return null
  if (!maxAge && !expires) return undefined
  const ms = maxAge ? (typeof maxAge === 'number' ? now + maxAge : NaN) : expires instanceof Date ? expires.getTime() : NaN
  return typeof ms === 'number' && ms >= 0 && ms <= LAST_DATE_MS ? ms : null
}

module.exports = { LAST_DATE_MS, appendCookies, cookieNames, expiresOf, linesOf, secureCookies }
