'use strict'

const { ContextSession } = require('./context-session')
const { invalidOption, sessionError, warnOnce } = require('../base/errors')
const { cookieNames } = require('../cookie/set-cookie')

/** On a context: the settings of its sessions, by name. */
const SETTINGS = Symbol('koa-session-rs settings')

/**
 * Gives a context the properties of a session. One that has a session of the name keeps it: a second `session()` on an
 * app shares the session of the first, and so does one on an app mounted below.
 *
 * @param {object} context `app.context`, or the `ctx` of a request that came from an app without
 * @param {import('../options/options').Settings} settings
 * @returns {import('../options/options').Settings} those that the context has under the name
 */
function extend (context, settings) {
  const known = context[SETTINGS]
  const shared = known?.get(settings.name)
  if (shared !== undefined) return shared
  const all = new Map(known).set(settings.name, settings)
  Object.defineProperty(context, SETTINGS, { value: all, configurable: true })
  Object.defineProperties(context, propertiesOf(settings.name, known === undefined))
  return settings
}

/** Extends an app's context at the start, where a mistake can still be told. */
function extendApp (context, settings, isNamed) {
  const known = Object.hasOwn(context, SETTINGS) ? context[SETTINGS] : new Map()
  if (known.has(settings.name)) {
    if (isNamed) throw invalidOption('as', 'a name of its own for each session', settings.name)
    warnOnce('KOA_SESSION_RS_SHARED',
      'session() was called twice for one app: both share the session and the options of the first; set `as` for another one')
    return
  }
  if (isNamed && settings.name !== 'session' && settings.name in context) {
    throw invalidOption('as', 'a name that ctx does not have', settings.name)
  }
  const names = cookieNames(settings.current.key)
  const taken = new Set([...known.values()].flatMap(({ current }) => cookieNames(current.key)))
  if (names.some((name) => taken.has(name))) {
    throw invalidOption('key', 'a name of its own for each session, and not that of another one\'s signature (.sig)', names[0])
  }
  extend(context, settings)
}

/** Returns what is defined for a session: its property, and for the first one of a context what koa-session has too. */
function propertiesOf (name, isFirst) {
  const session = {
    get () { return sessionOf(this, name).get() },
    set (value) { sessionOf(this, name).set(value) },
    // Tests put their own session there.
    configurable: true
  }
  if (!isFirst) return { [name]: session }
  return {
    [name]: session,
    sessionOptions: { get () { return sessionOf(this, name).sessionOptions }, configurable: true },
    commitSession: { value () { return sessionOf(this, name).commit() }, configurable: true, writable: true },
    regenerateSession: {
      value () { return sessionOf(this, name).commit({ regenerate: true }) }, configurable: true, writable: true
    }
  }
}

/**
 * Returns the session of a request, made when it is first asked for.
 *
 * @throws {Error} code ERR_SESSION_UNKNOWN where the app has no session of the name
 */
function sessionOf (ctx, name) {
  const settings = ctx[SETTINGS]?.get(name)
  if (settings === undefined) throw sessionError('ERR_SESSION_UNKNOWN', `no session() of this app is called ${name}`)
  return startedSession(ctx, settings) ?? startSession(ctx, settings)
}

function startSession (ctx, settings) {
  const session = new ContextSession(ctx, settings)
  const skipped = ctx[settings.slot]
  if (skipped !== undefined) session.skipLoad(skipped)
  return (ctx[settings.slot] = session)
}

/** Returns the session of a request, if anybody asked for it. */
function startedSession (ctx, { slot }) {
  const started = ctx[slot]
  return typeof started === 'number' ? undefined : started
}

/**
 * Notes that a request came without a session, and has passed the middleware that would have loaded it. In the session's place
 * is how many such runs of the middleware are open.
 */
function skipSession (ctx, { slot }) {
  ctx[slot] = (ctx[slot] ?? 0) + 1
}

/** Ends such a run, where nobody has asked for the session. */
function leaveSkipped (ctx, { slot }) {
  if (ctx[slot] > 0) ctx[slot]--
}

/** Has the session looked for where all runs that passed it by have ended. */
function forgetSkipped (ctx, { slot }) {
  if (ctx[slot] === 0) ctx[slot] = undefined
}

module.exports = { extend, extendApp, sessionOf, forgetSkipped, leaveSkipped, skipSession, startedSession }
