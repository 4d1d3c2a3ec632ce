'use strict'

const { extend, contextSession, startedSession } = require('./extension')
const { isPromise } = require('./judge')

/**
 * Makes the middleware of one `session()`: what is loaded before the app runs, and committed after it.
 *
 * @param {import('./options').Settings} own
 */
function middleware (own) {
  return async function session (ctx, next) {
    const settings = extend(ctx, own)
    const { name } = settings
    if (settings.hasStore || settings.opensEarly || startedSession(ctx, name) !== undefined) {
      const beginning = begin(ctx, settings)
      if (beginning !== undefined) await beginning
    }
    try {
      await next()
    } catch (err) {
      await finishFailed(ctx, settings, own)
      throw err
    }
    const finishing = startedSession(ctx, name) !== undefined || own.rollUntouched ? finish(ctx, settings, own) : undefined
    if (finishing !== undefined) await finishing
  }
}

/** Loads the session before the app runs. Gives a promise where there is something to wait for. */
function begin (ctx, settings) {
  const session = contextSession(ctx, settings.name)
  session.depth++
  const isStored = session.records !== undefined && !settings.current.lazy
  if (!isStored && !(session.records === undefined && settings.opensEarly)) return undefined
  let loading
  try {
    loading = session.load()
  } catch (err) {
    leave(session)
    throw err
  }
  return loading && begun(session, loading)
}

async function begun (session, loading) {
  try {
    await loading
  } catch (err) {
    leave(session)
    throw err
  }
}

/** Ends the session's part in the request with the last of its middlewares. */
function leave (session) {
  if (--session.depth <= 0) session.end()
}

/** Commits, unless the app does so itself. Gives a promise where there is something to commit. */
function finish (ctx, settings, own) {
  const session = contextSession(ctx, settings.name)
  if (session.session !== undefined || own.rollUntouched) return finishTouched(session, own)
  leave(session)
}

function finishTouched (session, own) {
  const { rolling, renew } = session.options
  let finishing
  try {
    // Opened, a session that nobody touched is rolled or renewed like any other.
    if (own.rollUntouched && (rolling || renew) && !session.records && session.session === undefined) session.get()
    if (own.autoCommit) finishing = session.finish()
  } finally {
    if (!isPromise(finishing)) leave(session)
  }
  return isPromise(finishing) ? finished(session, finishing) : undefined
}

async function finished (session, finishing) {
  try {
    await finishing
  } finally {
    leave(session)
  }
}

/** Commits after the app failed. Its error stays the one that is told; the store's goes to the app's 'error'. */
async function finishFailed (ctx, settings, own) {
  if (startedSession(ctx, settings.name) === undefined && !own.rollUntouched) return
  try {
    await finish(ctx, settings, own)
  } catch (err) {
    ctx.app.emit('error', err, ctx)
  }
}

module.exports = { middleware }
