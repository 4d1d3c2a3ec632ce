'use strict'

/**
 * Serves apps with a session over HTTP.
 *
 *   test('what is wanted', async (t) => {
 *     const store = new CountingStore()
 *     const server = await start(t, { store, maxAge: 1000 }, {
 *       '/in' (ctx) { ctx.session.user = ctx.query.user },       // without a body: 'ok'
 *       '/me' (ctx) { return { user: ctx.session.user } }         // what it returns is the body
 *     })
 *     const ann = server.visitor()
 *     await ann.get('/in?user=ann')
 *     assert.deepEqual((await ann.get('/me')).json, { user: 'ann' })
 *     assert.equal(store.count('set'), 1)
 *   })
 */

const { once } = require('node:events')
const http = require('node:http')

const { createApp } = require('./app')
const { Client, request } = require('./client')
const { settled, waitFor } = require('./waiting')

const EVENTS = [
  'missed', 'expired', 'invalid', 'created', 'saved', 'destroyed', 'regenerated', 'oversize', 'uncommitted', 'discarded', 'conflict'
].map((name) => `session:${name}`)

/**
 * Serves an app until the test ends.
 *
 * @param {object} t the test
 * @param {object} app
 * @param {(callback: Function) => object} [listen] makes another server than http's
 * @returns {Promise<object>} server.visitor() makes a client with a jar; server.get(path, headers) asks without one
 */
async function serve (t, app, listen = http.createServer) {
  const server = listen(app.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  const close = () => new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections?.()
  })
  t.after(close)
  return {
    app,
    port,
    close,
    visitor: () => new Client(port),
    get: (path, headers) => request(port, { path, headers })
  }
}

/**
 * Makes an app, records its events, and serves it: see createApp and serve.
 *
 * In addition to the result of `serve`, the server has:
 * - errors: the errors that the app emitted, in order
 * - events: every session:* event, in order: { name: 'session:saved', event: {...} }; named(name) returns those of a name
 * - event(name): returns the first event of a name, and waits for it if necessary
 * - settled(): waits until pending events have been emitted
 */
async function start (t, options, routes, how = {}) {
  let noted
  const app = createApp(options, routes, {
    ...how,
    before (app) {
      noted = note(app)
      how.before?.(app)
    }
  })
  const server = await serve(t, app, how.listen)
  return Object.assign(server, noted, {
    settled,
    event: (name) => waitFor(`event ${name}`, () => noted.events.named(name)[0])
  })
}

/** Makes an app without listeners, serves it, and returns a visitor. */
async function visit (t, options, routes, how = {}) {
  const app = createApp(options, routes, how)
  return Object.assign((await serve(t, app, how.listen)).visitor(), { app })
}

function note (app) {
  const errors = []
  const events = []
  events.named = (name) => events.filter((each) => each.name === name).map(({ event }) => event)
  app.on('error', (err) => errors.push(err))
  for (const name of EVENTS) app.on(name, (event) => events.push({ name, event }))
  return { errors, events }
}

module.exports = { serve, start, visit }
