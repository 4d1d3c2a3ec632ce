'use strict'

const { now } = require('../base/clock')
const codec = require('../cookie/codec')
const { enclose, withoutEnvelope } = require('../session/envelope')
const { sessionError } = require('../base/errors')
const { VERDICT, VERDICT_NAMES, debug, isDebugging, publish, reportVerdict } = require('../base/events')
const { callHook, requireSync } = require('../base/hook')
const { isIdRefused } = require('../base/id')
const { isMaxAge } = require('../base/max-age')
const { validate, capData, checksData } = require('../session/validate')
const { attempt, isPromise } = require('../base/maybe-async')
const { SHAPE } = require('../native/opened')
const { Baseline } = require('../session/baseline')
const { Session, isAdoptable, stringify } = require('../session/session')
const { Snapshot } = require('../session/snapshot')
const { handleFailure } = require('../persistence/store-failure')
const { revoke, revokes } = require('./revoking')

/** JSON of up to this length cannot be nested too deeply for JSON.stringify, which overflows at about 4,000 levels. */
const SHALLOW_LENGTH = 6000

/**
 * Loads the session from its store.
 *
 * @param {import('./context-session').ContextSession} contextSession
 * @param {string} [ownId] of a session that this request has saved; by default, the id comes with the request
 * @returns {Promise<void>|undefined} undefined if the load was synchronous
 */
function load (contextSession, ownId) {
  const { options, ctx } = contextSession
  if (ownId !== undefined) return loadId(contextSession, ownId, true)
  const { externalKey } = options
  if (!externalKey) return loadId(contextSession, contextSession.cookie.read())
  const id = callHook(() => externalKey.get(ctx))
  return isPromise(id) ? id.then((given) => loadId(contextSession, given)) : loadId(contextSession, id)
}

/** Ends a load: now, or when it and an asynchronous genid have resolved. */
function endLoad (contextSession, loading) {
  if (isPromise(loading)) return loading.then(() => endLoad(contextSession))
  if (contextSession.pendingId !== undefined) return contextSession.pendingId.then(() => finishLoad(contextSession))
  finishLoad(contextSession)
}

function finishLoad (contextSession) {
  publishLoaded(contextSession)
  // Outside the middleware, as for a web socket, there is no end of a run that would call this.
  if (!contextSession.isRunning) contextSession.records.leave()
}

/** Loads the record of an id, if the store may be asked for it. */
function loadId (contextSession, id, isOwnId = false) {
  vary(contextSession)
  if (!id) {
    debugNone(contextSession)
    return endLoad(contextSession, createIfNeeded(contextSession))
  }
  // A session store takes strings only. A record store is asked for whatever `externalKey.get` returns.
  if (contextSession.records.merges && typeof id === 'number') id = String(id)
  const isWrongType = contextSession.records.merges && typeof id !== 'string'
  if (isWrongType || (!isOwnId && isIdRefused(id, contextSession.options.idPattern, contextSession.cookie.hasReadId))) {
    return endLoad(contextSession, createInstead(contextSession, VERDICT.MISSED, undefined, id))
  }
  return loadRecord(contextSession, id)
}

/** Creates the session now if genid is to be called for each visitor, or with `lazy`; else the first `get` does. */
function createIfNeeded (contextSession) {
  const { genid, lazy } = contextSession.options
  if (genid || lazy || contextSession.session !== undefined) contextSession.create()
}

function loadRecord (contextSession, id) {
  if (!contextSession.records.merges) return loadData(contextSession, id)
  const loading = contextSession.records.load(id)
  const opened = (loaded) => endLoad(contextSession, openRecord(contextSession, id, loaded))
  return isPromise(loading) ? loading.then(opened) : opened(loading)
}

function loadData (contextSession, id) {
  const opened = (data) => endLoad(contextSession, validateAndOpen(contextSession, data, id))
  return attempt(() => contextSession.records.get(id)).then(opened, (err) => endLoad(contextSession, createAfterFailure(contextSession, err)))
}

/** Creates a session after a failure of the store. Rejects with the failure unless `onStoreError` decides otherwise. */
async function createAfterFailure (contextSession, failure) {
  contextSession.failLoading(await handleFailure(contextSession, failure, 'get') === 'anonymous')
}

