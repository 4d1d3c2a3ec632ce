'use strict'

const { now } = require('../base/clock')
const codec = require('../cookie/codec')
const { enclose } = require('../session/envelope')
const { sessionError } = require('../base/errors')
const { VERDICT, VERDICT_NAMES, debug, isDebugging, publish, report } = require('../base/events')
const { callHook, requireAnswer } = require('../base/hook')
const { isRefused } = require('../base/id')
const { isMaxAge } = require('../base/max-age')
const { judge, limit, isExacting } = require('../session/validate')
const { attempt, isPromise } = require('../base/maybe-async')
const { SHAPE } = require('../native/opened')
const { Baseline } = require('../session/baseline')
const { Session, isAdoptable, stringify } = require('../session/session')
const { Snapshot } = require('../session/snapshot')
const { handleFailure } = require('../persistence/store-failure')

/** JSON of no more characters cannot be nested too deeply for JSON.stringify, which stops at about 4,000 levels. */
const SHALLOW_LENGTH = 6000

/**
 * Loads the session from its store.
 *
 * @param {import('./context-session').ContextSession} contextSession
 * @param {string} [known] the id; without it, the one that the request came with
 * @returns {Promise<void>|undefined} nothing where there was nothing to wait for
 */
function load (contextSession, known) {
  const { options, ctx } = contextSession
  const id = known ?? (options.externalKey ? callHook(() => options.externalKey.get(ctx)) : contextSession.cookie.read())
  return isPromise(id) ? id.then((given) => loadId(contextSession, given)) : loadId(contextSession, id, known !== undefined)
}

/** Ends a load: now, or when what it waits for has come. */
function endLoad (contextSession, loading) {
  if (isPromise(loading)) return loading.then(() => endLoad(contextSession))
  if (contextSession.pendingId !== undefined) return contextSession.pendingId.then(() => tellStored(contextSession))
  tellStored(contextSession)
}

function tellStored (contextSession) {
  tellLoaded(contextSession)
  // No run of the middleware will end.
  if (!contextSession.isRunning) contextSession.records.leave()
}

/** Loads the record of an id. */
function loadId (contextSession, id, isOwn = false) {
  vary(contextSession)
  if (!id) {
    explainNone(contextSession)
    return endLoad(contextSession, begin(contextSession))
  }
  // A session store is asked for texts alone; what others make of an array or an object is theirs.
  if (contextSession.records.merges && typeof id === 'number') id = String(id)
  const isForeign = contextSession.records.merges && typeof id !== 'string'
  if (isForeign || (!isOwn && isRefused(id, contextSession.options.idPattern))) {
    return endLoad(contextSession, settle(contextSession, VERDICT.MISSED, undefined, id))
  }
  return loadRecord(contextSession, id)
}

/** Begins a new session. It is made when somebody asks for it, unless a genid is called for each visitor. */
function begin (contextSession) {
  const { genid, lazy } = contextSession.options
  if (genid || lazy || contextSession.session !== undefined) contextSession.create()
}

function loadRecord (contextSession, id) {
  if (!contextSession.records.merges) return loadData(contextSession, id)
  const loading = contextSession.records.load(id)
  const admitted = (loaded) => endLoad(contextSession, admitRecord(contextSession, id, loaded))
  return isPromise(loading) ? loading.then(admitted) : admitted(loading)
}

function loadData (contextSession, id) {
  const admitted = (data) => endLoad(contextSession, admit(contextSession, data, id))
  return attempt(() => contextSession.records.get(id)).then(admitted, (err) => endLoad(contextSession, passOver(contextSession, err)))
}

/** Makes a new session where the store has failed, unless the app has that failure be the request's. */
async function passOver (contextSession, failure) {
  contextSession.failLoading(await handleFailure(contextSession, failure, 'get') === 'anonymous')
}

/** Makes what a session store has the session. Returns a promise where the app's `valid` does. */
function admitRecord (contextSession, id, { record, failure }) {
  if (failure !== undefined) return contextSession.failLoading(failure === 'anonymous')
  if (record === undefined) return settle(contextSession, VERDICT.MISSED, undefined, id)
  const { data: text, expire, maxAge } = record
  let data
  try {
    data = JSON.parse(text)
  } catch {
    return failLoading(contextSession)
  }
  if (typeof data !== 'object' || data === null) return failLoading(contextSession)
  // The envelope of a session that ends with the browser has no expiry; its record has one. What has no time to live had passed
  // when it was written, be it in this millisecond.
  if (expire < now() || maxAge === 0) return settle(contextSession, VERDICT.EXPIRED, enclose(data, maxAge, expire), id)
  if (isExacting(contextSession.options) || !isAdoptable(data)) {
    return admit(contextSession, enclose(data, maxAge, expire), id, text)
  }
  adopt(contextSession, data, text, maxAge, expire, id)
}

