'use strict'

const { isChanged, jsonOf } = require('../session/dirty-check')
const { now } = require('../base/clock')
const codec = require('../cookie/codec')
const { isPopulated, userData } = require('../session/user-data')
const { enclose } = require('../session/envelope')
const { sessionError } = require('../base/errors')
const { announce, debug, publish } = require('../base/events')
const { callHook, requireAnswer } = require('../base/hook')
const { ONE_DAY_MS } = require('../base/max-age')
const { obstacleTo, tellUncommitted } = require('./uncommitted')
const { clearCookie, clearReplaced, destroyDoomed, remove, rename } = require('./remove')

/**
 * Saves or removes the session, if anything calls for it.
 *
 * @param {import('./context-session').ContextSession} context
 * @param {{ save?: boolean, regenerate?: boolean, keep?: string[], isAtEnd?: boolean }} [how] save: in any case; regenerate:
 * in any case, under a new id; keep: with these keys of its data alone; isAtEnd: the app is through
 * @returns {Promise<void>|undefined} nothing where there was nothing to wait for: the session is read as it is at the call
 */
function commit (context, how = {}) {
  return context.coming ? context.coming.then(() => commitNow(context, how)) : commitNow(context, how)
}

function commitNow (context, how) {
  if (context.session === undefined || context.isAnonymous || context.isIgnored || context.isLost || context.isDiscarded) return
  if (context.session === null) return remove(context)
  if (how.regenerate || context.doomed !== undefined) return commitMoved(context, how)
  if (isGone(context)) return discard(context)
  return saveIfDue(context, how)
}

/** Commits a session that takes the place of another, or a new id. */
async function commitMoved (context, how) {
  if (context.doomed !== undefined) await destroyDoomed(context)
  if (isGone(context)) return discard(context)
  if (!how.regenerate) return saveIfDue(context, how)
  const obstacle = obstacleTo(context)
  const isTooLate = obstacle === 'headers-sent' || obstacle === 'no-response'
  if (isTooLate || (context.options.early && context.ctx.res?.headersSent)) {
    tellUncommitted(context, isTooLate ? obstacle : 'headers-sent')
    throw sessionError('ERR_SESSION_HEADERS_SENT', 'a new id cannot be sent: the headers of the response have left, or there is no response')
  }
  // Under an id that the browser does not learn, the session would be lost.
  if (obstacle !== undefined) return saveIfDue(context, how)
  const hasMoved = context.isStored
  await rename(context)
  if (await saveIfDue(context, how, hasMoved)) announce(context, 'regenerated', context.id)
}

/** Gives whether the session was saved; a promise of that where there is something to wait for. */
function saveIfDue (context, how, hasMoved = false) {
  const { session } = context
  if (!session) return
  if (how.keep) keepOnly(session, how.keep)
  const isForced = how.save || how.regenerate
  if (!isForced && isIdle(context, session)) return clearReplaced(context)
  context.json = undefined
  const reason = isForced ? 'forced' : reasonToSave(context, session)
  if (!reason) {
    debug(context, 'nothing to save', context.id)
    return clearReplaced(context)
  }
  if (typeof context.options.beforeSave === 'function') return prepareAndSave(context, session, reason, how, hasMoved)
  return save(context, session, reason, how, hasMoved)
}

async function prepareAndSave (context, session, reason, how, hasMoved) {
  await callHook(() => context.options.beforeSave(context.ctx, session))
  context.json = undefined
  return save(context, session, reason, how, hasMoved)
}

function save (context, session, reason, { keep, isAtEnd }, hasMoved) {
  if (!context.records) return send(context, session, reason)
  return write(context, session, reason, { hasMoved, isWhole: keep !== undefined, isAtEnd })
}

/** Removes the user's data, but for some keys. */
function keepOnly (session, keep) {
  for (const key of Object.keys(session)) {
    if (!keep.includes(key)) delete session[key]
  }
}

/** Tells whether a session is new, and nobody has put anything in. */
function isIdle (context, session) {
  return !session._requireSave && !context.isKnown && !isPopulated(session)
}

/** Gives the reason why a session is saved that nothing forces to be; an empty one where it is not. */
function reasonToSave (context, session) {
  const { options, maxAge } = context
  if (session._requireSave) return 'forced'
  if (!context.isKnown) return isPopulated(session) ? 'changed' : ''
  if (isChanged(context, session)) return 'changed'
  if (options.subject !== undefined && context.records?.isUnlisted(session)) return 'changed'
  if (context.isWritten) return ''
  if (options.rolling) return 'rolling'
  const expire = session._expire
  return options.renew && expire && maxAge && expire - now() < maxAge / 2 ? 'renew' : ''
}

