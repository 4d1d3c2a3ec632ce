'use strict'

const { now } = require('../base/clock')
const codec = require('../cookie/codec')
const { enclose } = require('../session/envelope')
const { sessionError } = require('../base/errors')
const { VERDICT, VERDICT_NAMES, debug, isDebugging, publish, report } = require('../base/events')
const { callHook, requireAnswer } = require('../base/hook')
const { isRefused } = require('../base/id')
const { judge, limit, isExacting } = require('../session/validate')
const { attempt, isPromise } = require('../base/maybe-async')
const { registers, SHAPE } = require('../native/registers')
const { Session, isAdoptable, stringify } = require('../session/session')
const { handleFailure } = require('../persistence/store-failure')

/** JSON of no more characters cannot be nested too deeply for JSON.stringify, which stops at about 4,000 levels. */
const SHALLOW_LENGTH = 6000

/**
 * Loads the session from its store.
 *
 * @param {import('./context-session').ContextSession} session
 * @param {string} [known] the id; without it, the one that the request came with
 * @returns {Promise<void>|undefined} nothing where there was nothing to wait for
 */
function load (session, known) {
  const { options, ctx } = session
  const id = known ?? (options.externalKey ? callHook(() => options.externalKey.get(ctx)) : session.cookie.read())
  return isPromise(id) ? id.then((given) => loadId(session, given)) : loadId(session, id, known !== undefined)
}

/** Ends a load: now, or when what it waits for has come. */
function endLoad (session, loading) {
  if (isPromise(loading)) return loading.then(() => endLoad(session))
  if (session.coming !== undefined) return session.coming.then(() => tellStored(session))
  tellStored(session)
}

function tellStored (session) {
  tellLoaded(session)
  // No run of the middleware will end.
  if (session.depth <= 0) session.records.leave()
}

/** Loads the record of an id. */
function loadId (session, id, isOwn = false) {
  vary(session)
  if (!id) {
    explainNone(session)
    return endLoad(session, begin(session))
  }
  // A session store is asked for texts alone; what others make of an array or an object is theirs.
  if (session.records.merges && typeof id === 'number') id = String(id)
  const isForeign = session.records.merges && typeof id !== 'string'
  if (isForeign || (!isOwn && isRefused(id, session.options.idPattern))) {
    return endLoad(session, settle(session, VERDICT.MISSED, undefined, id))
  }
  return loadRecord(session, id)
}

/** Begins a new session. It is made when somebody asks for it, unless a genid is called for each visitor. */
function begin (session) {
  const { genid, lazy } = session.options
  if (genid || lazy || session.session !== undefined) session.create()
}

function loadRecord (session, id) {
  if (!session.records.merges) return loadData(session, id)
  const loading = session.records.load(id)
  const admitted = (loaded) => endLoad(session, admitRecord(session, id, loaded))
  return isPromise(loading) ? loading.then(admitted) : admitted(loading)
}

function loadData (session, id) {
  const admitted = (data) => endLoad(session, admit(session, data, id))
  return attempt(() => session.records.get(id)).then(admitted, (err) => endLoad(session, passOver(session, err)))
}

/** Makes a new session where the store has failed, unless the app has that failure be the request's. */
async function passOver (session, failure) {
  session.isAnonymous = await handleFailure(session, failure, 'get') === 'anonymous'
  session.create()
}

/** Makes what a session store has the session. Gives a promise where the app's `valid` does. */
function admitRecord (session, id, { record, failure }) {
  if (failure !== undefined) {
    session.isAnonymous = failure === 'anonymous'
    return session.create()
  }
  if (record === undefined) return settle(session, VERDICT.MISSED, undefined, id)
  const { data: text, expire, maxAge } = record
  let data
  try {
    data = JSON.parse(text)
  } catch {
    return failLoading(session)
  }
  if (typeof data !== 'object' || data === null) return failLoading(session)
  // The envelope of a session that ends with the browser has no expiry; its record has one. What has no time to live had passed
  // when it was written, be it in this millisecond.
  if (expire < now() || maxAge === 0) return settle(session, VERDICT.EXPIRED, enclose(data, maxAge, expire), id)
  if (isExacting(session.options) || !isAdoptable(data)) {
    const admitting = admit(session, enclose(data, maxAge, expire), id)
    return isPromise(admitting) ? admitting.then(() => keepText(session, text)) : keepText(session, text)
  }
  adopt(session, data, text, maxAge, expire)
  session.take(session.session, id)
  session.isStored = true
}

