'use strict'

const { beforeHead } = require('../base/before-head')
const { isGone, reasonToSave, saveCookie } = require('./commit')
const { tellError } = require('../base/events')
const { callHook } = require('../base/hook')
const { tellUncommitted } = require('./uncommitted')
const { isPromise } = require('../base/maybe-async')
const { clearCookie, clearReplaced } = require('./remove')

/**
 * Decides the session's cookie when the headers leave, where that is before the middleware ends (`early`).
 *
 * @param {import('./context-session').ContextSession} context
 */
function watchHead (context) {
  beforeHead(context.ctx, (args) => {
    if (context.isFinished) return args
    const rest = taken(context.ctx.res, args)
    if (rest !== false) decideSafely(context)
    return rest
  })
}

/** Sets the headers that are arguments of `writeHead`, if it takes them: else it throws itself, and may be called again. */
function taken (res, args) {
  try {
    return takeHeaders(res, args)
  } catch {
    return false
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

/** Where the decision fails, the headers go on without the cookie. */
function decideSafely (context) {
  try {
    decide(context)
  } catch (thrown) {
    giveUp(context, 'failed')
    tellError(context.ctx, thrown)
  }
}

/** Sends the cookie, if the session as it is now would be saved. With a store, its record is written at the end. */
function decide (context) {
  const { session, options, records } = context
  if (session === undefined || context.isAnonymous || context.isIgnored) return
  if (session === null) return clear(context, clearCookie)
  if (isGone(context)) return
  context.json = undefined
  const reason = reasonToSave(context, session)
  if (!reason) return clear(context, clearReplaced)
  const saving = records || !options.beforeSave ? undefined : callHook(() => options.beforeSave(context.ctx, session))
  context.json = undefined
  if (isPromise(saving)) tellFailure(context, saving)
  // Nothing can be awaited here. An async genid that fails does so again at the commit.
  if (context.coming || isPromise(saving)) return giveUp(context, 'asynchronous')
  if (records && options.externalKey) return sendExternalKey(context)
  if (context.cookie.obstacle !== undefined) return tellUncommitted(context, context.cookie.obstacle)
  if (records) context.cookie.write(context.externalKey, Date.now())
  else saveCookie(context, session, reason)
  context.isCookieSent = true
}

/** Tells that no cookie left. In cookie mode, a commit later has nothing to write any more. */
function giveUp (context, reason) {
  context.isLost = !context.records
  tellUncommitted(context, reason)
}

/** Hands the id over. It is known whether it left with these headers only where `externalKey.set` answers at once. */
function sendExternalKey (context) {
  const sending = callHook(() => context.options.externalKey.set(context.ctx, context.externalKey))
  context.isCookieSent = true
  if (!isPromise(sending)) return
  tellFailure(context, sending)
  tellUncommitted(context, 'asynchronous')
}

/** Has the cookie cleared; the commit, later, finds that done. */
function clear (context, how) {
  const clearing = how(context)
  if (isPromise(clearing)) tellFailure(context, clearing)
  context.isCookieCleared = context.session === null
}

/** Tells of a promise that rejects: nobody can await it while the headers leave. */
function tellFailure ({ ctx }, promise) {
  promise.then(undefined, (err) => tellError(ctx, err))
}

module.exports = { watchHead }
