'use strict'

const { now } = require('../base/clock')
const codec = require('../cookie/codec')
const { Baseline } = require('../session/baseline')
const { Draft } = require('../session/draft')
const { isPopulated, userData } = require('../session/user-data')
const { enclose } = require('../session/envelope')
const { sessionError } = require('../base/errors')
const { announce, debug, publish } = require('../base/events')
const { callHook, requireSync } = require('../base/hook')
const { ONE_DAY_MS } = require('../base/max-age')
const { subjectOf } = require('../base/subject')
const { revoke, revokes } = require('./revoking')
const { cookieBlockedBy, reportUncommitted } = require('./uncommitted')
const { clearCookie, clearReplaced, destroyReplaced, remove, changeId } = require('./remove')

/**
 * Saves or removes the session, if there is a reason to. The session is read as it is at the call.
 *
 * @param {import('./context-session').ContextSession} contextSession
 * @param {{ save?: boolean, regenerate?: boolean, keep?: string[], isAtEnd?: boolean }} [how] save: saves even if nothing changed;
 * regenerate: saves under a new id, even if nothing changed; keep: removes all data but those of these keys; isAtEnd: the app's
 * middleware has ended
 * @returns {Promise<void>|undefined} undefined if the commit was synchronous
 */
function commit (contextSession, how = {}) {
  const { pendingId } = contextSession
  return pendingId ? pendingId.then(() => commitNow(contextSession, how)) : commitNow(contextSession, how)
}

function commitNow (contextSession, how) {
  if (contextSession.session === undefined || !contextSession.isWritable) return
  if (contextSession.session === null) return remove(contextSession)
  const draft = new Draft(contextSession.session)
  if (contextSession.options.subject != null && gainsSubject(contextSession, draft)) how = handleNewSubject(contextSession, how)
  if (how.regenerate || isReplacing(contextSession)) return commitReplacing(contextSession, how)
  if (isGone(contextSession)) return discard(contextSession)
  return saveIfDue(contextSession, how, false, draft)
}

/** Returns whether a session replaces a removed one, which is to be destroyed or revoked. */
function isReplacing ({ replacedId, times }) {
  return replacedId !== undefined || times?.isReplacing === true
}

/**
 * Returns whether this request gives the session a subject, or another one. Loaded data that have that subject already do not count,
 * even if they were saved before the app set the option `subject`.
 */
function gainsSubject (contextSession, draft) {
  const { session, baseline, options } = contextSession
  if (baseline !== undefined && !baseline.isChanged(draft, options)) return false
  const subject = subjectOf(contextSession, session)
  return subject !== null && (baseline === undefined || subject !== subjectOf(contextSession, JSON.parse(baseline.json)))
}

/** Handles a login: the absolute timeout begins again, and the session gets a new id, unless this request has taken one already. */
function handleNewSubject (contextSession, how) {
  contextSession.times?.authenticate(authenticationTime(contextSession))
  const isNew = contextSession.records ? !contextSession.isStored : contextSession.baseline === undefined
  if (how.regenerate || contextSession.hasNewId || isNew) return how
  const blockedBy = contextSession.isCookieSent ? 'headers-sent' : cookieBlockedBy(contextSession)
  if (blockedBy === undefined) return { ...how, regenerate: true }
  reportUncommitted(contextSession, blockedBy)
  return how
}

/** Returns the time for an authentication that happens now; undefined without `revocations`: then the clock's time is right. */
function authenticationTime (contextSession) {
  return revokes(contextSession) ? revoke().revocationsOf(contextSession.options).authenticationTime : undefined
}

/** Commits a session that replaces a removed one, or that gets a new id. */
async function commitReplacing (contextSession, how) {
  if (isReplacing(contextSession)) await destroyReplaced(contextSession)
  if (isGone(contextSession)) return discard(contextSession)
  if (!how.regenerate) return saveIfDue(contextSession, how)
  const blockedBy = cookieBlockedBy(contextSession)
  const isTooLate = blockedBy === 'headers-sent' || blockedBy === 'no-response'
  if (isTooLate || (contextSession.options.early && contextSession.ctx.res?.headersSent)) {
    reportUncommitted(contextSession, isTooLate ? blockedBy : 'headers-sent')
    throw sessionError('ERR_SESSION_HEADERS_SENT', 'a new id cannot be sent: the response headers were sent, or there is no response')
  }
  // With a new id, which the browser would not get, the session would be lost.
  if (blockedBy !== undefined) return saveIfDue(contextSession, how)
  const hasMoved = contextSession.isStored
  await changeId(contextSession)
  if (await saveIfDue(contextSession, how, hasMoved)) announce(contextSession, 'regenerated', contextSession.id)
}

