'use strict'

const { after, before, describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { spawn, spawnSync } = require('node:child_process')
const { once } = require('node:events')
const { mkdtempSync, readFileSync, rmSync } = require('node:fs')
const net = require('node:net')
const { tmpdir } = require('node:os')
const { join } = require('node:path')

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
      if (run.out.endsWith('\n\n')) resolve()
    })
  })
  await Promise.race([greeted, run.ended])
  return run
}

async function stop ({ child, ended }) {
  child.kill()
  await ended
}

/** Runs a printed line in the shell, as its reader does, and returns what curl printed. */
function shell (line) {
  const { status, stdout, stderr } = spawnSync(line, { shell: true, cwd: folder, encoding: 'utf8' })
  assert.equal(status, 0, `${line}\n${stderr}`)
  return stdout
}

const linesOf = (run) => run.out.match(/^ {2}curl .+$/gm) ?? []

describe('the example', () => {
  test('answers the lines that it prints', async () => {
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

  test('takes the keys of the environment, and rotates them', async () => {
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
