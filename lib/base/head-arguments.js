'use strict'

/**
 * Sets the headers that are arguments of `writeHead`. Returns false if they are invalid: then `writeHead` itself throws, and
 * the app may call it again.
 */
function trySetHeaders (res, args) {
  try {
    return setHeaders(res, args)
  } catch {
    return false
  }
}

/**
 * Sets the headers that are arguments of `writeHead`, and returns the other arguments. Passed on, they would replace our
 * Set-Cookie, and Node takes no array of pairs once a header is set. Cookies are added to those that are set already.
 */
function setHeaders (res, args) {
  const headers = args.at(-1)
  if (typeof headers !== 'object' || headers === null) return args
  const given = new Map()
  for (const [name, value] of pairsOf(headers)) {
    const key = name.toLowerCase()
    if (!given.has(key)) given.set(key, { name, values: key === 'set-cookie' ? cookiesOf(res) : [] })
    given.get(key).values.push(...[value].flat())
  }
  for (const { name, values } of given.values()) res.setHeader(name, values.length === 1 ? values[0] : values)
  return args.slice(0, -1)
}

/** Returns the headers of an object, of an array of pairs, or of an array in which names and values alternate. */
function pairsOf (headers) {
  if (!Array.isArray(headers)) return Object.entries(headers).filter(([name]) => name !== '')
  if (Array.isArray(headers[0])) return headers
  return headers.flatMap((name, i) => i % 2 === 0 ? [[name, headers[i + 1]]] : [])
}

const cookiesOf = (res) => [res.getHeader('Set-Cookie') ?? []].flat()

module.exports = { trySetHeaders }
