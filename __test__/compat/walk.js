'use strict'

/**
 * Walks a user from one app to another and back, as behind a load balancer that has servers with both.
 *
 *   test('what is wanted', async (t) => {
 *     const { records, store } = mapStore()
 *     await walk(t, [before({ store, keys: KEYS }), after({ store, keys: KEYS })])
 *     assert.equal(records.size, 0)
 *   })
 *
 * The apps are those of example/migrating: GET / counts views, GET /me responds with `{ user, views }` and changes nothing, POST /login
 * logs ada in, POST /logout ends the session.
 */

const assert = require('node:assert/strict')

const { Client } = require('../harness/client')
const { serve } = require('../harness/server')

/** What the user does, and on which app. `user`: who the user is then, as GET /me says. */
const STEPS = [
  { on: 'first', path: '/', user: 'nobody' },
  { on: 'first', method: 'POST', path: '/login', user: 'ada' },
  { on: 'second', path: '/me', user: 'ada' },
  { on: 'second', path: '/', user: 'ada' },
  { on: 'first', path: '/me', user: 'ada' },
  { on: 'first', path: '/', user: 'ada' },
  { on: 'second', path: '/', user: 'ada' },
  { on: 'second', method: 'POST', path: '/logout', user: 'nobody' },
  { on: 'first', path: '/me', user: 'nobody' },
  { on: 'second', path: '/me', user: 'nobody' }
]

/**
 * Does the steps, each on its app. Two visitors do them in turn, so that mixed up sessions are noticed.
 *
 * @param {object} t the test
 * @param {[object, object]} apps the first and the second one: of Koa or of Express, or request listeners
 */
async function walk (t, apps) {
  const [first, second] = await Promise.all(apps.map((app) => listen(t, app)))
  const across = await visit({ first, second })
  assert.deepEqual(across.map(({ user }) => user), STEPS.map(({ user }) => user))
  // Everything that the user sees is the same for one who stays on the first app.
  assert.deepEqual(across, await visit({ first, second: first }))
}

/** Serves an app until the test ends, and returns its port. */
async function listen (t, app) {
  const listener = typeof app === 'function' ? app : app.callback()
  return (await serve(t, { callback: () => listener })).port
}

async function visit (ports) {
  const visitors = [new Client(), new Client()]
  const seen = [[], []]
  for (const { on, method = 'GET', path } of STEPS) {
    for (const [index, visitor] of visitors.entries()) {
      visitor.port = ports[on]
      const { status, body } = await visitor.send({ method, path })
      assert.equal(status, 200)
      // The session says the same on both apps.
      const said = []
      for (const port of [ports.first, ports.second]) {
        visitor.port = port
        said.push((await visitor.get('/me')).json)
      }
      assert.deepEqual(said[0], said[1])
      seen[index].push({ body, ...said[0] })
    }
  }
  assert.deepEqual(seen[0], seen[1])
  return seen[0]
}

/** Makes a store over a Map, which keeps JSON as stores on servers do. */
function mapStore () {
  const records = new Map()
  const store = {
    async get (key) { return records.has(key) ? JSON.parse(records.get(key)) : undefined },
    async set (key, record) { records.set(key, JSON.stringify(record)) },
    async destroy (key) { records.delete(key) }
  }
  return { records, store }
}

module.exports = { mapStore, walk }
