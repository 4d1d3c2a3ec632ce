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
 * The apps are those of example/migrating: GET / counts views, POST /login logs ada in, POST /logout ends the session, and GET /me responds
 * with `{ user, views }`. Where an app has another way for its login, or to say who the user is, the last argument has it:
 *
 *     await walk(t, apps, { login: '/login?name=ada', me: async (visitor) => ({ user: /user: (.+)/.exec((await visitor.get('/')).body)[1] }) })
 */

const assert = require('node:assert/strict')

const { Client } = require('../harness/client')
const { serve } = require('../harness/server')

/** What the user does, and on which app; without a path, the user only looks. `user`: who the user is then. */
const stepsOf = (login) => [
  { on: 'first', path: '/', user: 'nobody' },
  { on: 'first', method: 'POST', path: login, user: 'ada' },
  { on: 'second', user: 'ada' },
  { on: 'second', path: '/', user: 'ada' },
  { on: 'first', user: 'ada' },
  { on: 'first', path: '/', user: 'ada' },
  { on: 'second', path: '/', user: 'ada' },
  { on: 'second', method: 'POST', path: '/logout', user: 'nobody' },
  { on: 'first', user: 'nobody' },
  { on: 'second', user: 'nobody' }
]

/**
 * Does the steps, each on its app. Two visitors do them in turn, so that mixed up sessions are noticed.
 *
 * @param {object} t the test
 * @param {[object, object]} apps the first and the second one: of Koa or of Express, or request listeners
 * @param {object} [how]
 * @param {string} [how.login] the path and query of the login
 * @param {(visitor: Client) => Promise<{ user: string }>} [how.me] asks the app who the user is: 'nobody' before the login
 */
async function walk (t, apps, { login = '/login', me = async (visitor) => (await visitor.get('/me')).json } = {}) {
  const steps = stepsOf(login)
  const [first, second] = await Promise.all(apps.map((app) => listen(t, app)))
  const across = await visit({ first, second }, steps, me)
  assert.deepEqual(across.map(({ user }) => user), steps.map(({ user }) => user))
  // Everything that the user sees is the same for one who stays on the first app.
  assert.deepEqual(across, await visit({ first, second: first }, steps, me))
}

/** Serves an app until the test ends, and returns its port. */
async function listen (t, app) {
  const listener = typeof app === 'function' ? app : app.callback()
  return (await serve(t, { callback: () => listener })).port
}

/** Does the steps, and returns what the user has seen after each. */
async function visit (ports, steps, me) {
  const visitors = [new Client(), new Client()]
  const seen = [[], []]
  for (const { on, method = 'GET', path } of steps) {
    for (const [index, visitor] of visitors.entries()) {
      visitor.port = ports[on]
      const { status, body } = path === undefined ? {} : await visitor.send({ method, path })
      assert.ok(path === undefined || status < 400, `${method} ${path}: ${status}`)
      // Both apps say the same: the one of this step first.
      const said = []
      for (const port of [ports[on], on === 'first' ? ports.second : ports.first]) {
        visitor.port = port
        said.push(await me(visitor))
      }
      assert.equal(said[0].user, said[1].user)
      seen[index].push({ body, ...said[1] })
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
