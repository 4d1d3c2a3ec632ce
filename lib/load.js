'use strict'

const { debuglog } = require('node:util')

const binding = require('./binding')
const codec = require('./codec')
const { enclose } = require('./envelope')
const { VERDICT, hashed, publish, report } = require('./events')
const { isRefused } = require('./id')
const { judge, limit, isExacting, isPromise } = require('./judge')
const { registers, SHAPE } = require('./registers')
const { Session, isAdoptable, stringify } = require('./session')

const debug = debuglog('koa-session-rs')

/** JSON of no more characters cannot be nested too deeply for JSON.stringify, which stops at about 4,000 levels. */
const SHALLOW_LENGTH = 6000

/**
 * Loads the session from its store.
 *
 * @param {import('./context').ContextSession} session
 * @param {string} [known] the id; without it, the one that the request came with
 * @returns {Promise<void>|undefined} nothing where there was nothing to wait for
 */
function load (session, known) {
  const { options, ctx } = session
  const id = known ?? (options.externalKey ? options.externalKey.get(ctx) : session.cookie.read())
  const loading = isPromise(id) ? id.then((given) => loadId(session, given)) : loadId(session, id, known !== undefined)
  if (loading === undefined && session.coming === undefined) return tellLoaded(session)
  return Promise.resolve(loading).then(() => session.coming).then(() => tellLoaded(session))
}

/** Loads the record of an id. Gives a promise unless there is none to be loaded. */
function loadId (session, id, isOwn = false) {
  vary(session)
  if (!id) return begin(session)
  if (!isOwn && isRefused(id, session.options.idPattern)) return settle(session, VERDICT.MISSED, undefined, id)
  return loadRecord(session, id)
}

/** Begins a new session. It is made when somebody asks for it, unless a genid is called for each visitor. */
function begin (session) {
  const { genid, lazy } = session.options
  if (genid || lazy || session.session !== undefined) session.create()
}

async function loadRecord (session, id) {
  const { data, failure } = await session.records.get(id)
  if (failure === undefined) return admit(session, data, id)
  session.isAnonymous = failure === 'anonymous'
  session.create()
}

/**
 * Opens the session that the cookie holds.
 *
 * @param {import('./context').ContextSession} session
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
  const text = cookie.open(Date.now())
  if (text === undefined) return session.create()
  // Read before anything else crosses.
  const [, verdict, shape, expire, maxAge] = registers
  let data
  try {
    data = JSON.parse(text)
  } catch {
    return session.create()
  }
  if (shape === SHAPE.FOREIGN) return admit(session, data)
  const isBrowser = shape === SHAPE.BROWSER
  const isPlain = verdict === VERDICT.VALID && text.length <= SHALLOW_LENGTH && !isExacting(options) && isAdoptable(data)
  if (!isPlain) return admit(session, enclose(data, isBrowser ? 'session' : maxAge, expire))
  session.maxAge = isBrowser ? 'session' : maxAge
  session.session = Session.adopt(session, data, isBrowser ? undefined : expire, text.length)
  session.opened = text
  cookie.reissue(isBrowser ? undefined : expire)
}

/** Opens the cookie by the app's own `decode`. */
function decode (session) {
  const value = session.cookie.read()
  if (!value) return session.create()
  let data
  try {
    data = session.options.decode(value)
  } catch (err) {
    if (!(err instanceof Error) || err instanceof SyntaxError) return session.create()
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
    if (debug.enabled) debug('%s: verdict %d, id %s', session.name, verdict, hashed(id))
    report(verdict, session, id, data)
    return session.create()
  }
  session.create(limit(data, session.options), id, true)
  session.isStored = id !== undefined
  try {
    session.fingerprint = binding.fingerprint(stringify(session.session))
  } catch (err) {
    if (!(err instanceof RangeError)) throw err
    // Nested too deeply for JSON.stringify, it could never be saved.
    return settle(session, VERDICT.INVALID, data, id)
  }
  session.cookie.reissue(session.session._expire)
}

function tellLoaded (session) {
  publish(session, 'load', session.isStored ? session.id : undefined, { isNew: session.session?.isNew ?? true })
}

/** Tells caches that the response depends on the cookie (`cacheControl`). */
function vary ({ ctx, options, cookie }) {
  if (!options.cacheControl || ctx.res.headersSent) return
  ctx.vary('Cookie')
  cookie.keep()
}

module.exports = { load, open }
