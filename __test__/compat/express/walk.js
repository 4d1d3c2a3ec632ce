'use strict'

const assert = require('node:assert/strict')

/**
 * Walks a user between two apps with the routes of example/migrating/express-session: logs in on the first, is known on both, and logs
 * out on the second.
 *
 * @param {import('../../harness/client').Client} first
 * @param {import('../../harness/client').Client} second of the same browser
 */
async function walk (first, second) {
  const visit = async (client) => (await client.get('/')).json
  assert.deepEqual(await visit(first), { user: null, views: 1 })
  assert.deepEqual(await visit(second), { user: null, views: 2 })
  const anonymous = first.cookie
  assert.deepEqual((await first.post('/login?user=ann')).json, { user: 'ann' })
  assert.notEqual(first.cookie, anonymous)
  const loggedIn = first.cookie
  for (const [index, client] of [second, first, first, second, second].entries()) {
    assert.deepEqual(await visit(client), { user: 'ann', views: index + 1 })
  }
  assert.equal(first.cookie, loggedIn)
  assert.deepEqual((await second.get('/', { cookie: anonymous })).json, { user: null, views: 1 })
  first.cookie = second.cookie = loggedIn
  assert.deepEqual((await second.post('/logout')).json, { user: null })
  for (const client of [first, second]) {
    assert.deepEqual((await client.get('/', { cookie: loggedIn })).json, { user: null, views: 1 })
  }
}

module.exports = { walk }
