'use strict'

const { ContextSession } = require('./context-session')
const { invalidOption, sessionError, warnOnce } = require('../base/errors')
const { MAX_CHUNKS, cookieNames } = require('../cookie/set-cookie')

/** The key of a context's property that holds a Map: the settings of its sessions, by name. */
const SETTINGS = Symbol('koa-session-rs settings')

/**
 * Defines a session's properties on a context, unless it has a session of that name. So a second `session()` on an app, or on
 * an app that is mounted in it, shares the first one's session.
 *
 * @param {object} context `app.context`, or the `ctx` of a request from an app that was not given to `session()`
 * @param {import('../options/options').Settings} settings
 * @returns {import('../options/options').Settings} the settings that are in force for the name
 */
function extend (context, settings) {
  const existing = context[SETTINGS]
  const shared = existing?.get(settings.name)
  if (shared !== undefined) return shared
  const all = new Map(existing).set(settings.name, settings)
  Object.defineProperty(context, SETTINGS, { value: all, configurable: true })
  Object.defineProperties(context, propertiesOf(settings, existing === undefined))
  return settings
}

/** Extends an app's context when `session()` is called: only then can a mistake in the options throw. */
function extendApp (context, settings, isNamed) {
  const existing = Object.hasOwn(context, SETTINGS) ? context[SETTINGS] : new Map()
  if (existing.has(settings.name)) {
    if (isNamed) throw invalidOption('as', 'a name of its own for each session', settings.name)
    warnOnce('KOA_SESSION_RS_SHARED',
      'session() was called twice for one app: both share the session and the options of the first; set `as` for another one')
    return
  }
  if (isNamed && settings.name !== 'session' && settings.name in context) {
    throw invalidOption('as', 'a name that ctx does not have', settings.name)
  }
  const names = namesOf(settings)
  const taken = new Set([...existing.values()].flatMap(namesOf))
  if (names.some((name) => taken.has(name))) {
    throw invalidOption('key', 'a name that no cookie of another session has, nor its signature (.sig) or part (.1)', names[0])
  }
  extend(context, settings)
}

const namesOf = ({ current: { key, chunks } }) => cookieNames(key, chunks == null ? 1 : MAX_CHUNKS)

/** Returns the properties of a session; the first session of a context has also koa-session's other properties. */
function propertiesOf (settings, isFirst) {
  const { name } = settings
  const own = (ctx) => startedSession(ctx, settings) ?? startSession(ctx, settings)
  const session = {
    get () { return own(this).get() },
    set (value) { own(this).set(value) },
    // Configurable, since apps' tests replace it.
    configurable: true
  }
  if (!isFirst) return { [name]: session }
  return {
    [name]: session,
    sessionOptions: { get () { return own(this).sessionOptions }, configurable: true },
    commitSession: { value () { return own(this).commit() }, configurable: true, writable: true },
    regenerateSession: {
      value () { return own(this).commit({ regenerate: true }) }, configurable: true, writable: true
    }
  }
}

/**
 * Returns the ContextSession of a request, which the first call creates.
 *
 * @throws {Error} code ERR_SESSION_UNKNOWN where the app has no session of the name
 */
function sessionOf (ctx, name) {
  const settings = ctx[SETTINGS]?.get(name)
  if (settings === undefined) throw sessionError('ERR_SESSION_UNKNOWN', `no session() of this app is called ${name}`)
  return startedSession(ctx, settings) ?? startSession(ctx, settings)
}

function startSession (ctx, settings) {
  const contextSession = new ContextSession(ctx, settings)
  const skippedRuns = ctx[settings.sessionSymbol]
  if (skippedRuns !== undefined) contextSession.skipLoad(skippedRuns)
  return (ctx[settings.sessionSymbol] = contextSession)
}

/** Returns the ContextSession of a request, if there is one. */
function startedSession (ctx, { sessionSymbol }) {
  const started = ctx[sessionSymbol]
  return typeof started === 'number' ? undefined : started
}

/**
 * Notes that a run of the middleware had nothing to load, so that no ContextSession is made. In its place, the ctx has the number
 * of such runs in progress.
 */
function skipSession (ctx, { sessionSymbol }) {
  ctx[sessionSymbol] = (ctx[sessionSymbol] ?? 0) + 1
}

/** Ends such a run, if no ContextSession has been made meanwhile. */
function leaveSkipped (ctx, { sessionSymbol }) {
  if (ctx[sessionSymbol] > 0) ctx[sessionSymbol]--
}

/** Lets the next run load the session, once all such runs have ended. */
function forgetSkipped (ctx, { sessionSymbol }) {
  if (ctx[sessionSymbol] === 0) ctx[sessionSymbol] = undefined
}

module.exports = { extend, extendApp, sessionOf, forgetSkipped, leaveSkipped, skipSession, startedSession }
