'use strict'

// What a request gets while Redis cannot be used, and that it works again afterwards. Each title is a line of the table in
// docs/stores.md. No test measures time: a store that waited for its timeout, a minute, would exceed that of the test.

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { mkdirSync, rmSync, rmdirSync } = require('node:fs')
const net = require('node:net')
const { join } = require('node:path')
const { test } = require('node:test')
const servers = require('../servers/redis')
const { until } = require('../servers/process')
const { RedisStore } = require('../../stores/redis')

const MINUTE_MS = 60000
const RECORD = { data: '{"a":1}', maxAge: MINUTE_MS }
const patient = (options) => new RedisStore({ timeoutMs: MINUTE_MS, ...options })
let ids = 0

/** Returns the fields of an error, and the code of its cause. */
function fieldsOf ({ code, store, reason, errcode, host, port, path, cause }) {
  return { code, store, reason, errcode, host, port, path, cause: cause?.code }
}

const NOTHING = { errcode: undefined, port: undefined, path: undefined, cause: undefined }
const failure = (reason, more) => ({ code: 'ERR_SESSION_STORE', store: 'redis', reason, host: '127.0.0.1', ...NOTHING, ...more })

/**
 * Registers the test of a fault. `make(t)` returns a store that meets it, the expected error, and `mend`, which ends the fault
 * (undefined for a fault in the options). With `reads`, only writes fail.
 */
function fault (title, make) {
  test(title, { skip: servers.skip, timeout: MINUTE_MS / 2 }, async (t) => {
    const { store, expected, mend, reads, write = () => store.create(`id-${++ids}`, RECORD, MINUTE_MS) } = await make(t)
    t.after(() => store.close())
    for (let i = 0; i < 3; i++) {
      const error = await write().then(() => assert.fail('it was stored'), (err) => err)
      assert.deepEqual(fieldsOf(error), expected)
      // The address is in fields of the error, not in the message.
      assert.ok(!error.message.includes(expected.host ?? expected.path), error.message)
      assert.ok(error.cause instanceof Error)
      if (reads) assert.equal(await store.load('nobody'), undefined)
    }
    if (mend === undefined) return
    await mend()
    await until('recovery', () => write().then(() => true, () => false))
    await write()
  })
}

/** Starts a server for a test. */
async function startFor (t, options) {
  const server = await servers.start(options)
  t.after(() => server.stop())
  return server
}

fault('a server that refuses connections', async (t) => {
  const server = await startFor(t)
  await server.kill()
  const expected = failure('unreachable', { port: server.port, cause: 'ECONNREFUSED' })
  return { store: patient({ url: server.url }), expected, mend: () => server.start() }
})

fault('a server that refuses connections that it took before', async (t) => {
  const server = await startFor(t)
  const store = patient({ url: server.url })
  await store.load('nobody')
  await server.kill()
  // A write might be sent before the store notices the end of the connection.
  await assert.rejects(store.load('nobody'), { reason: 'unreachable' })
  const expected = failure('unreachable', { port: server.port, cause: 'ECONNREFUSED' })
  return { store, expected, mend: () => server.start() }
})

fault('a server whose name has no address', async () => {
  const host = 'redis.invalid'
  return { store: patient({ url: `redis://${host}` }), expected: failure('unreachable', { host, port: 6379, cause: 'ENOTFOUND' }) }
})

fault('a Unix socket that does not exist', async (t) => {
  const server = await startFor(t, { config: { unixsocket: 'socket' } })
  const path = join(server.directory, 'socket')
  await server.kill()
  rmSync(path)
  const expected = failure('unreachable', { path, host: undefined, cause: 'ENOENT' })
  return { store: patient({ url: `unix://${path}` }), expected, mend: () => server.start() }
})

fault('a server that rejects the password', async (t) => {
  const server = await startFor(t, { password: 'old' })
  const store = patient({ url: `redis://:new@127.0.0.1:${server.port}` })
  const mend = () => server.command('CONFIG', 'SET', 'requirepass', 'new')
  return { store, expected: failure('denied', { port: server.port }), mend }
})

fault('a server that denies the user a command', async (t) => {
  const server = await startFor(t)
  const allow = (...rules) => server.command('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', ...rules)
  await allow('+hgetall')
  const store = patient({ url: server.url, username: 'app', password: 'secret' })
  const mend = () => allow('+@all')
  return { store, expected: failure('denied', { port: server.port }), mend, reads: true }
})

fault('a server that has no such database', async (t) => {
  const server = await startFor(t)
  return { store: patient({ url: `${server.url}/99` }), expected: failure('options', { port: server.port }) }
})

