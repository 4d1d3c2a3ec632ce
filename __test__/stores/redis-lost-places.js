'use strict'

// The servers whose replies are lost: one, or the masters of a cluster, behind a proxy.

const Redis = require('ioredis')
const { freePort, until } = require('../servers/process')
const { Proxy } = require('../servers/proxy')
const servers = require('../servers/redis')

const MASTERS = 3
const SLOTS = 16384

/** Servers, and the proxy between them and the stores. */
class Place {
  constructor (nodes, proxy, options) {
    this.nodes = nodes
    this.proxy = proxy
    /** The options of a store that uses them. */
    this.options = options
    this.clients = nodes.map((node) => new Redis(node.url))
  }

  /** Pauses all servers. */
  pause () { for (const node of this.nodes) node.pause() }
  resume () { for (const node of this.nodes) node.resume() }

  /** Waits until the servers have executed all commands sent so far. */
  async settled () {
    for (let i = 0; i < 2; i++) await Promise.all(this.clients.map((client) => client.ping()))
  }

  /** Removes the keys that would expire within a time, as if it had passed. */
  async age (ms) {
    await this.#each('*', async (client, key) => {
      const left = await client.pttl(key)
      if (left > 0 && left < ms) await client.del(key)
    })
  }

  loseIndex () { return this.#each('*i:*', (client, key) => client.del(key)) }

  /** Removes all sessions and all index entries; the index remains marked as complete. */
  async empty () {
    await this.#each('*s:*', (client, key) => client.del(key))
    await this.#each('*i:*', async (client, key) => {
      const entries = (await client.zrange(key, 0, -1)).filter((entry) => !entry.startsWith('!'))
      if (entries.length > 0) await client.zrem(key, entries)
    })
  }

  async #each (pattern, change) {
    await Promise.all(this.clients.map(async (client) => {
      await Promise.all((await client.keys(pattern)).map((key) => change(client, key)))
    }))
  }

  async stop () {
    await Promise.all(this.clients.map((client) => client.quit()))
    await this.proxy.close()
    await Promise.all(this.nodes.map((node) => node.stop()))
  }
}

async function startAlone () {
  const node = await servers.start()
  const proxy = await Proxy.before(node.port)
  return new Place([node], proxy, { url: proxy.urls[0] })
}

/** Starts masters that announce the proxy's ports as their own. */
async function startMasters () {
  const config = async () => ({ 'cluster-enabled': 'yes', 'cluster-port': await freePort() })
  const nodes = await Promise.all(Array.from({ length: MASTERS }, async () => servers.start({ config: await config() })))
  const proxy = await Proxy.before(...nodes.map((node) => node.port))
  const [first] = nodes
  for (const [i, node] of nodes.entries()) {
    const slots = [i, i + 1].map((n) => Math.floor(SLOTS * n / MASTERS))
    await node.command('CONFIG', 'SET', 'cluster-announce-port', proxy.ports[i])
    await node.command('CLUSTER', 'ADDSLOTSRANGE', slots[0], slots[1] - 1)
    const [, bus] = (await node.command('CONFIG', 'GET', 'cluster-port')).split('\n')
    await first.command('CLUSTER', 'MEET', node.host, node.port, bus)
  }
  await until('the cluster', async () => {
    const infos = await Promise.all(nodes.map((node) => node.command('CLUSTER', 'INFO')))
    return infos.every((text) => /cluster_state:ok/.test(text) && /cluster_slots_ok:16384/.test(text))
  })
  // With this prefix, the sessions move between nodes.
  return new Place(nodes, proxy, { nodes: proxy.urls, prefix: 'session:' })
}

module.exports = { startAlone, startMasters }