/** Saves the session if there is a reason to. Returns whether it did, or a promise of that. */
function saveIfDue (contextSession, how, hasMoved = false, draft = new Draft(contextSession.session)) {
  const { session } = contextSession
  if (!session) return
  if (how.keep) keepOnly(session, how.keep)
  const isForced = how.save || how.regenerate
  if (!isForced && isNewAndEmpty(contextSession)) return clearReplaced(contextSession)
  const reason = isForced ? 'forced' : reasonToSave(contextSession, draft)
  if (!reason) {
    debug(contextSession, 'nothing to save', contextSession.id)
    return clearReplaced(contextSession)
  }
  if (typeof contextSession.options.beforeSave === 'function') {
    // As in koa-session, data that are compared and cannot be serialised fail before the hook is called.
    if (reason === 'changed' && contextSession.baseline !== undefined) draft.requireJson()
    return callHookAndSave(contextSession, session, reason, how, hasMoved)
  }
  return save(contextSession, draft, reason, how, hasMoved)
}

async function callHookAndSave (contextSession, session, reason, how, hasMoved) {
  await callHook(() => contextSession.options.beforeSave(contextSession.ctx, session))
  return save(contextSession, new Draft(session), reason, how, hasMoved)
}

function save (contextSession, draft, reason, { keep, isAtEnd }, hasMoved) {
  if (!contextSession.records) return commitToCookie(contextSession, draft, reason)
  return commitToStore(contextSession, draft, reason, { hasMoved, isComplete: keep !== undefined, isAtEnd })
}

/** Removes all of the user's data except for some keys. */
function keepOnly (session, keep) {
  for (const key of Object.keys(session)) {
    if (!keep.includes(key)) delete session[key]
  }
}

/** Returns whether a session is new and has no data. */
function isNewAndEmpty ({ session, baseline }) {
  return !session._requireSave && baseline === undefined && !isPopulated(session)
}

/** Returns the reason to save a session, or an empty string if there is none. */
function reasonToSave (contextSession, draft) {
  const { options, maxAge, baseline } = contextSession
  const { session } = draft
  if (session._requireSave) return 'forced'
  if (baseline === undefined) return isPopulated(session) ? 'changed' : ''
  if (baseline.isChanged(draft, options)) return 'changed'
  if (options.subject !== undefined && contextSession.records?.isUnlisted(session)) return 'changed'
  if (contextSession.isWritten) return ''
  if (contextSession.times?.isDue) return 'timeout'
  const expire = session._expire
  if (options.rolling && !isRecent(options.touchAfter, expire - maxAge)) return 'rolling'
  return options.renew && expire && maxAge && expire - now() < maxAge / 2 ? 'renew' : ''
}

/** Returns whether a session was saved less than `touchAfter` ago. */
function isRecent (touchAfter, savedAt) {
  return touchAfter != null && now() - savedAt < touchAfter
}

/** Sends the session in its cookie, unless no cookie can be sent. */
function commitToCookie (contextSession, draft, reason) {
  const { blockedBy } = contextSession.cookie
  if (blockedBy === undefined) return saveCookie(contextSession, draft, reason)
  draft.requireJson()
  reportUncommitted(contextSession, blockedBy)
  return false
}

/** Sends the session in its cookie, and emits the events. */
function saveCookie (contextSession, draft, reason) {
  const isNew = contextSession.baseline === undefined
  writeCookie(contextSession, draft)
  setRequireSave(draft.session, false)
  return reportSaved(contextSession, reason, isNew)
}

/**
 * Writes the session to its store, and its id to the cookie.
 *
 * @param {{ hasMoved: boolean, isComplete: boolean, isAtEnd: boolean }} how hasMoved: the session has a new id; isComplete: the
 * record is replaced by the session, not merged with it; isAtEnd: the app's middleware has ended
 * @returns {Promise<boolean>} whether it was written
 */
function commitToStore (contextSession, draft, reason, how) {
  const { session } = draft
  const isRequired = session._requireSave
  // Reset before the write: `save()` during the write asks for another one.
  setRequireSave(session, false)
  const writing = writeToStore(contextSession, draft, reason, how)
  return isRequired ? keepRequiredUnlessWritten(session, writing) : writing
}

/** Waits for a write, and sets `_requireSave` again if it wrote nothing. Returns whether it wrote. */
async function keepRequiredUnlessWritten (session, writing) {
  let isDone = false
  try {
    isDone = await writing
  } finally {
    if (!isDone) setRequireSave(session, true)
  }
  return isDone
}

/** Sets `_requireSave`. Does not throw if the app has made that property read-only. */
function setRequireSave (session, isRequired) {
  if (session._requireSave !== isRequired) Reflect.set(session, '_requireSave', isRequired)
}

