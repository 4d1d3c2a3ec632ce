'use strict'

/**
 * Starts Koa apps with a session on a port of their own, and talks to them over HTTP.
 *
 * SESSION_MODULE=koa-session runs the same tests on koa-session itself.
 */

const { once } = require('node:events')
const http = require('node:http')

const { Client } = require('./client')

const loaded = require(process.env.SESSION_MODULE ?? '..')

/** The middleware under test. */
const session = typeof loaded === 'function' ? loaded : loaded.default

/** The Koa versions that apps run on. */
const KOAS = { 'koa 3': require('koa'), 'koa 2': require('koa2') }

const KEYS = ['first secret', 'second secret']

/**
 * Makes an app that has a session.
 *
 * @param {(ctx: object, next: Function) => *} respond answers a request; what it returns is the body
 * @param {object} [how]
 * @param {object} [how.options] for session()
 * @param {*} [how.keys] app.keys
 * @param {Function} [how.Koa]
 * @param {(app: object) => void} [how.before] adds to the app what comes before session()
 * @param {Function} [how.session]
 */
function createApp (respond, how = {}) {
  const app = new (how.Koa ?? KOAS['koa 3'])()
  app.silent = true
  app.keys = 'keys' in how ? how.keys : [...KEYS]
  how.before?.(app)
  app.use((how.session ?? session)(how.options ?? {}, app))
  app.use(async (ctx, next) => {
    const body = await respond(ctx, next)
    if (body !== undefined) ctx.body = body
    else if (ctx.status === 404) ctx.body = ''
  })
  return app
}

/**
 * Serves an app until the test ends.
 *
 * @param {object} t the test
 * @param {object} app
 * @param {object} [serverOptions] of http.createServer
 * @returns {Promise<Client>}
 */
async function serve (t, app, serverOptions = {}) {
  const server = http.createServer(serverOptions, app.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = Object.assign(new Client(server.address().port), { app })
  t.after(() => {
    client.close()
    server.close()
    server.closeAllConnections()
  })
  return client
}

/** Makes an app and serves it: see createApp. */
async function start (t, respond, how = {}) {
  return serve(t, createApp(respond, how), how.serverOptions)
}

/**
 * Runs one request through an app without a connection, so that its headers may hold what HTTP's parser refuses.
 *
 * @param {object} app
 * @param {object} headers lower case
 * @returns {Promise<{ status: number, lines: string[] }>}
 */
async function handle (app, headers) {
  const req = new http.IncomingMessage(null)
  Object.assign(req, { method: 'GET', url: '/', headers: { host: 'localhost', ...headers }, socket: { encrypted: false } })
  const res = new http.ServerResponse(req)
  await app.callback()(req, res)
  return { status: res.statusCode, lines: res.getHeader('set-cookie') ?? [] }
}

module.exports = { session, KOAS, KEYS, createApp, serve, start, handle }