/** Sends the session that has no store, unless something is in the way. */
function send (context, session, reason) {
  const { obstacle } = context.cookie
  // What JSON does not have fails the commit whether or not a cookie can be sent.
  jsonOf(context, session)
  if (obstacle === undefined) return saveCookie(context, session, reason)
  tellUncommitted(context, obstacle)
  return false
}

/** Sends the cookie of a session that has no store, and tells of it. */
function saveCookie (context, session, reason) {
  const isNew = !context.isKnown
  writeCookie(context, session, jsonOf(context, session))
  requireSave(session, false)
  return tellSaved(context, reason, isNew)
}

/**
 * Writes the session to its store, and its id to the cookie. Gives false where that was not to be.
 *
 * @param {{ hasMoved: boolean, isWhole: boolean, isAtEnd: boolean }} how hasMoved: to a new id; isWhole: nothing stays there
 * that it does not have; isAtEnd: the app is through
 * @returns {Promise<boolean>}
 */
function write (context, session, reason, how) {
  const isRequired = session._requireSave
  // What asks for a save while this one goes on asks for another.
  requireSave(session, false)
  const putting = put(context, session, reason, how)
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

async function put (context, session, reason, { hasMoved, isWhole, isAtEnd }) {
  const { options, records } = context
  const { key } = options
  const isNew = !context.isStored
  const obstacle = context.isCookieSent ? undefined : obstacleTo(context)
  if (obstacle !== undefined) {
    jsonOf(context, session)
    tellUncommitted(context, obstacle)
  }
  if (obstacle !== undefined && isOrphan(context, obstacle, isNew)) return false
  // The request may go on to another id while this one is written.
  let id = context.externalKey
  let outcome = await records.write(session, id, reason, isWhole)
  if (outcome === 'taken') {
    id = await nextId(context, id)
    // The app may have gone on meanwhile.
    context.json = undefined
    outcome = await records.write(session, id, reason, isWhole)
  }
  if (outcome !== 'written') return giveUp(context, outcome, isAtEnd)
  const isSent = context.isCookieSent
  if (hasMoved && records.merges && !isSent) await clearCookie(context)
  if (!isSent && options.externalKey) await callHook(() => options.externalKey.set(context.ctx, id))
  else if (!isSent && obstacle === undefined) writeId(context, id, key)
  return tellSaved(context, reason, isNew && !hasMoved, id)
}

/** Takes another id where that of a new session is another one's already, unless the browser has been sent it. */
async function nextId (context, id) {
  if (context.isCookieSent || id !== context.id) throw takenError()
  context.takeNewId()
  await context.coming
  return context.externalKey
}

/** Does what is due where a session was not written. */
function giveUp (context, outcome, isAtEnd) {
  if (outcome === 'missing') return discard(context)
  if (outcome === 'refused') return refuse(context, isAtEnd)
  if (outcome === 'taken') throw takenError()
  return false
}

function takenError () {
  return sessionError('ERR_SESSION_ID_TAKEN', 'the id of a new session is that of another one already')
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

function refuse (context, isAtEnd) {
  // The app has heard of it, and has answered.
  const json = jsonOf(context, context.session)
  if (context.refused === json && isAtEnd) return false
  context.refused = json
  // The visitor reads it; the app has the code.
  const error = sessionError('ERR_SESSION_LIMIT', 'Too many sessions')
  throw Object.assign(error, { status: 409, expose: true })
}

function writeCookie (context, session, json) {
  const { options, cookie } = context
  const time = Date.now()
  const maxAge = context.maxAge || ONE_DAY_MS
  if (options.encode === codec.encode && isWhole(maxAge, time)) {
    cookie.close(json, time, maxAge === 'session' ? undefined : maxAge)
  } else {
    const data = enclose(userData(session), maxAge, maxAge + time)
    cookie.write(requireAnswer('encode', callHook(() => options.encode(data))), time)
  }
  context.opened = json
  context.snapshot = undefined
  context.written = undefined
}

/** Tells whether the core can write the envelope: in whole milliseconds. */
function isWhole (maxAge, time) {
  if (maxAge === 'session') return typeof time === 'number'
  return Number.isSafeInteger(maxAge) && Number.isSafeInteger(time) && Number.isSafeInteger(maxAge + time)
}

/** Tells whether another request destroyed the record since this one loaded it. */
function isGone ({ records, isStored }) {
  return records !== undefined && isStored && records.isDestroyed
}

/** Drops the commit: writing would bring back a session that was destroyed. */
function discard (context) {
  // What a session store has no more, no later commit brings back.
  context.isDiscarded = context.records.merges
  announce(context, 'discarded', context.id)
  return false
}

module.exports = { commit, isGone, reasonToSave, saveCookie }
