'use strict'

const { Settings, SessionOptions, SessionOptionError } = require('./lib/options')
const { extend, storedSession, startedSession } = require('./lib/extension')

/**
 * Makes the session middleware of an app, and gives its `ctx` the properties `session` and `sessionOptions`.
 *
 * index.d.ts documents the options.
 *
 * @param {object} [opts]
 * @param {object} app the Koa application; may also come first
 * @returns {(ctx: object, next: () => Promise<void>) => Promise<void>}
 * @throws {SessionOptionError} code ERR_SESSION_OPTION
 *
 * @example
 * app.keys = ['a secret']
 * app.use(session({ maxAge: 3600000 }, app))
 */
function session (opts, app) {
  if (typeof opts?.use === 'function') [opts, app] = [app, opts]
  if (typeof app?.use !== 'function') {
    const details = { option: 'app', expected: 'Koa application', received: app === null ? 'null' : typeof app }
    throw new SessionOptionError('app instance required: `session(opts, app)`', details)
  }
  const settings = new Settings(opts)
  extend(app.context, settings)

  return async function session (ctx, next) {
    extend(ctx, settings)
    const stored = storedSession(ctx)
    if (stored) await stored.load()
    try {
      await next()
    } finally {
      const started = startedSession(ctx)
      if (started !== undefined && settings.current.autoCommit) await started.commit()
    }
  }
}

module.exports = session
module.exports.default = session
module.exports.createSession = session
module.exports.SessionOptions = SessionOptions
