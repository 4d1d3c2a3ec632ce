'use strict'

require('../lib/base/node-version')

const { emitError } = require('../lib/base/events')
const { isIdRefused } = require('../lib/base/id')
const { GenericSession } = require('../lib/compat/generic/request-session')
const { Entry, SESSION } = require('../lib/compat/generic/settings')
const { MemoryStore } = require('../lib/compat/memory-store')

/** The middleware without `defer`: loads the session before the app runs. */
function eager (entry) {
  return async (ctx, next) => {
    ctx.sessionStore = entry.store
    if (ctx.session || ctx._session || !entry.matches(ctx)) return next()
    const session = new GenericSession(entry, ctx)
    entry.extend(ctx, session)
    try {
      await session.load()
      Object.defineProperty(ctx, 'session', {
        get () { return this._session },
        set (value) { this._session = value },
        configurable: true
      })
      ctx.saveSession = () => session.save()
      ctx.regenerateSession = async () => { await session.regenerate() }
      await runAndCommit(ctx, next, session)
    } finally {
      session.end()
    }
  }
}

/** Runs the app, then commits, also if the app has thrown. The app's error takes precedence. */
async function runAndCommit (ctx, next, session) {
  let failure
  try {
    await next()
  } catch (err) {
    failure = { err }
  }
  try {
    await session.commit()
  } catch (err) {
    if (failure === undefined) throw err
    emitError(ctx, err)
  }
  if (failure !== undefined) throw failure.err
}

/** The middleware with `defer`: loads the session when the app first reads `ctx.session`, a promise. */
function deferred (entry) {
  return async (ctx, next) => {
    ctx.sessionStore = entry.store
    if (ctx[SESSION] !== undefined || !entry.matches(ctx)) return next()
    const session = new GenericSession(entry, ctx)
    entry.extend(ctx, session)
    let loading
    let isAssigned = false
    const read = async () => {
      if (loading === undefined && !isAssigned) loading = session.load(() => isAssigned)
      await loading
      return ctx._session
    }
    // An assignment does not read the id.
    const readId = () => {
      if (loading !== undefined || ctx.sessionId) return
      const id = entry.ids.get.call(ctx)
      if (id && !isIdRefused(id, undefined, false)) ctx.sessionId = id
    }
    Object.defineProperty(ctx, 'session', {
      get: read,
      set (value) {
        if (loading === undefined && !isAssigned) session.noteAssigned()
        isAssigned = true
        this._session = value
      },
      configurable: true
    })
    ctx.saveSession = async () => {
      await read()
      return session.save()
    }
    ctx.regenerateSession = async () => {
      await read()
      readId()
      return session.regenerate()
    }
    try {
      await next()
      if (loading === undefined && !isAssigned) return
      // The app has been told that the session cannot be loaded.
      if (await hasFailed(loading)) return
      readId()
      await session.commit()
    } finally {
      session.end()
    }
  }
}

function hasFailed (loading) {
  return Promise.resolve(loading).then(() => false, () => true)
}

/**
 * Returns the middleware of an app that comes from koa-generic-session. generic.d.ts documents it.
 *
 * @param {object} [options] those of koa-generic-session, and `concurrent`
 * @returns {(ctx: object, next: () => Promise<void>) => Promise<void>}
 * @throws {SessionOptionError} code ERR_SESSION_OPTION
 */
function session (options) {
  const entry = new Entry(options ?? {})
  return options?.defer ? deferred(entry) : eager(entry)
}

module.exports = session
module.exports.MemoryStore = MemoryStore