fault('a server that is in no cluster, in `nodes`', async (t) => {
  const server = await startFor(t)
  return { store: patient({ nodes: [server.url] }), expected: failure('options', { port: server.port }) }
})

fault('a server that is no sentinel, in `sentinels`', async (t) => {
  const server = await startFor(t)
  const store = patient({ sentinels: [{ host: server.host, port: server.port }], master: 'any' })
  return { store, expected: failure('options', { port: server.port }) }
})

fault('a server that does not speak the protocol of Redis', async (t) => {
  const server = net.createServer((socket) => socket.on('error', () => {}).once('data', () => socket.end('HTTP/1.1 400 No\r\n\r\n')))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close())
  const { port } = server.address()
  return { store: patient({ url: `redis://127.0.0.1:${port}` }), expected: failure('options', { port, cause: 'EPROTO' }) }
})

fault('a server without TLS, with `tls`', async (t) => {
  const server = await startFor(t)
  const store = patient({ url: server.url, tls: true, connectTimeoutMs: 200 })
  return { store, expected: failure('tls', { port: server.port }) }
})

fault('a server that requires TLS, without `tls`', async (t) => {
  const server = await startFor(t, { tls: true })
  return { store: patient({ url: `redis://127.0.0.1:${server.port}` }), expected: failure('tls', { port: server.port }) }
})

fault('a server whose certificate is not trusted', async (t) => {
  const server = await startFor(t, { tls: true })
  const expected = failure('tls', { port: server.port, cause: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  return { store: patient({ url: server.url }), expected }
})

fault('a server that has reached its limit of clients', async (t) => {
  const server = await startFor(t, { config: { maxclients: 1 } })
  const other = net.connect(server.port, server.host)
  await once(other, 'connect')
  await until('its place', () => new Promise((resolve) => {
    other.write('PING\r\n')
    other.once('data', (answer) => resolve(String(answer).startsWith('+PONG')))
  }))
  const expected = failure('server', { errcode: 'ERR', port: server.port })
  return { store: patient({ url: server.url }), expected, mend: () => other.destroy() }
})

fault('a server that is loading its data', async (t) => {
  const slowly = { 'key-load-delay': 10000, 'loading-process-events-interval-bytes': 1024 }
  const server = await startFor(t, { config: slowly })
  await server.command('EVAL', "for i = 1, 5000 do redis.call('SET', i, string.rep('x', 100)) end", '0')
  await server.command('SAVE')
  await server.kill()
  const started = server.start()
  await until('the server to load', async () => /LOADING/.test(await server.command('PING').catch(() => '')))
  const mend = async () => {
    await server.command('CONFIG', 'SET', 'key-load-delay', '0')
    await started
  }
  return { store: patient({ url: server.url }), expected: failure('server', { errcode: 'LOADING', port: server.port }), mend }
})

fault('a server that is out of memory, and evicts nothing', async (t) => {
  const server = await startFor(t, { config: { 'maxmemory-policy': 'noeviction' } })
  const store = patient({ url: server.url })
  await store.create('full', RECORD, MINUTE_MS)
  await server.command('CONFIG', 'SET', 'maxmemory', '1')
  const mend = () => server.command('CONFIG', 'SET', 'maxmemory', '0')
  const expected = failure('server', { errcode: 'OOM', port: server.port })
  return { store, expected, mend, reads: true, write: () => store.merge('full', { base: 1, set: '{"b":1}', delete: [] }, MINUTE_MS) }
})

fault('a server that is a replica', async (t) => {
  const server = await startFor(t, { config: { replicaof: '127.0.0.1 1' } })
  const mend = () => server.command('REPLICAOF', 'NO', 'ONE')
  return { store: patient({ url: server.url }), expected: failure('server', { errcode: 'READONLY', port: server.port }), mend, reads: true }
})

fault('a server that cannot write to its disk', async (t) => {
  const server = await startFor(t)
  const inTheWay = join(server.directory, 'dump.rdb')
  mkdirSync(inTheWay)
  await server.command('CONFIG', 'SET', 'save', '3600 1')
  await server.command('SET', 'a', 'b')
  await server.command('BGSAVE')
  await until('a save that failed', async () => /rdb_last_bgsave_status:err/.test(await server.command('INFO', 'persistence')))
  const mend = () => {
    rmdirSync(inTheWay)
    return server.command('SAVE')
  }
  return { store: patient({ url: server.url }), expected: failure('server', { errcode: 'MISCONF', port: server.port }), mend, reads: true }
})
