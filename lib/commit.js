'use strict'

const { debuglog } = require('node:util')

const binding = require('./binding')
const codec = require('./codec')
const { enclose } = require('./envelope')
const { sessionError, warnOnce } = require('./errors')
const { announce, publish } = require('./events')
const { isRefused } = require('./id')
const { isSameJson } = require('./json')
const { Session, isDifferent, isPopulated, stringify, userData } = require('./session')

const debug = debuglog('koa-session-rs')

const ONE_DAY_MS = 24 * 60 * 60 * 1000

/** A store keeps a record this much longer than the cookie lives, so that the cookie never outlives it. */
const STORE_GRACE_MS = 10000

/**
 * Saves or removes the session, if anything calls for it.
 *
 * @param {import('./context').ContextSession} context
 * @param {{ save?: boolean, regenerate?: boolean, keep?: string[] }} [how] save: in any case; regenerate: in any case,
 * under a new id; keep: with these keys of its data alone
 */
async function commit (context, { save = false, regenerate = false, keep } = {}) {
  // Where there is nothing to wait for, the session is read as it is at the call.
  if (context.coming) await context.coming
  if (context.session === undefined || context.isAnonymous || context.isIgnored || context.isLost) return
  if (context.session === null) return remove(context)
  if (context.doomed !== undefined) await destroyDoomed(context)
  if (isGone(context)) return discard(context)
  const obstacle = obstacleTo(context)
  if (regenerate && (obstacle === 'headers-sent' || (context.options.early && context.ctx.res.headersSent))) {
    tellUncommitted(context, 'headers-sent')
    throw sessionError('ERR_SESSION_HEADERS_SENT', 'a new id cannot be sent: the headers of the response have left')
  }
  // Under an id that the browser does not learn, the session would be lost.
  const isRenamed = regenerate && obstacle === undefined
  const wasStored = context.isStored
  if (isRenamed) await rename(context)
  const { session } = context
  if (!session) return
  if (keep) keepOnly(session, keep)
  if (!save && !regenerate && isIdle(context, session)) return clearReplaced(context)
  context.json = undefined
  const reason = save || regenerate ? 'forced' : reasonToSave(context, session)
  if (debug.enabled) debug('%s: %s', context.name, reason || 'nothing to save')
  if (!reason) return clearReplaced(context)
  if (typeof context.options.beforeSave === 'function') {
    await context.options.beforeSave(context.ctx, session)
    context.json = undefined
  }
  const json = jsonOf(context, session)
  context.json = undefined
  const isSaved = context.records
    ? await write(context, session, json, reason, isRenamed && wasStored)
    : send(context, session, json, reason)
  if (isSaved && isRenamed) announce(context, 'regenerated', context.id)
}

/** Removes the user's data, but for some keys. */
function keepOnly (session, keep) {
  for (const key of Object.keys(session)) {
    if (!keep.includes(key)) delete session[key]
  }
}

/** Tells whether a session is new, and nobody has put anything in. */
function isIdle (context, session) {
  return !session._requireSave && !isKnown(context) && !isPopulated(session)
}

/** Gives the reason why a session is saved that nothing forces to be; an empty one where it is not. */
function reasonToSave (context, session) {
  const { options, maxAge } = context
  if (session._requireSave) return 'forced'
  if (!isKnown(context)) return isPopulated(session) ? 'changed' : ''
  if (isChanged(context, session)) return 'changed'
  if (context.isWritten) return ''
  if (options.rolling) return 'rolling'
  const expire = session._expire
  return options.renew && expire && maxAge && expire - Date.now() < maxAge / 2 ? 'renew' : ''
}

/** Tells whether it is known what is at the other end. */
function isKnown ({ opened, fingerprint }) {
  return opened !== undefined || fingerprint !== undefined
}

/** Tells whether the session differs from what is at the other end: key by key where that does, else by its JSON. */
function isChanged (context, session) {
  const { opened, fingerprint, snapshot, options } = context
  const differs = snapshot && isDifferent(snapshot, session)
  if (differs !== undefined) return differs
  const json = jsonOf(context, session)
  if (opened === undefined) return fingerprint === undefined || binding.fingerprint(json) !== fingerprint
  // Rewritten in a session of its own: what the data say of maxAge has been heard.
  return !isSameJson(opened, json, (data) => stringify(Session.from({ options }, data, true)))
}

/** Gives the session's JSON, written once for all who ask while it is committed. */
function jsonOf (context, session) {
  context.json ??= stringify(session)
  return context.json
}

/** Sends the session that has no store, unless something is in the way. */
function send (context, session, json, reason) {
  const { obstacle } = context.cookie
  if (obstacle === undefined) return saveCookie(context, session, json, reason)
  tellUncommitted(context, obstacle)
  return false
}

/** Sends the cookie of a session that has no store, and tells of it. */
function saveCookie (context, session, json, reason) {
  const isNew = !isKnown(context)
  writeCookie(context, session, json)
  session._requireSave = false
  return tellSaved(context, reason, isNew)
}

/** Writes the session to its store, and its id to the cookie; it may have moved to a new id. Gives false where that was not to be. */
async function write (context, session, json, reason, hasMoved) {
  const isRequired = session._requireSave
  // What asks for a save while this one goes on asks for another.
  session._requireSave = false
  let isDone = false
  try {
    isDone = await put(context, session, json, reason, hasMoved)
  } finally {
    if (isRequired && !isDone) session._requireSave = true
  }
  return isDone
}