function failLoading (session) {
  const error = sessionError('ERR_SESSION_STORE', 'what is stored is not a session')
  return passOver(session, Object.assign(error, { reason: 'unreadable' }))
}

/** Remembers what a session store has, where the session is made of that: it is what changes are told from. */
function keepText (session, text) {
  if (!session.isStored) return
  // What the app's valid may have changed is a change.
  session.forgetStored()
  session.opened = text
}

/** Makes parsed JSON the session, as it is. */
function adopt (session, data, text, maxAge, expire) {
  const isBrowser = maxAge === 'session'
  session.maxAge = maxAge
  session.session = Session.adopt(session, data, isBrowser ? undefined : expire, text.length)
  session.opened = text
  session.cookie.reissue(isBrowser ? undefined : expire)
}

/**
 * Opens the session that the cookie holds.
 *
 * @param {import('./context-session').ContextSession} session
 * @returns {Promise<void>|undefined} a promise where the app's `valid` gives one
 */
function open (session) {
  vary(session)
  const opened = openCookie(session)
  return isPromise(opened) ? opened.then(() => tellLoaded(session)) : tellLoaded(session)
}

function openCookie (session) {
  const { options, cookie } = session
  if (options.decode !== codec.decode) return decode(session)
  const text = cookie.open(now())
  if (text === undefined) return createUnopened(session)
  // Read before anything else crosses.
  const [, verdict, shape, expire, maxAge] = registers
  let data
  try {
    data = JSON.parse(text)
  } catch {
    return createUnopened(session)
  }
  if (shape === SHAPE.FOREIGN) return admit(session, data)
  const givenMaxAge = shape === SHAPE.BROWSER ? 'session' : maxAge
  const isPlain = verdict === VERDICT.VALID && text.length <= SHALLOW_LENGTH && !isExacting(options) && isAdoptable(data)
  if (!isPlain) return admit(session, enclose(data, givenMaxAge, expire))
  adopt(session, data, text, givenMaxAge, expire)
}

/** Makes a new session where the request brought none. */
function createUnopened (session) {
  explainNone(session)
  return session.create()
}

/** Prints why the request has no session of before. */
function explainNone (session) {
  if (!isDebugging()) return
  if (session.options.externalKey) debug(session, 'no id came')
  else debug(session, session.cookie.isSent ? 'a cookie came that does not verify, or has no session' : 'no cookie came')
}

/** Opens the cookie by the app's own `decode`. */
function decode (session) {
  const value = session.cookie.read()
  if (!value) return createUnopened(session)
  let data
  try {
    data = requireAnswer('decode', session.options.decode(value))
  } catch (err) {
    if (!(err instanceof Error) || err instanceof SyntaxError) return createUnopened(session)
    // So that the next request does not throw again.
    if (session.cookie.obstacle === undefined) session.cookie.write('', Date.now())
    throw err
  }
  return admit(session, data)
}

/** Makes data that came in the session, if it is valid; else the session is a new one. */
function admit (session, data, id) {
  const verdict = judge(session, data)
  if (isPromise(verdict)) return verdict.then((settled) => settle(session, settled, data, id))
  return settle(session, verdict, data, id)
}

function settle (session, verdict, data, id) {
  if (verdict !== VERDICT.VALID) {
    debug(session, VERDICT_NAMES[verdict], id)
    report(verdict, session, id, data)
    return session.create()
  }
  session.forgetStored()
  const limited = limit(data, session.options)
  const restored = Session.restore(session, limited)
  if (restored !== undefined) session.take(restored, id)
  else {
    session.create(limited, id, true)
    try {
      session.written = stringify(session.session)
    } catch (err) {
      if (!(err instanceof RangeError)) throw err
      // Nested too deeply for JSON.stringify, it could never be saved.
      return settle(session, VERDICT.INVALID, data, id)
    }
  }
  session.isStored = id !== undefined
  session.cookie.reissue(session.session._expire)
}

function tellLoaded (session) {
  const id = session.isStored ? session.id : undefined
  const isNew = session.session?.isNew ?? true
  if (!isNew) debug(session, 'loaded', id)
  publish(session, 'load', id, { isNew })
}

/** Tells caches that the response depends on the cookie (`cacheControl`). */
function vary ({ ctx, options, cookie }) {
  if (!options.cacheControl || ctx.res == null || ctx.res.headersSent) return
  ctx.vary('Cookie')
  cookie.keep()
}

module.exports = { load, open }
