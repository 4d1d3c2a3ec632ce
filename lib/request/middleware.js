'use strict'

const { isSubscribed, emitError } = require('../base/events')
const { extend, forgetSkipped, leaveSkipped, sessionOf, skipSession, startedSession } = require('./context-properties')
const { attempt, isPromise } = require('../base/maybe-async')
const { preload } = require('./on-demand')

/**
 * Returns the middleware of one `session()`: it loads the session before the app runs, and commits it afterwards.
 *
 * @param {import('../options/options').Settings} ownSettings of this `session()`; if the app has an earlier one of the same name, the
 * settings of that one are used for the session
 */
function middleware (ownSettings) {
  preload(ownSettings)
  return function session (ctx, next) {
    let settings, beginning
    try {
      settings = extend(ctx, ownSettings)
      beginning = begin(ctx, settings)
    } catch (err) {
      return Promise.reject(err)
    }
    if (beginning === undefined) return runApp(ctx, next, settings, ownSettings)
    const fail = (err) => {
      sessionOf(ctx, settings.name).leave()
      throw err
    }
    return beginning.then(() => runApp(ctx, next, settings, ownSettings), fail)
  }
}

/** Loads the session before the app runs. Returns undefined if that was synchronous. */
function begin (ctx, settings) {
  const { hasStore, opensBeforeApp, name } = settings
  if (startedSession(ctx, settings) === undefined) {
    if (!hasStore && !opensBeforeApp) return undefined
    if (settings.hasNothingToLoad(ctx) && !isSubscribed('load')) return skipSession(ctx, settings)
    forgetSkipped(ctx, settings)
  }
  const contextSession = sessionOf(ctx, name)
  contextSession.enter()
  const isStored = contextSession.records !== undefined && !settings.current.lazy
  if (!isStored && !(contextSession.records === undefined && settings.opensBeforeApp)) return undefined
  try {
    return contextSession.load()
  } catch (err) {
    contextSession.leave()
    throw err
  }
}

/** Runs the app, then commits. */
function runApp (ctx, next, settings, ownSettings) {
  return attempt(next).then(() => finish(ctx, settings, ownSettings), (err) => finishFailed(ctx, settings, ownSettings, err))
}

/** Commits, unless the app does so itself (`autoCommit: false`). Returns undefined if that was synchronous. */
function finish (ctx, settings, ownSettings) {
  const started = startedSession(ctx, settings)
  if (started === undefined && !ownSettings.rollUntouched) return leaveSkipped(ctx, settings)
  const contextSession = started ?? sessionOf(ctx, settings.name)
  if (contextSession.session !== undefined || ownSettings.rollUntouched) return finishTouched(contextSession, ownSettings)
  contextSession.leave()
}

function finishTouched (contextSession, ownSettings) {
  const { rolling, renew, idleTimeout } = contextSession.options
  let finishing
  try {
    // Once open, an untouched session is rolled or renewed like any other (option `rollUntouched`).
    if (ownSettings.rollUntouched && (rolling || renew || idleTimeout) && !contextSession.records && contextSession.session === undefined) contextSession.get()
    if (ownSettings.autoCommit) finishing = contextSession.finish()
  } finally {
    if (!isPromise(finishing)) contextSession.leave()
  }
  if (!isPromise(finishing)) return undefined
  const fail = (err) => {
    contextSession.leave()
    throw err
  }
  return finishing.then(() => contextSession.leave(), fail)
}

/** Commits after the app has thrown, and rethrows its error. An error of the commit becomes an 'error' event of the app. */
async function finishFailed (ctx, settings, ownSettings, failure) {
  try {
    await finish(ctx, settings, ownSettings)
  } catch (err) {
    emitError(ctx, err)
  }
  throw failure
}

module.exports = { middleware }
