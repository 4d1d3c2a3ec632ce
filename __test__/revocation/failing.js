'use strict'

// Stores and servers whose processes fail while schedules run on them.

const { setTimeout } = require('node:timers/promises')
const { until } = require('../servers/process')
const { Proxy } = require('../servers/proxy')
const servers = require('../servers/redis')
const { RedisStore } = require('../../stores/redis')
const { SqliteStore } = require('../../stores/sqlite')
const { Worker } = require('./worker')
const { connectTo, redis, sqlite } = require('./worlds')

/** The fault is at one of the first REQUESTS requests or replies, or, for stores without a proxy that counts them, within MOST_MS. */
const REQUESTS = 12
const MOST_MS = 5
/** The timeout of some stores, and the time for which a server is paused. */
const TIMEOUT_MS = 100
const HANG_MS = 300
/** The time after which a sentinel considers a master down: longer than the delays of a busy machine. */
const DOWN_MS = 2000

/** Calls `happen` at a request or a reply, or after the last one. Returns a function that waits for its end. */
function atOne (proxy, below, happen) {
  const kind = ['request', 'answer'][below(2)]
  const at = below(REQUESTS)
  let end
  proxy.fail(kind, at, (connection) => { end = happen(connection) })
  return async () => {
    proxy.fail('nothing')
    const when = end ? `${kind} ${at}` : 'no request'
    await (end ?? happen())
    return when
  }
}

/** Calls `happen` within a few milliseconds. Returns a function that waits for its end. */
function soon (below, happen) {
  const ms = below(MOST_MS)
  const end = setTimeout(ms).then(happen)
  return async () => {
    await end
    return `${ms} ms`
  }
}

/** Waits until all stores work. */
async function untilAllWork (stores) {
  for (const store of stores) await until('an answer', () => store.load('nobody').then(() => true, () => false))
}

/** A process that has the same file open is killed. */
async function sqliteKills () {
  let worker
  const open = (options) => {
    worker = new Worker('sqlite', options).start()
    return [new SqliteStore(options), worker]
  }
  const fail = async (below) => {
    // The process has to be running before it is killed.
    await worker.load('nobody')
    return soon(below, async () => {
      await worker.kill()
      worker.start()
    })
  }
  return { world: sqlite({ open, fail }), stop () {} }
}

/** A process that has the same sessions is killed. */
async function redisKills () {
  const server = await servers.start()
  const proxy = await Proxy.before(server.port)
  let worker
  const open = (options) => {
    worker = new Worker('redis', { ...options, url: proxy.urls[0] }).start()
    return [new RedisStore(options), worker]
  }
  const fail = async (below) => {
    await worker.load('nobody')
    return atOne(proxy, below, async (connection) => {
      connection?.cut()
      await worker.kill()
      worker.start()
    })
  }
  return { world: redis({ url: server.url }, undefined, { open, fail }), stop: () => end(proxy, server) }
}

/** The server is killed, and restarts with all acknowledged writes. */
async function redisRestarts () {
  const server = await servers.start({ appendonly: true })
  const proxy = await Proxy.before(server.port)
  let stores
  const open = (options) => (stores = [0, 1].map(() => new RedisStore(options)))
  const fail = (below) => atOne(proxy, below, async (connection) => {
    connection?.cut()
    await server.restart()
    await untilAllWork(stores)
  })
  return { world: redis({ url: proxy.urls[0] }, undefined, { open, fail }), stop: () => end(proxy, server) }
}

/** The server is paused for longer than the timeout of some stores. */
async function redisHangs () {
  const server = await servers.start()
  const proxy = await Proxy.before(server.port)
  let stores
  const open = (options) => {
    const impatient = new RedisStore({ ...options, url: proxy.urls[0], timeoutMs: TIMEOUT_MS, connectTimeoutMs: TIMEOUT_MS })
    return (stores = [new RedisStore(options), impatient])
  }
  const fail = (below) => atOne(proxy, below, async (connection) => {
    server.pause()
    connection?.pass()
    await setTimeout(HANG_MS)
    server.resume()
    // By then, it has executed what was sent before.
    for (let i = 0; i < 2; i++) await world.client.ping()
    await untilAllWork(stores)
  })
  const world = redis({ url: server.url }, () => connectTo(server.url), { open, fail })
  return { world, stop: () => end(proxy, server) }
}

async function end (proxy, server) {
  await proxy.close()
  await server.stop()
}

/** Waits until a master has a replica that has all its writes. */
function replicated (master) {
  return until('the replica', async () => {
    const info = await master.command('INFO', 'replication')
    const [, offset] = /master_repl_offset:(\d+)/.exec(info)
    return new RegExp(`state=online,offset=${offset},`).test(info)
  })
}

/** The master is killed, and sentinels promote its replica; it restarts as a replica of the new master. */
async function redisFailovers () {
  const config = { 'repl-diskless-sync-delay': 0 }
  let master = await servers.start({ config })
  let replica = await servers.start({ config: { ...config, replicaof: `${master.host} ${master.port}` } })
  await replicated(master)
  const sentinel = await servers.startSentinel(master, DOWN_MS)
  const place = { sentinels: [{ host: '127.0.0.1', port: sentinel.port }], master: 'watched', waitReplicas: 1, connectTimeoutMs: 500 }
  const fail = (below) => soon(below, async () => {
    await master.kill()
    ;[master, replica] = [replica, master]
    // If it restarted before the sentinels have finished, they would make it the master again.
    const switched = new RegExp(`status=ok,address=[^,]*:${master.port},`)
    await until('a new master', async () => switched.test(await sentinel.command('INFO', 'sentinel')))
    await replica.start()
    await replica.command('REPLICAOF', master.host, master.port)
    await replicated(master)
  })
  return { world: redis(place, undefined, { fail }), stop: () => Promise.all([sentinel, master, replica].map((each) => each.stop())) }
}

/** A master of a cluster is killed, and its replica takes its place. */
async function clusterFailovers () {
  const cluster = await servers.startCluster()
  const fail = async (below) => {
    const shards = await cluster.shards()
    const { master } = shards[below(shards.length)]
    return soon(below, async () => {
      await master.kill()
      await until('a new master', async () => (await cluster.shards()).every((shard) => shard.master !== master))
      await cluster.settled()
      await master.start()
      await cluster.settled()
      for (const shard of await cluster.shards()) await replicated(shard.master)
    })
  }
  const place = { nodes: cluster.urls, waitReplicas: 1, connectTimeoutMs: 500 }
  return { world: redis(place, undefined, { fail }), stop: () => cluster.stop() }
}

const FAILING = {
  'sqlite-kills': sqliteKills,
  'redis-kills': redisKills,
  'redis-restarts': redisRestarts,
  'redis-hangs': redisHangs,
  'redis-failovers': redisFailovers,
  'cluster-failovers': clusterFailovers
}

module.exports = { FAILING }
