'use strict'

/**
 * Redis servers for tests; Valkey works, too.
 *
 *   const { skip, start, startCluster, startSentinel } = require('../servers/redis')
 *
 *   describe('...', { skip }, () => {
 *     let redis
 *     before(async () => { redis = await start({ appendonly: true }) })
 *     after(() => redis.stop())
 *   })
 */

const { readFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')

const certificate = require('./certificate')
const { ServerProcess, find, freePort, requirePrograms, run, skipWithout, temporaryDirectory, until } = require('./process')

const programs = {
  'redis-server': find('redis-server', 'valkey-server'),
  'redis-cli': find('redis-cli', 'valkey-cli'),
  ...certificate.programs
}

/** The reason to skip tests, or false. */
const skip = skipWithout(programs)

const READY = /Ready to accept connections/

/** Masters of a cluster, each with one replica. */
const MASTERS = 3

/** A running server: a ServerProcess (port, pid, kill, pause, resume, restart, stop), with the options of a client. */
class RedisServer extends ServerProcess {
  host = '127.0.0.1'
  password
  /** PEM text of the authority, and the file that has it; undefined without TLS. */
  ca
  caFile

  constructor (how, { password, files }) {
    super(how)
    this.password = password
    this.ca = files && readFileSync(files.ca, 'utf8')
    this.caFile = files?.ca
  }

  get url () {
    return `redis${this.ca ? 's' : ''}://${this.password ? `:${this.password}@` : ''}${this.host}:${this.port}`
  }

  /** Runs a command: `await redis.command('GET', 'key')` returns the output of redis-cli. */
  async command (...args) {
    const tls = this.ca ? ['--tls', '--cacert', this.caFile] : []
    const env = { ...process.env, ...this.password && { REDISCLI_AUTH: this.password } }
    const printed = await run(programs['redis-cli'], ['-h', this.host, '-p', this.port, ...tls, ...args], { env })
    return printed.replace(/\n$/, '')
  }
}

/**
 * Starts a single server.
 *
 * @param {object} [options]
 * @param {boolean} [options.appendonly] every write is on disk before it is acknowledged, and there after a restart
 * @param {string} [options.password]
 * @param {boolean} [options.tls] TLS only, with a certificate of a new authority
 * @param {Record<string, string>} [options.config] further directives
 * @returns {Promise<RedisServer>}
 */
async function start ({ appendonly = false, password, tls = false, config = {} } = {}) {
  requirePrograms(programs)
  const directory = temporaryDirectory('redis')
  const files = tls ? await certificate.makeCertificate(directory) : undefined
  const directives = {
    bind: '127.0.0.1',
    save: '',
    dir: directory,
    appendonly: appendonly ? 'yes' : 'no',
    appendfsync: 'always',
    ...password && { requirepass: password, masterauth: password },
    ...files && {
      'tls-cert-file': files.cert, 'tls-key-file': files.key, 'tls-ca-cert-file': files.ca, 'tls-auth-clients': 'no'
    },
    ...config
  }
  const args = (port) => toArguments({ port: tls ? 0 : port, ...tls && { 'tls-port': port }, ...directives })
  const how = { name: 'redis-server', program: programs['redis-server'], args, ready: READY, directory }
  return new RedisServer(how, { password, files }).start()
}

function toArguments (directives) {
  return Object.entries(directives).flatMap(([name, value]) => [`--${name}`, String(value)])
}

/**
 * Starts a sentinel that watches a server by the name 'watched', and promotes a replica if the server does not answer for half a
 * second, or `downAfterMs`.
 *
 * @param {RedisServer} master
 * @param {number} [downAfterMs]
 * @returns {Promise<RedisServer>}
 */
async function startSentinel (master, downAfterMs = 500) {
  const directory = temporaryDirectory('sentinel')
  const file = join(directory, 'sentinel.conf')
  writeFileSync(file, [
    `sentinel monitor watched 127.0.0.1 ${master.port} 1`,
    `sentinel down-after-milliseconds watched ${downAfterMs}`,
    'sentinel failover-timeout watched 3000',
    'bind 127.0.0.1', ''
  ].join('\n'))
  const args = (port) => [file, '--sentinel', '--port', port]
  const sentinel = new RedisServer({ name: 'sentinel', program: programs['redis-server'], args, ready: /\+monitor/, directory }, {})
  await sentinel.start()
  await until('the sentinel to know the replica', async () => /slaves=[1-9]/.test(await sentinel.command('INFO', 'sentinel')))
  return sentinel
}

/** A running cluster. */
class RedisCluster {
  /** @type {RedisServer[]} */
  nodes

  constructor (nodes) {
    this.nodes = nodes
  }

  /** Returns the URLs of all nodes. */
  get urls () { return this.nodes.map((node) => node.url) }

  /**
   * Returns the current masters and replicas, as known to a running node.
   *
   * @returns {Promise<{ master: RedisServer, replicas: RedisServer[] }[]>}
   */
  async shards () {
    const [node] = this.#living()
    const lines = (await node.command('CLUSTER', 'NODES')).split('\n').map((line) => line.split(' '))
    const byId = new Map(lines.map(([id, address]) => [id, this.#at(address)]))
    const isFailed = (flags) => /fail/.test(flags)
    return lines.filter((line) => isServing(line) && !isFailed(line[2])).map(([id]) => ({
      master: byId.get(id),
      replicas: lines.filter(([, , flags, of]) => of === id && !isFailed(flags)).map(([each]) => byId.get(each))
    }))
  }

  /** Returns the master that has a key. */
  async masterOf (key) {
    const [node] = this.#living()
    const slot = Number(await node.command('CLUSTER', 'KEYSLOT', key))
    const lines = (await node.command('CLUSTER', 'NODES')).split('\n').map((line) => line.split(' '))
    const isIn = (range) => {
      const [first, last = first] = range.split('-').map(Number)
      return slot >= first && slot <= last
    }
    const [, address] = lines.find(([, , flags, , , , , , ...ranges]) => !/fail/.test(flags) && ranges.some(isIn))
    return this.#at(address)
  }

  /** Waits until all running nodes report that all slots are served, and by the same masters. */
  async settled () {
    await until('the cluster to be ok', async () => {
      const infos = await Promise.all(this.#living().map((node) => node.command('CLUSTER', 'INFO')))
      if (!infos.every((text) => /cluster_state:ok/.test(text) && /cluster_slots_ok:16384/.test(text))) return false
      const views = await Promise.all(this.#living().map(async (node) => {
        const lines = (await node.command('CLUSTER', 'NODES')).split('\n').map((line) => line.split(' '))
        return lines.filter(isServing).map(([id]) => id).sort().join()
      }))
      return new Set(views).size === 1
    })
  }

  /** Ends all nodes. */
  async stop () {
    await Promise.all(this.nodes.map((node) => node.stop()))
  }

  #living () { return this.nodes.filter((node) => node.pid !== undefined) }

  #at (address) {
    const port = Number(/:(\d+)@/.exec(address)[1])
    return this.nodes.find((node) => node.port === port)
  }
}

/** Returns whether a node is a master with slots. A restarted one has none until it learns that it is a replica. */
function isServing ([, , flags, , , , , , ...ranges]) {
  return /master/.test(flags) && ranges.some((range) => /^\d/.test(range))
}

/**
 * Starts a cluster of three masters, each with a replica.
 *
 * @param {object} [options]
 * @param {string} [options.password]
 * @param {boolean} [options.appendonly]
 * @param {number} [options.nodeTimeoutMs] after which a node that does not answer is considered down
 * @returns {Promise<RedisCluster>}
 */
async function startCluster ({ nodeTimeoutMs = 1000, ...options } = {}) {
  requirePrograms(programs)
  const nodes = await Promise.all(Array.from({ length: MASTERS * 2 }, async () => start({
    ...options,
    config: {
      'cluster-enabled': 'yes',
      'cluster-port': await freePort(),
      'cluster-node-timeout': nodeTimeoutMs,
      'repl-diskless-sync-delay': 0
    }
  })))
  const cluster = new RedisCluster(nodes)
  try {
    await joinNodes(cluster)
  } catch (err) {
    await cluster.stop()
    throw err
  }
  return cluster
}

async function joinNodes (cluster) {
  const [first] = cluster.nodes
  const addresses = cluster.nodes.map((node) => `${node.host}:${node.port}`)
  await first.command('--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes')
  await cluster.settled()
  await until('the replicas', async () => {
    const infos = await Promise.all(cluster.nodes.map((node) => node.command('INFO', 'replication')))
    return infos.every((text) => /master_link_status:up|state=online/.test(text))
  })
}

module.exports = { RedisServer, RedisCluster, skip, start, startCluster, startSentinel }
