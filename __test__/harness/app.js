'use strict'

/**
 * Makes Koa apps with a session.
 *
 * SESSION_MODULE=koa-session runs the same tests on koa-session itself.
 */

const http = require('node:http')
const { test } = require('node:test')

/** Whether koa-session is under test. */
const isUpstream = process.env.SESSION_MODULE === 'koa-session'

const loaded = isUpstream ? require('koa-session') : require('../..')

/** The middleware under test. */
const session = loaded.default ?? loaded

/** The function `session.of`. */
const of = session.of ?? (() => { throw new Error('koa-session has no handle') })

/** The versions of Koa that apps run on. */
const KOAS = { koa3: require('koa'), koa2: require('koa2') }

const KEYS = ['first secret', 'second secret']

/**
 * Makes an app that has a session.
 *
 * @param {object|Function|null} options of session(); a function `(app) => options`; or null where `how.before` calls session()
 * @param {Function|object} routes a function (ctx, next), or an object of such by path: what it returns is the body
 * @param {object} [how]
 * @param {Function} [how.Koa]
 * @param {*} [how.keys] app.keys
 * @param {boolean} [how.proxy] app.proxy
 * @param {(app: object) => void} [how.before] adds to the app what comes before session()
 * @param {Function} [how.session]
 */
function createApp (options, routes, how = {}) {
  const app = new (how.Koa ?? KOAS.koa3)()
  app.silent = true
  app.keys = 'keys' in how ? how.keys : [...KEYS]
  app.proxy = how.proxy ?? false
  const given = typeof options === 'function' ? options(app) : options
  how.before?.(app)
  if (given !== null) app.use((how.session ?? session)(given, app))
  app.use((ctx, next) => answer(ctx, next, routes))
  return app
}

async function answer (ctx, next, routes) {
  const route = typeof routes === 'function' ? routes : routes[ctx.path]
  if (route === undefined) return next()
  const body = await route.call(routes, ctx, next)
  if (body !== undefined) ctx.body = body
  else if (ctx.respond !== false && ctx.body === undefined && !ctx.headerSent && ctx.status === 404) ctx.body = 'ok'
}

/**
 * Runs a request through an app without a connection, so that its headers may contain what Node's HTTP parser refuses.
 *
 * @param {object} app
 * @param {object} headers lower case
 * @returns {Promise<{ status: number, setCookie: string[] }>}
 */
async function handle (app, headers) {
  const req = new http.IncomingMessage(null)
  Object.assign(req, { method: 'GET', url: '/', headers: { host: 'localhost', ...headers }, socket: { encrypted: false } })
  const res = new http.ServerResponse(req)
  await app.callback()(req, res)
  return { status: res.statusCode, setCookie: res.getHeader('set-cookie') ?? [] }
}

/** Makes one test for each Koa. */
function eachKoa (title, run) {
  for (const [name, Koa] of Object.entries(KOAS)) test(`${title} (${name})`, (t) => run(t, Koa))
}

module.exports = { session, of, isUpstream, KOAS, KEYS, createApp, handle, eachKoa }
