'use strict'

/** Reads and sends the session's cookie through `ctx.cookies`, for cookies that the core does not write itself. */

const { secureCookies } = require('./set-cookie')

/** Options that clear a cookie; they override those that it was written with. */
const CLEARING = { expires: new Date(0), maxAge: false }

/**
 * Reads the session's cookie when no header can be sent. Prevents `cookies` from setting or clearing the signature while it reads.
 *
 * @param {import('../options/request-options').RequestOptions} request
 * @returns {{ value?: string, isDropped: boolean }} isDropped: the signature was made with none of the keys
 */
function getSilently ({ ctx: { cookies }, sessionOptions }) {
  let isDropped = false
  const set = (name, value) => { isDropped ||= value === null }
  const value = Object.create(cookies, { set: { value: set } }).get(sessionOptions.key, sessionOptions)
  return { value, isDropped }
}

/** Removes from the response the new signature that `cookies` has set while it read, and returns it. */
function takeSignature (res, key) {
  const start = `${key}.sig=`
  const header = res.getHeader('Set-Cookie')
  const line = Array.isArray(header) ? header.at(-1) : undefined
  if (!line?.startsWith(start) || line.startsWith(`${start};`)) return undefined
  if (header.length > 1) res.setHeader('Set-Cookie', header.slice(0, -1))
  else res.removeHeader('Set-Cookie')
  return line.slice(start.length, line.indexOf(';'))
}

/**
 * Sends a cookie through `ctx.cookies`, with all options.
 *
 * @param {import('../options/request-options').RequestOptions} request
 * @param {string} key
 * @param {string} value
 * @param {object} [overrides] options that override the session's
 */
function setByKoa ({ ctx, sessionOptions }, key, value, overrides) {
  const isForced = sessionOptions.secure === 'force'
  // With secure: true, `cookies` throws on an insecure connection. For 'force', Secure is added afterwards.
  const options = overrides || isForced ? { ...sessionOptions, ...overrides, ...(isForced && { secure: false }) } : sessionOptions
  ctx.cookies.set(key, value, options)
  if (isForced) secureCookies(ctx.res, key)
}

module.exports = { CLEARING, getSilently, setByKoa, takeSignature }
