'use strict'

/** Reads cookies out of what someone pastes: a value, a Cookie header, or lines of Set-Cookie. */

/** A pair of a name and a value; the rest of padding alone is not a value. */
const PAIR = /^([!#$%&'*+\-.^_`|~0-9A-Za-z()]+)=(?!=*$)(.*)$/s

/** A pair without a value, as in a line that expires a cookie. */
const EMPTY = /^([!#$%&'*+\-.^_`|~0-9A-Za-z()]+\.[\w.-]+)=$/

/** An attribute of Set-Cookie. */
const ATTRIBUTE = /^(path=|expires=|max-age=|domain=|samesite=|httponly$|secure$|partitioned$)/i

/**
 * Reads cookies.
 *
 * @param {string} text
 * @returns {{ pairs: [string, string][], value?: string, isResponse: boolean }} value: of a cookie without its name; isResponse: whether the
 *   text has lines of Set-Cookie
 */
function readCookies (text) {
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '')
  const pairs = []
  let isResponse = false
  for (const line of lines) {
    const [, header, rest] = /^(cookie|set-cookie)\s*:\s*(.*)$/is.exec(line) ?? [undefined, '', line]
    const parts = rest.split(';').map((part) => part.trim()).filter((part) => part !== '')
    const isLine = header.toLowerCase() === 'set-cookie' || (header === '' && parts.slice(1).some((part) => ATTRIBUTE.test(part)))
    isResponse ||= isLine
    for (const part of isLine ? parts.slice(0, 1) : parts) {
      const pair = PAIR.exec(part) ?? EMPTY.exec(part)
      if (pair !== null) pairs.push([pair[1], pair[2] ?? ''])
    }
  }
  if (pairs.length > 0 || lines.length !== 1) return { pairs, isResponse }
  return { pairs, value: lines[0], isResponse }
}

/** Returns the base name of a cookie that belongs to a session: without `.sig`, or the number of a part. */
const baseOf = (name) => name.replace(/\.(sig|\d+)$/, '')

const LIKELY = ['koa.sess', '__Host-koa.sess', 'connect.sid', 'session']

/** Guesses which cookie is the session's: one of the usual names, or the only one; undefined if that is not clear. */
function guessName (pairs) {
  const names = pairs.map(([name]) => name)
  const likely = LIKELY.find((name) => names.includes(name))
  if (likely !== undefined) return likely
  const signed = names.find((name) => names.includes(`${name}.sig`))
  if (signed !== undefined) return signed
  const bases = [...new Set(names.map(baseOf))]
  return bases.length === 1 ? bases[0] : undefined
}

module.exports = { guessName, readCookies }