function failLoading (contextSession) {
  const error = sessionError('ERR_SESSION_STORE', 'what is stored is not a session')
  return passOver(contextSession, Object.assign(error, { reason: 'unreadable' }))
}

/** Makes parsed JSON the session, as it is. */
function adopt (contextSession, data, text, maxAge, expire, id) {
  const until = maxAge === 'session' ? undefined : expire
  // Before the data become the session.
  const baseline = Baseline.ofText(text, Snapshot.of(data))
  contextSession.adoptMaxAge(maxAge)
  contextSession.open(Session.adopt(contextSession, data, until, text.length), baseline, id)
  contextSession.cookie.reissue(until)
}

/**
 * Opens the session that the cookie holds.
 *
 * @param {import('./context-session').ContextSession} contextSession
 * @returns {Promise<void>|undefined} a promise where the app's `valid` gives one
 */
function open (contextSession) {
  vary(contextSession)
  const opened = openCookie(contextSession)
  return isPromise(opened) ? opened.then(() => tellLoaded(contextSession)) : tellLoaded(contextSession)
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
  if (shape === SHAPE.FOREIGN) return admit(contextSession, data)
  const givenMaxAge = shape === SHAPE.BROWSER ? 'session' : maxAge
  const isPlain = verdict === VERDICT.VALID && text.length <= SHALLOW_LENGTH && !isExacting(options) && isAdoptable(data)
  if (!isPlain) return admit(contextSession, enclose(data, givenMaxAge, expire))
  adopt(contextSession, data, text, givenMaxAge, expire)
}

/** Makes a new session where the request brought none. */
function createUnopened (contextSession) {
  explainNone(contextSession)
  return contextSession.create()
}

/** Prints why the request has no session of before. */
function explainNone (contextSession) {
  if (!isDebugging()) return
  if (contextSession.options.externalKey) debug(contextSession, 'no id came')
  else debug(contextSession, contextSession.cookie.isSent ? 'a cookie came that does not verify, or has no session' : 'no cookie came')
}

/** Opens the cookie by the app's own `decode`. */
function decode (contextSession) {
  const value = contextSession.cookie.read()
  if (!value) return createUnopened(contextSession)
  let data
  try {
    data = requireAnswer('decode', contextSession.options.decode(value))
  } catch (err) {
    if (!(err instanceof Error) || err instanceof SyntaxError) return createUnopened(contextSession)
    // So that the next request does not throw again.
    if (contextSession.cookie.obstacle === undefined) contextSession.cookie.write('', Date.now())
    throw err
  }
  return admit(contextSession, data)
}

/**
 * Makes data that came in the session, if it is valid; else the session is a new one.
 *
 * @param {string} [text] the JSON of a session store, which changes are told from: what the app's `valid` does to the data is one
 */
function admit (contextSession, data, id, text) {
  const verdict = judge(contextSession, data)
  if (isPromise(verdict)) return verdict.then((settled) => settle(contextSession, settled, data, id, text))
  return settle(contextSession, verdict, data, id, text)
}

function settle (contextSession, verdict, data, id, text) {
  if (verdict !== VERDICT.VALID) return refuse(contextSession, verdict, data, id)
  const limited = limit(data, contextSession.options)
  const isOpen = restore(contextSession, limited, id, text) || openCopy(contextSession, limited, id, text)
  // Nested too deeply for JSON.stringify, it could never be saved.
  if (!isOpen) return refuse(contextSession, VERDICT.INVALID, data, id)
  contextSession.cookie.reissue(contextSession.session._expire)
}

/** Makes a new session in the place of what came in. */
function refuse (contextSession, verdict, data, id) {
  debug(contextSession, VERDICT_NAMES[verdict], id)
  report(verdict, contextSession, id, data)
  contextSession.create()
}

/** Opens a record where nothing in it can change unseen. Returns false where it is not flat, or its envelope is none of ours. */
function restore (contextSession, record, id, text) {
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

function tellLoaded (contextSession) {
  const id = contextSession.isStored ? contextSession.id : undefined
  const isNew = contextSession.session?.isNew ?? true
  if (!isNew) debug(contextSession, 'loaded', id)
  publish(contextSession, 'load', id, { isNew })
}

/** Tells caches that the response depends on the cookie (`cacheControl`). */
function vary ({ ctx, options, cookie }) {
  if (!options.cacheControl || ctx.res == null || ctx.res.headersSent) return
  ctx.vary('Cookie')
  cookie.keep()
}

module.exports = { load, open }
