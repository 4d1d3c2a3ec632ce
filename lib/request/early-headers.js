'use strict'

const { beforeHead } = require('../base/before-head')
const { isGone, reasonToSave, saveCookie } = require('./commit')
const { tellError } = require('../base/events')
const { callHook } = require('../base/hook')
const { tellUncommitted } = require('./uncommitted')
const { isPromise } = require('../base/maybe-async')
const { Draft } = require('../session/draft')
const { clearCookie, clearReplaced } = require('./remove')

/**
 * Decides the session's cookie when the headers leave, where that is before the middleware ends (`early`).
 *
 * @param {import('./context-session').ContextSession} contextSession
 */
function watchHead (contextSession) {
  beforeHead(contextSession.ctx, (args) => {
    if (contextSession.isEnded) return args
    const rest = taken(contextSession.ctx.res, args)
    if (rest !== false) decideSafely(contextSession)
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

/** Returns the headers of an object, of a list of pairs, or of one in which names and values take turns. */
function pairsOf (headers) {
  if (!Array.isArray(headers)) return Object.entries(headers).filter(([name]) => name !== '')
  if (Array.isArray(headers[0])) return headers
  return headers.flatMap((name, i) => i % 2 === 0 ? [[name, headers[i + 1]]] : [])
}

const cookiesOf = (res) => [res.getHeader('Set-Cookie') ?? []].flat()

/** Where the decision fails, the headers go on without the cookie. */
function decideSafely (contextSession) {
  try {
    decide(contextSession)
  } catch (thrown) {
    giveUp(contextSession, 'failed')
    tellError(contextSession.ctx, thrown)
  }
}

/** Sends the cookie, if the session as it is now would be saved. With a store, its record is written at the end. */
function decide (contextSession) {
  const { session, options, records } = contextSession
  if (session === undefined || !contextSession.isWritable) return
  if (session === null) return clear(contextSession, clearCookie)
  if (isGone(contextSession)) return
  const draft = new Draft(session)
  const reason = reasonToSave(contextSession, draft)
  if (!reason) return clear(contextSession, clearReplaced)
  const saving = records || !options.beforeSave ? undefined : callHook(() => options.beforeSave(contextSession.ctx, session))
  if (isPromise(saving)) tellFailure(contextSession, saving)
  // Nothing can be awaited here. An async genid that fails does so again at the commit.
  if (contextSession.pendingId || isPromise(saving)) return giveUp(contextSession, 'asynchronous')
  if (records && options.externalKey) return sendExternalKey(contextSession)
  if (contextSession.cookie.obstacle !== undefined) return tellUncommitted(contextSession, contextSession.cookie.obstacle)
  if (records) contextSession.cookie.write(contextSession.externalKey, Date.now())
  else saveCookie(contextSession, options.beforeSave ? new Draft(session) : draft, reason)
  contextSession.sendCookie()
}

/** Tells that no cookie left. In cookie mode, a commit later has nothing to write any more. */
function giveUp (contextSession, reason) {
  if (!contextSession.records) contextSession.loseCookie()
  tellUncommitted(contextSession, reason)
}

/** Hands the id over. It is known whether it left with these headers only where `externalKey.set` answers at once. */
function sendExternalKey (contextSession) {
  const sending = callHook(() => contextSession.options.externalKey.set(contextSession.ctx, contextSession.externalKey))
  contextSession.sendCookie()
  if (!isPromise(sending)) return
  tellFailure(contextSession, sending)
  tellUncommitted(contextSession, 'asynchronous')
}

/** Has the cookie cleared; the commit, later, finds that done. */
function clear (contextSession, how) {
  const clearing = how(contextSession)
  if (isPromise(clearing)) tellFailure(contextSession, clearing)
  if (contextSession.session === null) contextSession.sendCleared()
}

/** Tells of a promise that rejects: nobody can await it while the headers leave. */
function tellFailure ({ ctx }, promise) {
  promise.then(undefined, (err) => tellError(ctx, err))
}

module.exports = { watchHead }
