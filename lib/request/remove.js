'use strict'

const { announce, publish } = require('../base/events')
const { callHook } = require('../base/hook')
const { isRefused } = require('../base/id')
const { tellUncommitted } = require('./uncommitted')

/** Removes the session: its record, and its cookie. */
async function remove (context) {
  const { records } = context
  if (context.isRemoved) return
  context.isRemoved = true
  // One that took the place of another, and was not saved yet, has no record.
  const isReplaced = context.doomed !== undefined
  if (isReplaced) await destroyDoomed(context)
  const id = isReplaced ? undefined : await idToRemove(context)
  if (id !== undefined) await destroyRecord(context, id)
  else if (!records) announceDestroyed(context)
  await clearCookie(context)
}

/** Gives the id of the record to destroy: of a session that was never loaded, the one that the request came with. */
async function idToRemove (context) {
  if (!context.records) return undefined
  return context.isUnread ? idOfRequest(context) : context.externalKey
}

/** Reads the id that the request came with; nothing where it has none that a store may be shown. */
async function idOfRequest ({ options, ctx, cookie, records }) {
  const id = options.externalKey ? await callHook(() => options.externalKey.get(ctx)) : cookie.read()
  if (!id || isRefused(id, options.idPattern)) return undefined
  if (!records.merges || typeof id === 'string') return id
  return typeof id === 'number' ? String(id) : undefined
}

async function destroyRecord (context, id) {
  await context.records.destroy(id)
  context.isStored = false
  context.forgetStored()
  announceDestroyed(context, id)
}

function announceDestroyed (context, id) {
  announce(context, 'destroyed', id)
  publish(context, 'destroy', id)
}

async function destroyDoomed (context) {
  const id = context.doomed ?? await idOfRequest(context)
  context.doomed = undefined
  if (id !== undefined) await destroyRecord(context, id)
}

/** Takes a new id. The record under the old one is destroyed: here, or by the store that moves it. */
async function rename (context) {
  const { records } = context
  if (records?.merges) {
    if (context.isStored) records.leaveId(context.id)
  } else {
    if (records) await destroyQuietly(context)
    await clearCookie(context)
  }
  if (records) context.takeNewId()
  await context.coming
}

async function destroyQuietly (context) {
  await context.records.destroy(context.externalKey)
  context.isStored = false
  context.forgetStored()
}

/** Has the browser drop the cookie of a session that was replaced by an empty one. */
function clearReplaced (context) {
  if (!context.isReset || context.isKnown) return
  context.isReset = false
  if (context.cookie.isSent) return clearCookie(context)
}

/** Clears the cookie, or whatever else carries the id. Gives a promise where the app's `externalKey.remove` does. */
function clearCookie (context) {
  const { ctx, options, records } = context
  if (context.isCookieCleared) return
  if (records && typeof options.externalKey?.remove === 'function') return callHook(() => options.externalKey.remove(ctx))
  clearCookieNow(context)
}

function clearCookieNow (context) {
  const { options, cookie } = context
  const { obstacle } = cookie
  if (obstacle !== undefined) tellUncommitted(context, obstacle)
  else if (!options.clearOnlySent || cookie.isSent || cookie.lines.length > 0) cookie.clear()
}

module.exports = { clearCookie, clearReplaced, destroyDoomed, remove, rename }
