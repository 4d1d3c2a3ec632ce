'use strict'

require('./lib/base/node-version')

const { SessionOptionError, typeOf } = require('./lib/base/errors')
const { extendApp } = require('./lib/request/context-properties')
const { of } = require('./lib/request/session-handle')
const { middleware } = require('./lib/request/middleware')
const { Settings } = require('./lib/options/options')
const { SessionOptions } = require('./lib/options/session-options')
const { STORE } = require('./lib/base/store-contract')

/** The key of the function by which koa-session-rs/testing logs in. Of the registry, since a test may load another copy of the package. */
const LOG_IN = Symbol.for('koa-session-rs.logIn')

/**
 * Returns the session middleware of an app, and defines `ctx.session` and the other properties. index.d.ts documents the options.
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
    const details = { option: 'app', expected: 'Koa application', received: typeOf(app) }
    throw new SessionOptionError('app instance required: `session(opts, app)`', details)
  }
  const settings = new Settings(opts)
  // Loaded only here, since most apps do not use it.
  if (settings.isProtected) require('./lib/options/protection-check').checkAppKeys({ keys: settings.keys, seal: settings.current.seal }, app)
  extendApp(app.context, settings, opts?.as != null)
  Object.defineProperty(app.context, LOG_IN, { value: logIn, configurable: true })
  return middleware(settings)
}

function logIn (...args) {
  // Loaded only here, since only tests use it.
  return require('./lib/request/log-in').logIn(...args)
}

module.exports = session
module.exports.default = session
module.exports.createSession = session
module.exports.SessionOptions = SessionOptions
module.exports.of = of
module.exports.STORE = STORE
