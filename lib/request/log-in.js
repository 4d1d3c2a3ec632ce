'use strict'

const { authenticationTime } = require('./commit')
const { sessionOf } = require('./context-properties')

/**
 * Begins a session as a login does, and saves it. `koa-session-rs/testing` calls it, for a request that no client has sent.
 *
 * @param {object} ctx
 * @param {string} name the option `as` of the session
 * @param {object} data
 * @returns {Promise<boolean>} whether the session was saved
 * @throws {Error} code ERR_SESSION_UNKNOWN
 */
async function logIn (ctx, name, data) {
  const contextSession = sessionOf(ctx, name)
  await contextSession.load()
  contextSession.set(data)
  contextSession.times?.authenticate(authenticationTime(contextSession))
  await contextSession.commit()
  return contextSession.isWritten
}

module.exports = { logIn }
