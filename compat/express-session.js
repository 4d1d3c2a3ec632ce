'use strict'

require('../lib/base/node-version')

const { beforeHead } = require('../lib/base/before-head')
const { emitError } = require('../lib/base/events')
const { trySetHeaders } = require('../lib/base/head-arguments')
const { Cookie } = require('../lib/compat/express/cookie')
const { RequestSession, generate } = require('../lib/compat/express/request-session')
const { Session } = require('../lib/compat/express/session')
const { Settings } = require('../lib/compat/express/settings')
const { MemoryStore, Store } = require('../lib/compat/express/store')

/**
 * Makes a middleware that shares the cookie and the store of express-session. express-session.d.ts documents it.
 *
 * @param {object} options
 * @throws {SessionOptionError} code ERR_SESSION_OPTION
 */
function session (options) {
  const settings = new Settings(options)
  settings.store.generate ??= generate
  return async function session (ctx, next) {
    if (ctx.session || !settings.isFor(ctx)) return next()
    const request = new RequestSession(ctx, settings)
    try {
      await request.load()
      watchHead(ctx, request)
      await runApp(ctx, next, request)
    } finally {
      await request.leave()
    }
  }
}

/** Sets the cookie when the headers are sent, also those of an error. */
function watchHead (ctx, request) {
  // As in a context of a WebSocket.
  if (ctx.res == null) return
  beforeHead(ctx, (args) => {
    const rest = trySetHeaders(ctx.res, args)
    if (rest === false) return false
    try {
      request.sendCookie()
    } catch (thrown) {
      emitError(ctx, thrown)
    }
    return rest
  })
}

/** Runs the app, then saves the session: also after an error, which is then thrown again. */
async function runApp (ctx, next, request) {
  try {
    await next()
  } catch (failure) {
    await request.finish().catch((err) => emitError(ctx, err))
    throw failure
  }
  await request.finish()
}

module.exports = session
// Each by itself, so that `import { Store }` finds it.
module.exports.Store = Store
module.exports.Cookie = Cookie
module.exports.Session = Session
module.exports.MemoryStore = MemoryStore
