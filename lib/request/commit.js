'use strict'

const { now } = require('../base/clock')
const codec = require('../cookie/codec')
const { Baseline } = require('../session/baseline')
const { Draft } = require('../session/draft')
const { isPopulated, userData } = require('../session/user-data')
const { enclose } = require('../session/envelope')
const { sessionError } = require('../base/errors')
const { announce, debug, publish } = require('../base/events')
const { callHook, requireAnswer } = require('../base/hook')
const { ONE_DAY_MS } = require('../base/max-age')
const { obstacleTo, tellUncommitted } = require('./uncommitted')
const { clearCookie, clearReplaced, destroyReplaced, remove, rename } = require('./remove')

/**
 * Saves or removes the session, if anything calls for it.
 *
 * @param {import('./context-session').ContextSession} contextSession
 * @param {{ save?: boolean, regenerate?: boolean, keep?: string[], isAtEnd?: boolean }} [how] save: in any case; regenerate:
 * in any case, under a new id; keep: with these keys of its data alone; isAtEnd: the app is through
 * @returns {Promise<void>|undefined} nothing where there was nothing to wait for: the session is read as it is at the call
 */
function commit (contextSession, how = {}) {
  const { pendingId } = contextSession
  return pendingId ? pendingId.then(() => commitNow(contextSession, how)) : commitNow(contextSession, how)
}

function commitNow (contextSession, how) {
  if (contextSession.session === undefined || !contextSession.isWritable) return
  if (contextSession.session === null) return remove(contextSession)
  if (how.regenerate || contextSession.replacedId !== undefined) return commitMoved(contextSession, how)
  if (isGone(contextSession)) return discard(contextSession)
  return saveIfDue(contextSession, how)
}

/** Commits a session that takes the place of another, or a new id. */
async function commitMoved (contextSession, how) {
  if (contextSession.replacedId !== undefined) await destroyReplaced(contextSession)
  if (isGone(contextSession)) return discard(contextSession)
  if (!how.regenerate) return saveIfDue(contextSession, how)
  const obstacle = obstacleTo(contextSession)
  const isTooLate = obstacle === 'headers-sent' || obstacle === 'no-response'
  if (isTooLate || (contextSession.options.early && contextSession.ctx.res?.headersSent)) {
    tellUncommitted(contextSession, isTooLate ? obstacle : 'headers-sent')
    throw sessionError('ERR_SESSION_HEADERS_SENT', 'a new id cannot be sent: the headers of the response have left, or there is no response')
  }
  // Under an id that the browser does not learn, the session would be lost.
  if (obstacle !== undefined) return saveIfDue(contextSession, how)
  const hasMoved = contextSession.isStored
  await rename(contextSession)
  if (await saveIfDue(contextSession, how, hasMoved)) announce(contextSession, 'regenerated', contextSession.id)
}

/** Returns whether the session was saved; a promise of that where there is something to wait for. */
function saveIfDue (contextSession, how, hasMoved = false) {
  const { session } = contextSession
  if (!session) return
  if (how.keep) keepOnly(session, how.keep)
  const isForced = how.save || how.regenerate
  if (!isForced && isIdle(contextSession)) return clearReplaced(contextSession)
  const draft = new Draft(session)
  const reason = isForced ? 'forced' : reasonToSave(contextSession, draft)
  if (!reason) {
    debug(contextSession, 'nothing to save', contextSession.id)
    return clearReplaced(contextSession)
  }
  if (typeof contextSession.options.beforeSave === 'function') return prepareAndSave(contextSession, session, reason, how, hasMoved)
  return save(contextSession, draft, reason, how, hasMoved)
}

async function prepareAndSave (contextSession, session, reason, how, hasMoved) {
  await callHook(() => contextSession.options.beforeSave(contextSession.ctx, session))
  return save(contextSession, new Draft(session), reason, how, hasMoved)
}

function save (contextSession, draft, reason, { keep, isAtEnd }, hasMoved) {
  if (!contextSession.records) return send(contextSession, draft, reason)
  return write(contextSession, draft, reason, { hasMoved, isWhole: keep !== undefined, isAtEnd })
}

/** Removes the user's data, but for some keys. */
function keepOnly (session, keep) {
  for (const key of Object.keys(session)) {
    if (!keep.includes(key)) delete session[key]
  }
}

/** Returns whether a session is new, and nobody has put anything in. */
function isIdle ({ session, baseline }) {
  return !session._requireSave && baseline === undefined && !isPopulated(session)
}

/** Returns the reason why a session is saved that nothing forces to be; an empty one where it is not. */
function reasonToSave (contextSession, draft) {
  const { options, maxAge, baseline } = contextSession
  const { session } = draft
  if (session._requireSave) return 'forced'
  if (baseline === undefined) return isPopulated(session) ? 'changed' : ''
  if (baseline.isChanged(draft, options)) return 'changed'
  if (options.subject !== undefined && contextSession.records?.isUnlisted(session)) return 'changed'
  if (contextSession.isWritten) return ''
  if (options.rolling) return 'rolling'
  const expire = session._expire
  return options.renew && expire && maxAge && expire - now() < maxAge / 2 ? 'renew' : ''
}

/** Sends the session that has no store, unless something is in the way. */
function send (contextSession, draft, reason) {
  const { obstacle } = contextSession.cookie
  if (obstacle === undefined) return saveCookie(contextSession, draft, reason)
  draft.requireJson()
  tellUncommitted(contextSession, obstacle)
  return false
}

/** Sends the cookie of a session that has no store, and tells of it. */
function saveCookie (contextSession, draft, reason) {
  const isNew = contextSession.baseline === undefined
  writeCookie(contextSession, draft)
  requireSave(draft.session, false)
  return tellSaved(contextSession, reason, isNew)
}

