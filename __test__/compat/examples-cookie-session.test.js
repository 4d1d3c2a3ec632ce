'use strict'

// A visitor of the two example apps keeps their session when the app changes from Express to Koa, and back.

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const { join } = require('node:path')

const { Client } = require('../harness/client')
const { walk } = require('./walk')

const FOLDER = join(__dirname, '../../example/migrating/cookie-session')

const before = require('../../example/migrating/cookie-session/before')
const after = require('../../example/migrating/cookie-session/after')

/** Serves the app that one of the modules makes, until the test ends. */
async function visitorOf (t, make, keys) {
  const server = make({ keys }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  }))
  return new Client(server.address().port)
}

for (const [way, apps] of [['from Express to Koa and back', [before, after]], ['from Koa to Express and back', [after, before]]]) {
  test(`a session goes ${way}`, (t) => walk(t, apps.map((make) => make({ keys: ['a key of this test'] }))))
}

test('both apps send the same lines', async (t) => {
  const sent = []
  for (const make of [before, after]) {
    const visitor = await visitorOf(t, make, ['a key of this test'])
    const lines = []
    for (const visit of [() => visitor.post('/login?name=ada'), () => visitor.get('/'), () => visitor.post('/logout')]) {
      lines.push((await visit()).setCookie.map((line) => line.replace(/expires=[^;]*:\d\d GMT/, (date) => date.includes('1970') ? date : 'expires=later')))
    }
    sent.push(lines)
  }
  assert.deepEqual(sent[0], sent[1])
  assert.deepEqual(sent[0].map((lines) => lines.length), [2, 2, 2])
})

for (const name of ['before.js', 'after.js']) {
  test(`${name} can be started`, async (t) => {
    const child = spawn(process.execPath, [join(FOLDER, name)], { env: { ...process.env, PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit'] })
    t.after(async () => {
      child.kill()
      await once(child, 'close')
    })
    const [greeting] = await once(child.stdout.setEncoding('utf8'), 'data')
    const response = await fetch(/http:\S+/.exec(greeting)[0])
    assert.equal(await response.text(), 'views: 1, user: nobody\n')
    assert.equal(response.headers.getSetCookie().length, 2)
  })
}
