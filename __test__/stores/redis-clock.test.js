'use strict'

// Clocks that differ. The clock of a real Redis cannot be set, so a minimal server answers like one with a wrong clock.

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { execFile } = require('node:child_process')
const net = require('node:net')
const { join } = require('node:path')
const { describe, test } = require('node:test')
const { promisify } = require('node:util')
const servers = require('../servers/redis')

const STORES = JSON.stringify(join(__dirname, '../../stores/redis'))

/** Starts a server that answers like a Redis without sessions, whose clock is some seconds ahead. */
async function startServer (t, aheadSeconds) {
  const answers = {
    HELLO: () => '%1\r\n$5\r\nproto\r\n:3\r\n',
    PING: () => '+PONG\r\n',
    TIME: () => {
      const seconds = String(Math.floor(Date.now() / 1000) + aheadSeconds)
      return `*2\r\n$${seconds.length}\r\n${seconds}\r\n$1\r\n0\r\n`
    },
    hgetall: () => '%0\r\n'
  }
  const name = new RegExp(`\\b(?:${Object.keys(answers).join('|')})\\b`, 'g')
  const server = net.createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      for (const [command] of String(chunk).matchAll(name)) socket.write(answers[command]())
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close())
  return `redis://127.0.0.1:${server.address().port}`
}

/** Uses stores in a process of its own, and returns the codes of its warnings. */
async function warnings (urls, before = '') {
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', '-e', `
    ${before}
    const { RedisStore } = require(${STORES})
    const codes = []
    process.on('warning', ({ code }) => codes.push(code))
    const use = async (url) => {
      const store = new RedisStore({ url })
      await store.load('nobody')
      await store.close()
    }
    Promise.all(${JSON.stringify(urls)}.map(use)).then(() => setTimeout(() => console.log(JSON.stringify(codes))))
  `])
  return JSON.parse(stdout)
}

describe('a clock', () => {
  for (const [title, aheadSeconds, expected] of [
    ['that is ahead', 3600, ['KOA_SESSION_RS_CLOCK']],
    ['that is behind', -3600, ['KOA_SESSION_RS_CLOCK']],
    ['that is a little ahead', 20, []],
    ['that is a little behind', -20, []]
  ]) {
    test(`${title}: warnings in a process: ${expected.length}`, async (t) => {
      const urls = [await startServer(t, aheadSeconds), await startServer(t, aheadSeconds)]
      assert.deepEqual(await warnings(urls), expected)
    })
  }

  test('that a test has replaced causes no warning', async (t) => {
    assert.deepEqual(await warnings([await startServer(t, 0)], 'Date.now = () => 0'), [])
  })
})

test('the clock of a real server is read', { skip: servers.skip }, async () => {
  const server = await servers.start()
  await warnings([server.url])
  assert.match(await server.command('INFO', 'commandstats'), /cmdstat_time:calls=1/)
  await server.stop()
})
