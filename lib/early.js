'use strict'

const { isGone, reasonToSave, saveCookie } = require('./commit')
const { tellUncommitted } = require('./obstacle')
const { isPromise } = require('./promise')
const { clearCookie, clearReplaced } = require('./remove')

/**
 * Decides the session's cookie when the headers leave, where that is before the middleware ends (`early`): `res.write`,
 * `res.end`, `res.flushHeaders`, a pipe and the like all come to `res.writeHead`.
 *
 * @param {import('./context').ContextSession} context
 */
function watchHead (context) {
  const { res } = context.ctx
  const { writeHead } = res
  const isOwn = Object.hasOwn(res, 'writeHead')
  res.writeHead = function (status, ...rest) {
    // An informational response is not the one that carries the headers.
    if (status < 200) return writeHead.call(res, status, ...rest)
    if (isOwn) res.writeHead = writeHead
    else delete res.writeHead
    if (context.isFinished) return writeHead.call(res, status, ...rest)
    const args = takeHeaders(res, rest)
    decide(context)
    return writeHead.call(res, status, ...args)
  }
}

/**
 * Sets the headers that are arguments of `writeHead`: given on, they would replace our Set-Cookie, and lists of pairs would
 * not be taken once a header is set. Cookies are added to those that are set already.
 */
function takeHeaders (res, args) {
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

/** Gives the headers of an object, of a list of pairs, or of one in which names and values take turns. */
function pairsOf (headers) {
  if (!Array.isArray(headers)) return Object.entries(headers).filter(([name]) => name !== '')
  if (Array.isArray(headers[0])) return headers
  return headers.flatMap((name, i) => i % 2 === 0 ? [[name, headers[i + 1]]] : [])
}

const cookiesOf = (res) => [res.getHeader('Set-Cookie') ?? []].flat()

/** Sends the cookie, if the session as it is now would be saved. With a store, its record is written at the end. */
function decide (context) {
  const { session, options, records } = context
  if (session === undefined || context.isAnonymous || context.isIgnored) return
  if (session === null) return clear(context, clearCookie)
  if (isGone(context)) return
  context.json = undefined
  const reason = reasonToSave(context, session)
  if (!reason) return clear(context, clearReplaced)
  const saving = records ? undefined : options.beforeSave?.(context.ctx, session)
  context.json = undefined
  if (context.coming || isPromise(saving)) {
    // Nothing can be awaited here; what fails fails at the commit, too.
    saving?.then(undefined, () => {})
    context.isLost = !records
    return tellUncommitted(context, 'asynchronous')
  }
  if (records && options.externalKey) options.externalKey.set(context.ctx, context.externalKey)
  else if (context.cookie.obstacle !== undefined) return tellUncommitted(context, context.cookie.obstacle)
  else if (records) context.cookie.write(context.externalKey, Date.now())
  else saveCookie(context, session, reason)
  context.isCookieSent = true
}

/** Has the cookie cleared; the commit, later, finds that done. */
function clear (context, how) {
  const clearing = how(context)
  if (isPromise(clearing)) clearing.then(undefined, (err) => context.ctx.app.emit('error', err, context.ctx))
  context.isCookieCleared = context.session === null
}

module.exports = { watchHead }