async function writeToStore (contextSession, draft, reason, { hasMoved, isComplete, isAtEnd }) {
  const { options, records } = contextSession
  const { key } = options
  const isNew = !contextSession.isStored
  const blockedBy = contextSession.isCookieSent ? undefined : cookieBlockedBy(contextSession)
  if (blockedBy !== undefined) {
    draft.requireJson()
    reportUncommitted(contextSession, blockedBy)
  }
  if (blockedBy !== undefined && isUnreachable(contextSession, blockedBy, isNew)) return false
  // The session may get another id during the write.
  let id = contextSession.externalKey
  let outcome = await records.write(draft, id, reason, isComplete)
  if (outcome === 'taken') {
    id = await nextId(contextSession, id)
    // A new draft: the app may have changed the session meanwhile.
    outcome = await records.write(new Draft(draft.session), id, reason, isComplete)
  }
  if (outcome !== 'written') return handleUnwritten(contextSession, outcome, isAtEnd)
  const isSent = contextSession.isCookieSent
  if (hasMoved && records.merges && !isSent) await clearCookie(contextSession)
  if (!isSent && options.externalKey) await callHook(() => options.externalKey.set(contextSession.ctx, id))
  else if (!isSent && blockedBy === undefined) writeId(contextSession, id, key)
  return reportSaved(contextSession, reason, isNew && !hasMoved, id)
}

/** Takes another id for a new session whose id is taken. Throws if the browser has been sent that id already. */
async function nextId (contextSession, id) {
  if (contextSession.isCookieSent || id !== contextSession.id) throw takenError()
  contextSession.takeNewId()
  await contextSession.pendingId
  return contextSession.externalKey
}

/** Handles the outcomes of a write that failed. */
function handleUnwritten (contextSession, outcome, isAtEnd) {
  if (outcome === 'missing') return discard(contextSession)
  // At the end of the request, an error that the app got for the same data before is not repeated.
  if (outcome === 'refused' || (outcome === 'refused-again' && !isAtEnd)) throwLimitReached()
  if (outcome === 'taken') throw takenError()
  return false
}

function takenError () {
  return sessionError('ERR_SESSION_ID_TAKEN', 'the id of a new session is taken by another one')
}

/** Returns whether a record could never be loaded, since the browser does not get its id. */
function isUnreachable ({ options }, blockedBy, isNew) {
  return isNew && (blockedBy === 'insecure' || options.early === true)
}

/** Sends the id of a record that has been written, unless the headers have been sent meanwhile. */
function writeId (contextSession, id, key) {
  const { cookie } = contextSession
  if (cookie.blockedBy === undefined) cookie.write(id, Date.now(), key)
  else reportUncommitted(contextSession, cookie.blockedBy)
}

function reportSaved (contextSession, reason, isNew, id = contextSession.id) {
  if (id === contextSession.id) contextSession.markWritten()
  if (isNew) announce(contextSession, 'created', id)
  announce(contextSession, 'saved', id, { reason })
  publish(contextSession, 'save', id, { reason })
  return true
}

/** Throws the error for a session beyond `maxSessions`. */
function throwLimitReached () {
  // Koa sends the message to the client (`expose`); the app uses the code.
  const error = sessionError('ERR_SESSION_LIMIT', 'Too many sessions')
  throw Object.assign(error, { status: 409, expose: true })
}

function writeCookie (contextSession, draft) {
  const { options, cookie } = contextSession
  // Read here, so that a BigInt fails the commit even if the app's own `encode` accepts it.
  const { json } = draft
  const { times } = contextSession
  const time = Date.now()
  const maxAge = contextSession.maxAge || ONE_DAY_MS
  if (options.encode === codec.encode && isInWholeMs(maxAge, time)) {
    cookie.close(times ? times.addToJson(json) : json, time, maxAge === 'session' ? undefined : maxAge)
  } else {
    const own = userData(draft.session)
    const data = enclose(times ? times.addTo(own) : own, maxAge, maxAge + time)
    cookie.write(requireSync('encode', callHook(() => options.encode(data))), time)
  }
  contextSession.setBaseline(Baseline.ofText(json))
}

/** Returns whether the core can write the envelope, whose times are whole milliseconds. */
function isInWholeMs (maxAge, time) {
  if (maxAge === 'session') return typeof time === 'number'
  return Number.isSafeInteger(maxAge) && Number.isSafeInteger(time) && Number.isSafeInteger(maxAge + time)
}

/** Returns whether another request destroyed the record since this one loaded it. */
function isGone ({ records, isStored }) {
  return records !== undefined && isStored && records.isDestroyed
}

/** Drops the commit, since a write would revive a session that was destroyed. */
function discard (contextSession) {
  // With a session store, that is final for this request.
  if (contextSession.records.merges) contextSession.discard()
  announce(contextSession, 'discarded', contextSession.id)
  return false
}

module.exports = { authenticationTime, commit, isGone, reasonToSave, saveCookie }
