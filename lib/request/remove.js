'use strict'

const { announce, publish } = require('../base/events')
const { callHook } = require('../base/hook')
const { isIdRefused } = require('../base/id')
const { revoke, revokes } = require('./revoking')
const { reportUncommitted } = require('./uncommitted')

/** Removes the session: its record, and its cookie. */
async function remove (contextSession) {
  const { records } = contextSession
  if (!contextSession.markDestroyed()) return
  // A session with a replaced id has not been saved yet: only the replaced record exists.
  const isReplaced = contextSession.replacedId !== undefined
  if (isReplaced) await destroyReplaced(contextSession)
  if (revokes(contextSession)) await revoke().revokeIds(contextSession)
  const id = isReplaced ? undefined : await idToRemove(contextSession)
  if (id !== undefined) await destroyRecord(contextSession, id)
  else if (!records) announceDestroyed(contextSession)
  await clearCookie(contextSession)
}

/** Returns the id of the record to destroy: the request's id if the session was never loaded. */
async function idToRemove (contextSession) {
  if (!contextSession.records) return undefined
  return contextSession.isUnread ? idOfRequest(contextSession) : contextSession.externalKey
}

/** Reads the request's id. Returns undefined if there is none, or one that must not be passed to the store. */
async function idOfRequest ({ options, ctx, cookie, records }) {
  const id = options.externalKey ? await callHook(() => options.externalKey.get(ctx)) : cookie.read()
  if (!id || isIdRefused(id, options.idPattern, cookie.hasReadId)) return undefined
  if (!records.merges || typeof id === 'string') return id
  return typeof id === 'number' ? String(id) : undefined
}

async function destroyRecord (contextSession, id) {
  await contextSession.records.destroy(id)
  contextSession.forgetStored()
  announceDestroyed(contextSession, id)
}

function announceDestroyed (contextSession, id) {
  announce(contextSession, 'destroyed', id)
  publish(contextSession, 'destroy', id)
}

async function destroyReplaced (contextSession) {
  if (revokes(contextSession)) return revoke().revokeIds(contextSession)
  const id = contextSession.replacedId ?? await idOfRequest(contextSession)
  contextSession.forgetReplaced()
  if (id !== undefined) await destroyRecord(contextSession, id)
}

/** Takes a new id. The old record is destroyed here; a session store moves it with the next write. */
async function changeId (contextSession) {
  const { records } = contextSession
  if (records?.merges) {
    if (contextSession.isStored) records.moveFrom(contextSession.id)
  } else {
    if (records) await destroyWithoutEvent(contextSession)
    if (revokes(contextSession)) await revokeBeforeNewId(contextSession)
    await clearCookie(contextSession)
  }
  if (records) contextSession.takeNewId()
  await contextSession.pendingId
}

async function revokeBeforeNewId (contextSession) {
  await revoke().revokeIds(contextSession)
  contextSession.times.forgetId()
  contextSession.markNewId()
}

async function destroyWithoutEvent (contextSession) {
  await contextSession.records.destroy(contextSession.externalKey)
  contextSession.forgetStored()
}

/** Clears the cookie of a session that the app has replaced by an empty object. */
function clearReplaced (contextSession) {
  if (contextSession.baseline !== undefined || !contextSession.acceptAssigned()) return
  if (contextSession.cookie.isInRequest) return clearCookie(contextSession)
}

/** Clears the cookie, or calls `externalKey.remove`, whose promise it returns. */
function clearCookie (contextSession) {
  const { ctx, options, records } = contextSession
  if (contextSession.isCookieCleared) return
  if (records && typeof options.externalKey?.remove === 'function') return callHook(() => options.externalKey.remove(ctx))
  clearCookieNow(contextSession)
}

function clearCookieNow (contextSession) {
  const { options, cookie } = contextSession
  const { blockedBy } = cookie
  if (blockedBy !== undefined) reportUncommitted(contextSession, blockedBy)
  else if (!options.clearOnlySent || cookie.isInRequest || cookie.lines.length > 0) cookie.clear()
}

module.exports = { changeId, clearCookie, clearReplaced, destroyReplaced, remove }
