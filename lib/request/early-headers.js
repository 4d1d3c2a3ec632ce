'use strict'

const { beforeHead } = require('../base/before-head')
const { isGone, reasonToSave, saveCookie } = require('./commit')
const { emitError } = require('../base/events')
const { trySetHeaders } = require('../base/head-arguments')
const { callHook } = require('../base/hook')
const { reportUncommitted } = require('./uncommitted')
const { isPromise } = require('../base/maybe-async')
const { Draft } = require('../session/draft')
const { clearCookie, clearReplaced } = require('./remove')

/**
 * Sends the session's cookie if the headers are sent before the middleware ends (option `early`).
 *
 * @param {import('./context-session').ContextSession} contextSession
 */
function watchHead (contextSession) {
  beforeHead(contextSession.ctx, (args) => {
    if (contextSession.isEnded) return args
    const rest = trySetHeaders(contextSession.ctx.res, args)
    if (rest !== false) sendCookieSafely(contextSession)
    return rest
  })
}

/** Sends the cookie. If that throws, the headers are sent without it. */
function sendCookieSafely (contextSession) {
  try {
    sendCookie(contextSession)
  } catch (thrown) {
    reportUnsent(contextSession, 'failed')
    emitError(contextSession.ctx, thrown)
  }
}

/** Sends the cookie if the session, as it is now, would be saved. With a store, the commit at the end writes the record. */
function sendCookie (contextSession) {
  const { session, options, records } = contextSession
  if (session === undefined || !contextSession.isWritable) return
  if (session === null) return clear(contextSession, clearCookie)
  if (isGone(contextSession)) return
  const draft = new Draft(session)
  const reason = reasonToSave(contextSession, draft)
  if (!reason) return clear(contextSession, clearReplaced)
  const saving = records || !options.beforeSave ? undefined : callHook(() => options.beforeSave(contextSession.ctx, session))
  if (isPromise(saving)) emitRejection(contextSession, saving)
  // Nothing can be awaited here. If an asynchronous genid rejects, the commit rejects with the same error.
  if (contextSession.pendingId || isPromise(saving)) return reportUnsent(contextSession, 'asynchronous')
  if (records && options.externalKey) return sendExternalKey(contextSession)
  if (contextSession.cookie.blockedBy !== undefined) return reportUncommitted(contextSession, contextSession.cookie.blockedBy)
  if (records) contextSession.cookie.write(contextSession.externalKey, Date.now())
  else saveCookie(contextSession, options.beforeSave ? new Draft(session) : draft, reason)
  contextSession.markCookieSent()
}

/** Reports that no cookie was sent. In cookie mode, later commits cannot write the session. */
function reportUnsent (contextSession, reason) {
  if (!contextSession.records) contextSession.markCookieLost()
  reportUncommitted(contextSession, reason)
}

/** Passes the id to `externalKey.set`. If that is asynchronous, the id may miss these headers. */
function sendExternalKey (contextSession) {
  const sending = callHook(() => contextSession.options.externalKey.set(contextSession.ctx, contextSession.externalKey))
  contextSession.markCookieSent()
  if (!isPromise(sending)) return
  emitRejection(contextSession, sending)
  reportUncommitted(contextSession, 'asynchronous')
}

/** Clears the cookie, and notes that for the commit. */
function clear (contextSession, clearing) {
  const pending = clearing(contextSession)
  if (isPromise(pending)) emitRejection(contextSession, pending)
  if (contextSession.session === null) contextSession.markCookieCleared()
}

/** Emits the error of a promise that rejects, since nothing can await it while the headers are sent. */
function emitRejection ({ ctx }, promise) {
  promise.then(undefined, (err) => emitError(ctx, err))
}

module.exports = { watchHead }
