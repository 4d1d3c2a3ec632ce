'use strict'

// Runs the two apps of docs/migrating/from-cookie-session.md, for one visitor.

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { once } = require('node:events')
const http = require('node:http')
const { createRequire } = require('node:module')

const express = require('express')
const Koa = require('koa')

const { blocksOf } = require('../documents/blocks')
const { Client } = require('../harness/client')

const requireHere = createRequire(__filename)

/** Runs an app that listens, on a free port until the test ends, and returns a visitor. */
async function visitorOf (t, code) {
  let server
  const listen = (handler) => { server = http.createServer(handler).listen(0, '127.0.0.1') }
  const packages = {
    express: () => Object.assign(express(), { listen () { listen(this) } }),
    koa: class extends Koa { listen () { listen(this.callback()) } }
  }
  // eslint-disable-next-line no-new-func
  new Function('require', 'process', `'use strict'; ${code}`)((id) => packages[id] ?? requireHere(id), { env: { SESSION_KEY: 'a key of this test' } })
  await once(server, 'listening')
  t.after(() => new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  }))
  return new Client(server.address().port)
}

test('the apps before and after count the visits of one visitor', async (t) => {
  const blocks = blocksOf('docs/migrating/from-cookie-session.md', 'js')
  assert.deepEqual(blocks.map(({ heading }) => heading), ['Before', 'After'])
  const [before, after] = await Promise.all(blocks.map(({ code }) => visitorOf(t, code)))
  after.jar = before.jar
  for (const [index, visitor] of [before, after, after, before, after].entries()) assert.equal((await visitor.get('/')).body, `views: ${index + 1}`)
})