/** Opens the record of a session store, if it is valid. Returns a promise if the app's `valid` does. */
function openRecord (contextSession, id, { record, failure }) {
  if (failure !== undefined) return contextSession.failLoading(failure === 'anonymous')
  if (record === undefined) return createInstead(contextSession, VERDICT.MISSED, undefined, id)
  const { data: text, expire, maxAge } = record
  let data
  try {
    data = JSON.parse(text)
  } catch {
    return failUnreadable(contextSession)
  }
  if (typeof data !== 'object' || data === null) return failUnreadable(contextSession)
  // Checked here: a browser session has an expiry in its record, but not in its envelope. With maxAge 0, a record is expired from the
  // beginning, even in the same millisecond.
  if (expire < now() || maxAge === 0) return createInstead(contextSession, VERDICT.EXPIRED, enclose(data, maxAge, expire), id)
  if (contextSession.times !== undefined || checksData(contextSession.options) || !isAdoptable(data)) {
    return validateAndOpen(contextSession, enclose(data, maxAge, expire), id, text)
  }
  openAsIs(contextSession, data, text, maxAge, expire, id)
}

function failUnreadable (contextSession) {
  const error = sessionError('ERR_SESSION_STORE', 'what is stored is not a session')
  return createAfterFailure(contextSession, Object.assign(error, { reason: 'unreadable' }))
}

/** Makes the parsed object itself the session, without a copy. */
function openAsIs (contextSession, data, text, maxAge, expire, id) {
  const until = maxAge === 'session' ? undefined : expire
  // Before `Session.adopt` changes the data.
  const snapshot = Snapshot.of(data)
  contextSession.adoptMaxAge(maxAge)
  contextSession.open(Session.adopt(contextSession, data, snapshot, until), Baseline.ofText(text, snapshot), id)
  contextSession.cookie.reissue(until)
}

/**
 * Opens the session that the cookie holds.
 *
 * @param {import('./context-session').ContextSession} contextSession
 * @returns {Promise<void>|undefined} a promise if the app's `valid` returns one
 */
function open (contextSession) {
  vary(contextSession)
  const opened = openCookie(contextSession)
  return isPromise(opened) ? opened.then(() => publishLoaded(contextSession)) : publishLoaded(contextSession)
}

function openCookie (contextSession) {
  const { options, cookie } = contextSession
  if (options.decode !== codec.decode) return decode(contextSession)
  const opened = cookie.open(now())
  if (opened === undefined) return createUnopened(contextSession)
  const { text, verdict, shape, expire, maxAge } = opened
  let data
  try {
    data = JSON.parse(text)
  } catch {
    return createUnopened(contextSession)
  }
  if (shape === SHAPE.FOREIGN) return validateAndOpen(contextSession, data)
  const givenMaxAge = shape === SHAPE.BROWSER ? 'session' : maxAge
  const isShallow = text.length <= SHALLOW_LENGTH
  const isPlain = verdict === VERDICT.VALID && isShallow && contextSession.times === undefined && !checksData(options) && isAdoptable(data)
  if (!isPlain) return validateAndOpen(contextSession, enclose(data, givenMaxAge, expire))
  openAsIs(contextSession, data, text, givenMaxAge, expire)
}

/** Creates a session for a request without a cookie that verifies. */
function createUnopened (contextSession) {
  debugNone(contextSession)
  return contextSession.create()
}

/** Prints to the debug log why the request brought no session. */
function debugNone (contextSession) {
  if (!isDebugging()) return
  if (contextSession.options.externalKey) debug(contextSession, 'no id came')
  else debug(contextSession, contextSession.cookie.isInRequest ? 'a cookie came that does not verify, or has no session' : 'no cookie came')
}

/** Opens the cookie with the app's own `decode`. */
function decode (contextSession) {
  const value = contextSession.cookie.read()
  if (!value) return createUnopened(contextSession)
  let data
  try {
    data = requireSync('decode', contextSession.options.decode(value))
  } catch (err) {
    if (!(err instanceof Error) || err instanceof SyntaxError) return createUnopened(contextSession)
    // So that the next request does not throw again.
    if (contextSession.cookie.blockedBy === undefined) contextSession.cookie.write('', Date.now())
    throw err
  }
  return validateAndOpen(contextSession, data)
}

