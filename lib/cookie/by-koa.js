'use strict'

/** What is done by `ctx.cookies` where the core does not know the cookie, and where Koa's own has to be kept from doing more. */

const { secureCookies } = require('./set-cookie')

/** What clears a cookie, over the options it was written with. */
const CLEARING = { expires: new Date(0), maxAge: false }

/**
 * Reads the session's cookie where no header can be sent: `cookies` sends a signature anew, or drops it, while it reads.
 *
 * @param {import('../options/request-options').RequestOptions} request
 * @returns {{ value?: string, isDropped: boolean }} isDropped: the signature is by none of the keys
 */
function getSilently ({ ctx: { cookies }, sessionOptions }) {
  let isDropped = false
  const set = (name, value) => { isDropped ||= value === null }
  const value = Object.create(cookies, { set: { value: set } }).get(sessionOptions.key, sessionOptions)
  return { value, isDropped }
}

/** Takes the signature that `cookies` has sent anew while it read back from the response, and gives it. */
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
 * Sends a cookie, with all options.
 *
 * @param {import('../options/request-options').RequestOptions} request
 * @param {string} key
 * @param {string} value
 * @param {object} [over] options that replace others
 */
function setByKoa ({ ctx, sessionOptions }, key, value, over) {
  const isForced = sessionOptions.secure === 'force'
  // Asked for a secure cookie, `cookies` throws where the connection is not.
  const options = over || isForced ? { ...sessionOptions, ...over, ...(isForced && { secure: false }) } : sessionOptions
  ctx.cookies.set(key, value, options)
  if (isForced) secureCookies(ctx.res, key)
}

module.exports = { CLEARING, getSilently, setByKoa, takeSignature }
