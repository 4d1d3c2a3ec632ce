'use strict'

// The apps of example/migrating: a user goes from the one before the change to the one after it, and back.

const assert = require('node:assert/strict')
const { spawn, spawnSync } = require('node:child_process')
const { once } = require('node:events')
const { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { describe, test } = require('node:test')

const { Client } = require('../harness/client')
const { mapStore, walk } = require('./walk')

const FOLDER = join(__dirname, '../../example/migrating')
const KEYS = ['a key of 32 bytes, or of some more']

/** The pairs of apps that this file tests, and where their sessions can be. */
const PAIRS = {
  'koa-session': ['the cookie', 'a store'],
  minimal: ['a store'],
  generic: ['a store']
}

for (const [pair, places] of Object.entries(PAIRS)) {
  const files = ['before', 'after'].map((name) => join(FOLDER, pair, `${name}.js`))

  describe(`example/migrating/${pair}`, () => {
    test('the files differ by the line of the import alone', () => {
      const [before, after] = files.map((file) => readFileSync(file, 'utf8').split('\n'))
      assert.equal(before.length, after.length)
      const changed = before.filter((line, index) => line !== after[index])
      assert.equal(changed.length, 1)
      assert.match(changed[0], /^const session = require\('.+'\)(\.default)?$/)
    })

    for (const place of places) {
      for (const [way, order] of [['before, after, and back', files], ['after, before, and back', files.toReversed()]]) {
        test(`a user is on ${way}, with sessions in ${place}`, async (t) => {
          const { records, store } = place === 'a store' ? mapStore() : {}
          await walk(t, order.map((file) => require(file)({ store, keys: KEYS })))
          assert.equal(records?.size ?? 0, 0)
        })
      }
    }

    test('a user stays logged in when one app is stopped and the other started', async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'koa-session-rs-migrating-'))
      t.after(() => rmSync(folder, { recursive: true }))
      const visitor = new Client()
      const users = []
      for (const [index, file] of [...files, files[0]].entries()) {
        const app = await start(t, file, join(folder, 'sessions.json'))
        visitor.port = app.port
        if (index === 0) await visitor.post('/login')
        users.push((await visitor.get('/me')).json.user)
        await app.stop()
      }
      assert.deepEqual(users, ['ada', 'ada', 'ada'])
    })
  })
}

/** What each app depends on before the change. */
const ORIGINALS = { 'koa-session': 'koa-session', minimal: 'koa-session-minimal', generic: 'koa-generic-session' }

for (const [pair, original] of Object.entries(ORIGINALS)) {
  test(`the command migrate makes the app after the change of the one before it: ${pair}`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'koa-session-rs-migrate-'))
    t.after(() => rmSync(folder, { recursive: true }))
    copyFileSync(join(FOLDER, pair, 'before.js'), join(folder, 'app.js'))
    const range = require('../../package.json').devDependencies[original]
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies: { [original]: range } }))
    const command = join(__dirname, '../../bin/koa-session-rs.js')
    // 1: it says that it does not look into options that are made elsewhere.
    const { status } = spawnSync(process.execPath, [command, 'migrate', folder, '--write'])
    assert.equal(status, pair === 'koa-session' ? 1 : 0)
    const text = readFileSync(join(folder, 'app.js'), 'utf8')
    // The function is also its own property `default`, as the original's.
    assert.equal(text.replace("('koa-session-rs').default", "('koa-session-rs')"), readFileSync(join(FOLDER, pair, 'after.js'), 'utf8'))
    assert.deepEqual(Object.keys(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).dependencies), ['koa-session-rs'])
  })
}

test('each folder has both apps', () => {
  const folders = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  for (const { name } of folders) assert.deepEqual(readdirSync(join(FOLDER, name)).sort(), ['after.js', 'before.js'], name)
})

/** Starts an app as a process, on a free port. */
async function start (t, file, sessions) {
  const child = spawn(process.execPath, [file], { env: { ...process.env, PORT: '0', SESSIONS_FILE: sessions }, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const stop = () => {
    child.kill()
    return ended
  }
  t.after(stop)
  let out = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    out += chunk
    const port = /^The app is at http:\/\/127\.0\.0\.1:(\d+)\n/.exec(out)?.[1]
    if (port !== undefined) return { port, stop }
  }
  throw new Error(`${file} has ended: ${out}`)
}
