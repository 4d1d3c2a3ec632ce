'use strict'

const { IncomingMessage, ServerResponse } = require('node:http')
const { Socket } = require('node:net')

const { invalidOptionOf, sessionError } = require('../lib/base/errors')

const invalidOption = invalidOptionOf('docs/testing.md#test-an-app-that-needs-a-login')

/** The key of the function that session() adds to an app's contexts: index.js. */
const LOG_IN = Symbol.for('koa-session-rs.logIn')

/**
 * Begins a session of an app, and returns the Cookie header that a client then sends. testing.d.ts documents it.
 *
 * @param {object} app
 * @param {object} data
 * @param {{ as?: string, headers?: Record<string, string>, url?: string }} [options]
 * @returns {Promise<string>}
 */
async function sessionCookie (app, data, { as = 'session', headers = {}, url = '/' } = {}) {
  if (typeof app?.createContext !== 'function') throw invalidOption('app', 'a Koa application', app)
  if (typeof data !== 'object' || data === null || Array.isArray(data)) throw invalidOption('data', 'an object', data)
  const logIn = app.context[LOG_IN]
  if (logIn === undefined) throw sessionError('ERR_SESSION_UNKNOWN', 'session() was not called for this app')
  const { req, res } = exchangeOf(headers, url)
  const ctx = app.createContext(req, res)
  const run = () => logIn(ctx, as, data)
  const isSaved = await (app.ctxStorage ? app.ctxStorage.run(ctx, run) : run())
  const header = toCookieHeader([res.getHeader('set-cookie') ?? []].flat())
  if (!isSaved || header === '') throw noCookieError(isSaved)
  return header
}

/** Makes a request over HTTPS that no client has sent, and its response, which is sent to nobody. */
function exchangeOf (headers, url) {
  const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: '127.0.0.1' })
  socket.encrypted = true
  const req = new IncomingMessage(socket)
  req.method = 'GET'
  req.url = url
  req.headers = { host: 'localhost' }
  for (const [name, value] of Object.entries(headers)) req.headers[name.toLowerCase()] = value
  return { req, res: new ServerResponse(req) }
}

/** Returns the Cookie header of a browser that got these lines of Set-Cookie. A line without a value deletes a cookie. */
function toCookieHeader (lines) {
  const values = new Map()
  for (const line of lines) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
    if (value === '') values.delete(name)
    else values.set(name, value)
  }
  return [...values].map((pair) => pair.join('=')).join('; ')
}

function noCookieError (isSaved) {
  const [reason, message] = isSaved
    ? ['external-key', 'the option externalKey has sent the id of the session in no cookie: find it in the store, or in what externalKey.set did']
    : ['not-saved', 'the session was not saved: its data are empty, or the store failed and onStoreError did not throw']
  return Object.assign(sessionError('ERR_SESSION_COOKIE', message), { reason })
}

module.exports = { sessionCookie }
