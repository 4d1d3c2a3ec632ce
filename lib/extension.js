'use strict'

const { ContextSession } = require('./context')

const SETTINGS = Symbol('koa-session-rs settings')
const CONTEXT_SESSION = Symbol('koa-session-rs context session')

/** What is defined on an app's context: `ctx.session` and `ctx.sessionOptions`. */
const PROPERTIES = {
  session: {
    get () { return contextSession(this).get() },
    set (value) { contextSession(this).set(value) },
    // Tests put their own session there.
    configurable: true
  },
  sessionOptions: {
    get () { return contextSession(this).sessionOptions },
    configurable: true
  }
}

/**
 * Gives a context the session properties. One that has them keeps them, and the settings they came with: a second
 * `session()` on an app shares the session of the first, and so does one on an app mounted below.
 *
 * @param {object} context `app.context`, or the `ctx` of a request that came from an app without
 * @param {import('./options').Settings} settings
 */
function extend (context, settings) {
  if (context[SETTINGS] !== undefined) return
  Object.defineProperty(context, SETTINGS, { value: settings })
  Object.defineProperties(context, PROPERTIES)
}

/** Returns the session of a request, made when it is first asked for. */
function contextSession (ctx) {
  ctx[CONTEXT_SESSION] ??= new ContextSession(ctx, ctx[SETTINGS])
  return ctx[CONTEXT_SESSION]
}

/** Returns the session of a request that has to be loaded from a store, if that is so. */
function storedSession (ctx) {
  const started = ctx[CONTEXT_SESSION]
  if (started !== undefined) return started.store && started
  return ctx[SETTINGS].hasStore ? contextSession(ctx) : undefined
}

/** Returns the session of a request, if anybody asked for it. */
function startedSession (ctx) {
  return ctx[CONTEXT_SESSION]
}

module.exports = { extend, storedSession, startedSession }
