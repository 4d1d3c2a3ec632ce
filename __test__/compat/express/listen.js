'use strict'

const { once } = require('node:events')
const http = require('node:http')

const { Client } = require('../../harness/client')

/**
 * Serves request listeners until the test ends.
 *
 * @param {object} t the test
 * @param {...function} listeners
 * @returns {Promise<function[]>} for each one, a function that makes a client; clients with the same jar are one browser
 */
async function listen (t, ...listeners) {
  const servers = listeners.map((listener) => http.createServer(listener).listen(0, '127.0.0.1'))
  t.after(() => {
    for (const server of servers) {
      server.close()
      server.closeAllConnections()
    }
  })
  return Promise.all(servers.map(async (server) => {
    if (!server.listening) await once(server, 'listening')
    return (jar = new Map()) => Object.assign(new Client(server.address().port), { jar })
  }))
}

/** Returns the clients of one browser, one for each listener. */
async function browse (t, ...listeners) {
  const jar = new Map()
  return (await listen(t, ...listeners)).map((client) => client(jar))
}

module.exports = { browse, listen }