async function put (context, session, json, reason, hasMoved) {
  const { options } = context
  const { key } = options
  const isNew = !context.isStored
  const obstacle = context.isCookieSent ? undefined : obstacleTo(context)
  if (obstacle !== undefined) tellUncommitted(context, obstacle)
  if (obstacle !== undefined && isOrphan(context, obstacle, isNew)) return false
  // The request may go on to another id while this one is written.
  const id = context.externalKey
  if (!await writeRecord(context, session, json, id)) return false
  if (context.isCookieSent) return tellSaved(context, reason, isNew && !hasMoved, id)
  if (options.externalKey) await options.externalKey.set(context.ctx, id)
  else if (obstacle === undefined) writeId(context, id, key)
  return tellSaved(context, reason, isNew && !hasMoved, id)
}

/** Tells whether nobody would ever come back to a record. */
function isOrphan ({ options }, obstacle, isNew) {
  return isNew && (obstacle === 'insecure' || options.early === true)
}

/** Sends the id of a record that has been written; the headers may have left meanwhile. */
function writeId (context, id, key) {
  const { cookie } = context
  if (cookie.obstacle === undefined) cookie.write(id, Date.now(), key)
  else tellUncommitted(context, cookie.obstacle)
}

function tellSaved (context, reason, isNew, id = context.id) {
  if (id === context.id) context.isWritten = true
  if (isNew) announce(context, 'created', id)
  announce(context, 'saved', id, { reason })
  publish(context, 'save', id, { reason })
  return true
}

async function writeRecord (context, session, json, id) {
  const { records, options } = context
  const now = Date.now()
  const maxAge = context.maxAge || ONE_DAY_MS
  const fingerprint = binding.fingerprint(json)
  const isChangedRecord = !context.isStored || fingerprint !== context.fingerprint
  const lifetime = maxAge === 'session' ? options.storeMaxAge ?? ONE_DAY_MS : maxAge
  const record = enclose(userData(session), maxAge, maxAge + now)
  const wasStored = context.isStored
  const ttl = typeof lifetime === 'number' ? lifetime + STORE_GRACE_MS : lifetime
  if (!await records.set(id, record, ttl, isChangedRecord)) return false
  if (wasStored && records.isDestroyed) return discard(context)
  if (id === context.id) {
    context.fingerprint = fingerprint
    context.isStored = true
  }
  return true
}

function writeCookie (context, session, json) {
  const { options, cookie } = context
  const now = Date.now()
  const maxAge = context.maxAge || ONE_DAY_MS
  const isWhole = maxAge === 'session' || (Number.isSafeInteger(maxAge) && Number.isSafeInteger(maxAge + now))
  if (isWhole && options.encode === codec.encode) {
    cookie.close(json, now, maxAge === 'session' ? undefined : maxAge)
  } else {
    cookie.write(options.encode(enclose(userData(session), maxAge, maxAge + now)), now)
  }
  context.opened = json
  context.snapshot = undefined
  context.fingerprint = undefined
}

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
async function idOfRequest ({ options, ctx, cookie }) {
  const id = options.externalKey ? await options.externalKey.get(ctx) : cookie.read()
  return id && !isRefused(id, options.idPattern) ? id : undefined
}

async function destroyRecord (context, id) {
  await context.records.destroy(id)
  context.isStored = false
  context.fingerprint = undefined
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

/** Destroys the record under the old id, and takes a new one. */
async function rename (context) {
  const { records } = context
  if (records) {
    await context.records.destroy(context.externalKey)
    context.isStored = false
    context.fingerprint = undefined
  }
  await clearCookie(context)
  if (records) context.takeNewId()
  await context.coming
}

/** Has the browser drop the cookie of a session that was replaced by an empty one. */
function clearReplaced (context) {
  if (!context.isReset || isKnown(context)) return
  context.isReset = false
  if (context.cookie.isSent) return clearCookie(context)
}

/** Clears the cookie, or whatever else carries the id. Gives a promise where the app's `externalKey.remove` does. */
function clearCookie (context) {
  const { ctx, options, records } = context
  if (context.isCookieCleared) return
  if (records && typeof options.externalKey?.remove === 'function') return options.externalKey.remove(ctx)
  clearCookieNow(context)
}

function clearCookieNow (context) {
  const { options, cookie } = context
  const { obstacle } = cookie
  if (obstacle !== undefined) tellUncommitted(context, obstacle)
  else if (!options.clearOnlySent || cookie.isSent || cookie.lines.length > 0) cookie.clear()
}

/** Tells whether another request destroyed the record since this one loaded it. */
function isGone ({ records, isStored }) {
  return records !== undefined && isStored && records.isDestroyed
}

/** Drops the commit: writing would bring back a session that was destroyed. */
function discard (context) {
  announce(context, 'discarded', context.id)
  return false
}

/** Tells why the session's cookie cannot be sent, if it is one that carries the session. */
function obstacleTo ({ records, options, cookie }) {
  return records && options.externalKey ? undefined : cookie.obstacle
}

function tellUncommitted (context, reason) {
  announce(context, 'uncommitted', context.id, { reason })
  if (reason !== 'insecure') return
  warnOnce('KOA_SESSION_RS_INSECURE',
    'the option secure is true and a connection is not: no session cookie was sent. Behind a proxy that ends TLS, set ' +
    "app.proxy = true and have it send X-Forwarded-Proto; or set secure: 'auto' or 'force'")
}

module.exports = { commit, clearCookie, clearReplaced, isGone, reasonToSave, saveCookie, tellUncommitted }