/**
 * Writes the session to its store, and its id to the cookie. Returns false where that was not to be.
 *
 * @param {{ hasMoved: boolean, isWhole: boolean, isAtEnd: boolean }} how hasMoved: to a new id; isWhole: nothing stays there
 * that it does not have; isAtEnd: the app is through
 * @returns {Promise<boolean>}
 */
function write (contextSession, draft, reason, how) {
  const { session } = draft
  const isRequired = session._requireSave
  // What asks for a save while this one goes on asks for another.
  requireSave(session, false)
  const putting = put(contextSession, draft, reason, how)
  return isRequired ? requireUntilDone(session, putting) : putting
}

async function requireUntilDone (session, putting) {
  let isDone = false
  try {
    isDone = await putting
  } finally {
    if (!isDone) requireSave(session, true)
  }
  return isDone
}

/** Says whether the session is to be saved, unless the app has put something there that cannot be written to. */
function requireSave (session, isRequired) {
  Reflect.set(session, '_requireSave', isRequired)
}

async function put (contextSession, draft, reason, { hasMoved, isWhole, isAtEnd }) {
  const { options, records } = contextSession
  const { key } = options
  const isNew = !contextSession.isStored
  const obstacle = contextSession.isCookieSent ? undefined : obstacleTo(contextSession)
  if (obstacle !== undefined) {
    draft.requireJson()
    tellUncommitted(contextSession, obstacle)
  }
  if (obstacle !== undefined && isOrphan(contextSession, obstacle, isNew)) return false
  // The request may go on to another id while this one is written.
  let id = contextSession.externalKey
  let outcome = await records.write(draft, id, reason, isWhole)
  if (outcome === 'taken') {
    id = await nextId(contextSession, id)
    // The app may have gone on meanwhile.
    outcome = await records.write(new Draft(draft.session), id, reason, isWhole)
  }
  if (outcome !== 'written') return giveUp(contextSession, outcome, isAtEnd)
  const isSent = contextSession.isCookieSent
  if (hasMoved && records.merges && !isSent) await clearCookie(contextSession)
  if (!isSent && options.externalKey) await callHook(() => options.externalKey.set(contextSession.ctx, id))
  else if (!isSent && obstacle === undefined) writeId(contextSession, id, key)
  return tellSaved(contextSession, reason, isNew && !hasMoved, id)
}

/** Takes another id where that of a new session is another one's already, unless the browser has been sent it. */
async function nextId (contextSession, id) {
  if (contextSession.isCookieSent || id !== contextSession.id) throw takenError()
  contextSession.takeNewId()
  await contextSession.pendingId
  return contextSession.externalKey
}

/** Does what is due where a session was not written. */
function giveUp (contextSession, outcome, isAtEnd) {
  if (outcome === 'missing') return discard(contextSession)
  // The app has heard of one that is refused again, and has answered.
  if (outcome === 'refused' || (outcome === 'refused-again' && !isAtEnd)) tellRefused()
  if (outcome === 'taken') throw takenError()
  return false
}

function takenError () {
  return sessionError('ERR_SESSION_ID_TAKEN', 'the id of a new session is that of another one already')
}

/** Returns whether nobody would ever come back to a record. */
function isOrphan ({ options }, obstacle, isNew) {
  return isNew && (obstacle === 'insecure' || options.early === true)
}

/** Sends the id of a record that has been written; the headers may have left meanwhile. */
function writeId (contextSession, id, key) {
  const { cookie } = contextSession
  if (cookie.obstacle === undefined) cookie.write(id, Date.now(), key)
  else tellUncommitted(contextSession, cookie.obstacle)
}

function tellSaved (contextSession, reason, isNew, id = contextSession.id) {
  if (id === contextSession.id) contextSession.beWritten()
  if (isNew) announce(contextSession, 'created', id)
  announce(contextSession, 'saved', id, { reason })
  publish(contextSession, 'save', id, { reason })
  return true
}

/** Tells the visitor and the app of a session that there may not be. */
function tellRefused () {
  // The visitor reads it; the app has the code.
  const error = sessionError('ERR_SESSION_LIMIT', 'Too many sessions')
  throw Object.assign(error, { status: 409, expose: true })
}

function writeCookie (contextSession, draft) {
  const { options, cookie } = contextSession
  // What JSON does not have fails the commit, whatever the app's `encode` does.
  const { json } = draft
  const time = Date.now()
  const maxAge = contextSession.maxAge || ONE_DAY_MS
  if (options.encode === codec.encode && isWhole(maxAge, time)) {
    cookie.close(json, time, maxAge === 'session' ? undefined : maxAge)
  } else {
    const data = enclose(userData(draft.session), maxAge, maxAge + time)
    cookie.write(requireAnswer('encode', callHook(() => options.encode(data))), time)
  }
  contextSession.keepSent(Baseline.ofText(json))
}

/** Returns whether the core can write the envelope: in whole milliseconds. */
function isWhole (maxAge, time) {
  if (maxAge === 'session') return typeof time === 'number'
  return Number.isSafeInteger(maxAge) && Number.isSafeInteger(time) && Number.isSafeInteger(maxAge + time)
}

/** Returns whether another request destroyed the record since this one loaded it. */
function isGone ({ records, isStored }) {
  return records !== undefined && isStored && records.isDestroyed
}

/** Drops the commit: writing would bring back a session that was destroyed. */
function discard (contextSession) {
  // What a session store has no more, no later commit brings back.
  if (contextSession.records.merges) contextSession.discard()
  announce(contextSession, 'discarded', contextSession.id)
  return false
}

module.exports = { commit, isGone, reasonToSave, saveCookie }
