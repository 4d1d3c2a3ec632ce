'use strict'

const { isSubscribed, tellError } = require('../base/events')
const { extend, forgetSkipped, leaveSkipped, sessionOf, skipSession, startedSession } = require('./context-properties')
const { attempt, isPromise } = require('../base/maybe-async')
const { prepare } = require('./on-demand')

/**
 * Makes the middleware of one `session()`: what is loaded before the app runs, and committed after it.
 *
 * @param {import('../options/options').Settings} own
 */
function middleware (own) {
  prepare(own.current)
  return function session (ctx, next) {
    let settings, beginning
    try {
      settings = extend(ctx, own)
      beginning = begin(ctx, settings)
    } catch (err) {
      return Promise.reject(err)
    }
    if (beginning === undefined) return serve(ctx, next, settings, own)
    const fail = (err) => {
      sessionOf(ctx, settings.name).leave()
      throw err
    }
    return beginning.then(() => serve(ctx, next, settings, own), fail)
  }
}

/** Loads the session before the app runs. Returns a promise where there is something to wait for. */
function begin (ctx, settings) {
  const { hasStore, opensEarly, name } = settings
  if (startedSession(ctx, settings) === undefined) {
    if (!hasStore && !opensEarly) return undefined
    if (settings.isVisitor(ctx) && !isSubscribed('load')) return skipSession(ctx, settings)
    forgetSkipped(ctx, settings)
  }
  const contextSession = sessionOf(ctx, name)
  contextSession.enter()
  const isStored = contextSession.records !== undefined && !settings.current.lazy
  if (!isStored && !(contextSession.records === undefined && settings.opensEarly)) return undefined
  try {
    return contextSession.load()
  } catch (err) {
    contextSession.leave()
    throw err
  }
}

/** Lets the app run, and finishes when it is through. */
function serve (ctx, next, settings, own) {
  return attempt(next).then(() => finish(ctx, settings, own), (err) => finishFailed(ctx, settings, own, err))
}

/** Commits, unless the app does so itself. Returns a promise where there is something to commit. */
function finish (ctx, settings, own) {
  const started = startedSession(ctx, settings)
  if (started === undefined && !own.rollUntouched) return leaveSkipped(ctx, settings)
  const contextSession = started ?? sessionOf(ctx, settings.name)
  if (contextSession.session !== undefined || own.rollUntouched) return finishTouched(contextSession, own)
  contextSession.leave()
}

function finishTouched (contextSession, own) {
  const { rolling, renew } = contextSession.options
  let finishing
  try {
    // Opened, a session that nobody touched is rolled or renewed like any other.
    if (own.rollUntouched && (rolling || renew) && !contextSession.records && contextSession.session === undefined) contextSession.get()
    if (own.autoCommit) finishing = contextSession.finish()
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

/** Commits after the app failed. Its error stays the one that is told; the store's goes to the app's 'error'. */
async function finishFailed (ctx, settings, own, failure) {
  try {
    await finish(ctx, settings, own)
  } catch (err) {
    tellError(ctx, err)
  }
  throw failure
}

module.exports = { middleware }
