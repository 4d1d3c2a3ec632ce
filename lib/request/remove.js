'use strict'

const { announce, publish } = require('../base/events')
const { callHook } = require('../base/hook')
const { isRefused } = require('../base/id')
const { tellUncommitted } = require('./uncommitted')

/** Removes the session: its record, and its cookie. */
async function remove (contextSession) {
  const { records } = contextSession
  if (!contextSession.beginDestroying()) return
  // One that took the place of another, and was not saved yet, has no record.
  const isReplaced = contextSession.replacedId !== undefined
  if (isReplaced) await destroyReplaced(contextSession)
  const id = isReplaced ? undefined : await idToRemove(contextSession)
  if (id !== undefined) await destroyRecord(contextSession, id)
  else if (!records) announceDestroyed(contextSession)
  await clearCookie(contextSession)
}

/** Returns the id of the record to destroy: of a session that was never loaded, the one that the request came with. */
async function idToRemove (contextSession) {
  if (!contextSession.records) return undefined
  return contextSession.isUnread ? idOfRequest(contextSession) : contextSession.externalKey
}

/** Reads the id that the request came with; nothing where it has none that a store may be shown. */
async function idOfRequest ({ options, ctx, cookie, records }) {
  const id = options.externalKey ? await callHook(() => options.externalKey.get(ctx)) : cookie.read()
  if (!id || isRefused(id, options.idPattern)) return undefined
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
  const id = contextSession.replacedId ?? await idOfRequest(contextSession)
  contextSession.forgetReplaced()
  if (id !== undefined) await destroyRecord(contextSession, id)
}

/** Takes a new id. The record under the old one is destroyed: here, or by the store that moves it. */
async function rename (contextSession) {
  const { records } = contextSession
  if (records?.merges) {
    if (contextSession.isStored) records.leaveId(contextSession.id)
  } else {
    if (records) await destroyQuietly(contextSession)
    await clearCookie(contextSession)
  }
  if (records) contextSession.takeNewId()
  await contextSession.pendingId
}

async function destroyQuietly (contextSession) {
  await contextSession.records.destroy(contextSession.externalKey)
  contextSession.forgetStored()
}

/** Has the browser drop the cookie of a session that was replaced by an empty one. */
function clearReplaced (contextSession) {
  if (contextSession.baseline !== undefined || !contextSession.acceptAssigned()) return
  if (contextSession.cookie.isSent) return clearCookie(contextSession)
}

/** Clears the cookie, or whatever else carries the id. Returns a promise where the app's `externalKey.remove` does. */
function clearCookie (contextSession) {
  const { ctx, options, records } = contextSession
  if (contextSession.isCookieCleared) return
  if (records && typeof options.externalKey?.remove === 'function') return callHook(() => options.externalKey.remove(ctx))
  clearCookieNow(contextSession)
}

function clearCookieNow (contextSession) {
  const { options, cookie } = contextSession
  const { obstacle } = cookie
  if (obstacle !== undefined) tellUncommitted(contextSession, obstacle)
  else if (!options.clearOnlySent || cookie.isSent || cookie.lines.length > 0) cookie.clear()
}

module.exports = { clearCookie, clearReplaced, destroyReplaced, remove, rename }