/**
 * Opens data if they are valid, else creates a session.
 *
 * @param {string} [text] the JSON from a session store, as the baseline: changes that the app's `valid` makes are saved
 */
function validateAndOpen (contextSession, data, id, text) {
  const verdict = validate(contextSession, data)
  if (isPromise(verdict)) return verdict.then((awaited) => openIfValid(contextSession, awaited, data, id, text))
  return openIfValid(contextSession, verdict, data, id, text)
}

function openIfValid (contextSession, verdict, data, id, text) {
  if (verdict !== VERDICT.VALID) return createInstead(contextSession, verdict, data, id)
  const { times } = contextSession
  if (times === undefined) return openValid(contextSession, data, id, text)
  const others = times.take(data)
  if (times.isOver) return createWithoutTimes(contextSession, VERDICT.EXPIRED, data, id)
  if (revokes(contextSession)) return openUnlessRevoked(contextSession, others)
  openValid(contextSession, others, id, text && JSON.stringify(withoutEnvelope(others)))
}

/** Opens a session that lives in its cookie, unless it was revoked. */
async function openUnlessRevoked (contextSession, data) {
  const verdict = await revoke().askRevoked(contextSession, data)
  if (verdict === 'valid') return openValid(contextSession, data)
  if (verdict === 'revoked') return createWithoutTimes(contextSession, VERDICT.MISSED, data)
  // The store of revocations failed: a session is never accepted without this check.
  contextSession.times.reset()
  contextSession.failLoading(true)
}

function createWithoutTimes (contextSession, verdict, data, id) {
  contextSession.times.reset()
  createInstead(contextSession, verdict, data, id)
}

function openValid (contextSession, data, id, text) {
  const capped = capData(data, contextSession.options)
  const isOpen = openPlain(contextSession, capped, id, text) || openCopy(contextSession, capped, id, text)
  // Data too deeply nested for JSON.stringify could never be saved.
  if (!isOpen) return createInstead(contextSession, VERDICT.INVALID, data, id)
  contextSession.cookie.reissue(contextSession.session._expire)
}

/** Emits the event of a bad verdict, and creates a session. */
function createInstead (contextSession, verdict, data, id) {
  debug(contextSession, VERDICT_NAMES[verdict], id)
  reportVerdict(verdict, contextSession, id, data)
  contextSession.create()
}

/** Opens a record of plain data with a snapshot. Returns false if it is not plain, or its envelope is contradictory. */
function openPlain (contextSession, record, id, text) {
  const snapshot = Snapshot.of(record, true)
  const { _expire: expire, _maxAge: maxAge, _session: isBrowser } = record
  if (snapshot === undefined || (isBrowser !== undefined && maxAge !== undefined)) return false
  if (isBrowser !== undefined) contextSession.adoptMaxAge('session')
  else if (isMaxAge(maxAge)) contextSession.adoptMaxAge(maxAge)
  const session = Session.restore(contextSession, snapshot, expire)
  contextSession.open(session, text === undefined ? Baseline.ofData(snapshot) : Baseline.ofText(text), id)
  return true
}

/** Opens a copy of a record. Returns false where it is nested too deeply. */
function openCopy (contextSession, record, id, text) {
  const session = Session.from(contextSession, record, true)
  try {
    const json = stringify(session)
    contextSession.open(session, text === undefined ? Baseline.ofData(undefined, json) : Baseline.ofText(text), id)
  } catch (err) {
    if (!(err instanceof RangeError)) throw err
    return false
  }
  return true
}

function publishLoaded (contextSession) {
  const id = contextSession.isStored ? contextSession.id : undefined
  const isNew = contextSession.session?.isNew ?? true
  if (!isNew) debug(contextSession, 'loaded', id)
  publish(contextSession, 'load', id, { isNew })
}

/** Adds Vary: Cookie, since the response depends on the session (option `cacheControl`). */
function vary ({ ctx, options, cookie }) {
  if (!options.cacheControl || ctx.res == null || ctx.res.headersSent) return
  ctx.vary('Cookie')
  cookie.keepOnError()
}

module.exports = { load, open }
