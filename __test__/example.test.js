'use strict'

const { after, before, describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { spawn, spawnSync } = require('node:child_process')
const { once } = require('node:events')
const { mkdtempSync, readFileSync, rmSync } = require('node:fs')
const net = require('node:net')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const redis = require('./servers/redis')

const EXAMPLE = join(__dirname, '../example/app.js')

let folder

before(() => {
  const { error } = spawnSync('curl', ['--version'])
  assert.equal(error, undefined, 'this test runs the lines that the example prints: it needs curl')
  folder = mkdtempSync(join(tmpdir(), 'koa-session-rs-example-'))
})

after(() => rmSync(folder, { recursive: true }))

// Starts the example; resolves once it has printed its greeting, or has ended.
async function start (env) {
  const { SESSION_KEYS, ...rest } = process.env
  const child = spawn(process.execPath, [EXAMPLE], { env: { ...rest, ...env } })
  const run = { child, out: '', err: '', ended: once(child, 'close') }
  child.stderr.on('data', (data) => { run.err += data })
  const greeted = new Promise((resolve) => {
    child.stdout.on('data', (data) => {
      run.out += data
      if (/SESSION_KEYS.*\n\n$/.test(run.out)) resolve()
    })
  })
  await Promise.race([greeted, run.ended])
  return run
}

async function stop ({ child, ended }) {
  child.kill()
  await ended
}

/** Runs a printed line in the shell, and returns the output of curl. */
function shell (line) {
  const { status, stdout, stderr } = spawnSync(line, { shell: true, cwd: folder, encoding: 'utf8' })
  assert.equal(status, 0, `${line}\n${stderr}`)
  return stdout
}

const linesOf = (run) => run.out.match(/^ {2}curl .+$/gm) ?? []

describe('the example', () => {
  test('responds to the commands that it prints', async () => {
    const run = await start({ PORT: '0' })
    try {
      assert.match(run.out, /^The example is at http:\/\/127\.0\.0\.1:\d+\n/)
      assert.deepEqual(linesOf(run).map(shell), [
        'views: 1, user: nobody\n',
        'views: 2, user: nobody\n',
        'logged in: ada\n',
        'views: 3, user: ada\n',
        'logged out\n',
        'views: 1, user: nobody\n'
      ])
      assert.match(readFileSync(join(folder, 'cookies.txt'), 'utf8'), /\texample\.sess\.sig\t/)
      assert.match(run.out, /SESSION_KEYS=/)
    } finally {
      await stop(run)
    }
    assert.equal(run.err, '')
  })

  const stores = {
    memory: () => ({}),
    sqlite: () => ({ SQLITE_FILE: join(folder, 'sessions.db') }),
    async redis (t) {
      const server = await redis.start()
      t.after(() => server.stop())
      return { REDIS_URL: server.url }
    }
  }
  for (const [STORE, place] of Object.entries(stores)) {
    test(`lists sessions and revokes them with STORE=${STORE}`, { skip: STORE === 'redis' && redis.skip }, async (t) => {
      const run = await start({ PORT: '0', STORE, ...await place(t) })
      try {
        const [address] = /http:\S+/.exec(run.out)
        const jar = (line) => line.replaceAll('cookies.txt', `${STORE}.txt`)
        const [,,,,, list, revoke, logout] = linesOf(run).map((line) => jar(line).replace(' http', ' -A mine http'))
        const said = linesOf(run).slice(0, 5).map((line) => shell(jar(line)))
        assert.equal(said.at(-1), 'logged in: ada\n')
        assert.match(shell(list), /^\* curl\S+\n {2}another-device\n$/)
        const page = shell(list.replace('curl', 'curl -H "Accept: text/html"'))
        assert.equal(page.match(/<li>/g).length, 2)
        const [, path] = /action="(\/sessions\/revoke\?hash=[\w-]+)"/.exec(page)
        const post = (target) => shell(jar(`curl -b cookies.txt -o /dev/null -s -w "%{http_code}" -X POST "${address}${target}"`))
        assert.deepEqual([post(path), post(path)], ['302', '404'])
        assert.equal(shell(revoke), 'ended: 0\n')
        assert.equal(shell(logout), 'logged out\n')
        assert.equal(post('/sessions/revoke-others'), '401')
      } finally {
        await stop(run)
      }
      assert.equal(run.err, '')
    })
  }

  test('refuses a store that it does not know', async () => {
    const run = await start({ PORT: '0', STORE: 'toString' })
    const [code] = await run.ended
    assert.deepEqual([code, run.out], [1, ''])
  })

  test('reads the keys from the environment, and rotates them', async () => {
    const counts = []
    for (const SESSION_KEYS of ['first', 'second,first', 'second']) {
      const run = await start({ PORT: '0', SESSION_KEYS })
      try {
        counts.push(shell(linesOf(run)[0].replaceAll('cookies.txt', 'rotation.txt')))
      } finally {
        await stop(run)
      }
    }
    assert.deepEqual(counts, [1, 2, 3].map((views) => `views: ${views}, user: nobody\n`))
  })

  test('refuses a login without a name', async () => {
    const run = await start({ PORT: '0' })
    try {
      const [address] = /http:\S+/.exec(run.out)
      for (const query of ['', '?name=', '?name=a%20b', '?name=a&name=b']) {
        const response = await fetch(`${address}/login${query}`, { method: 'POST', headers: { connection: 'close' } })
        assert.equal(response.status, 400, query)
        assert.deepEqual(response.headers.getSetCookie(), [], query)
      }
    } finally {
      await stop(run)
    }
  })

  test('says that its port is taken, and how to take another one', async () => {
    const occupant = net.createServer().listen(0, '127.0.0.1')
    await once(occupant, 'listening')
    const { port } = occupant.address()
    try {
      const run = await start({ PORT: String(port) })
      const [code] = await run.ended
      assert.equal(code, 1)
      assert.equal(run.out, '')
      assert.ok(run.err.includes(`${port} is taken`), run.err)
      assert.ok(run.err.includes('PORT='), run.err)
      assert.equal(run.err.split('\n').length, 2, run.err)
    } finally {
      occupant.close()
      await once(occupant, 'close')
    }
  })
})
