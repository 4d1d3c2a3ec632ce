'use strict'

const servers = require('../servers/redis')
const { FAILING } = require('./failing')
const { Schedule } = require('./schedule')
const { connectTo, connectToCluster, memory, redis, sqlite } = require('./worlds')

const POLICIES = ['allkeys-lru', 'allkeys-lfu', 'allkeys-random', 'volatile-lru', 'volatile-lfu', 'volatile-random', 'volatile-ttl']

/** The free memory of a server that evicts: enough for the sessions of some schedules. */
const FREE_BYTES = 200000

/** What schedules run on, by name: each makes a world of stores (worlds.js), and a function that stops its servers. */
const ENVIRONMENTS = {
  memory: async () => ({ world: memory(), stop () {} }),
  sqlite: async () => ({ world: sqlite(), stop () {} }),
  async redis () {
    const server = await servers.start()
    return { world: redis({ url: server.url }, () => connectTo(server.url)), stop: () => server.stop() }
  },
  async cluster () {
    const cluster = await servers.startCluster()
    const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }))
    return { world: redis({ nodes: cluster.urls }, () => connectToCluster(nodes)), stop: () => cluster.stop() }
  },
  ...Object.fromEntries(POLICIES.map((policy) => [policy, () => startEvicting(policy)])),
  ...FAILING
}

/** A server with too little memory, so that it evicts. */
async function startEvicting (policy) {
  const server = await servers.start({ config: { 'maxmemory-policy': policy } })
  const world = redis({ url: server.url }, () => connectTo(server.url), { evictsAlways: true })
  // The memory of connections and scripts must not count, so they are made first.
  for (let seed = 1; seed <= 3; seed++) await new Schedule(await world.next(), seed).run()
  const used = Number(/used_memory:(\d+)/.exec(await world.client.info('memory'))[1])
  await world.client.config('SET', 'maxmemory', used + FREE_BYTES)
  return { world, stop: () => server.stop() }
}

/**
 * Plays the schedules of some seeds in an environment.
 *
 * @param {string} name of an environment
 * @param {{ from: number, count: number }} seeds
 * @throws {Error} of the first schedule that went wrong
 */
async function play (name, { from, count }) {
  const { world, stop } = await ENVIRONMENTS[name]()
  try {
    for (let seed = from; seed < from + count; seed++) await new Schedule(await world.next(), seed).run()
  } finally {
    await world.close()
    await stop()
  }
}

module.exports = { FAILING: Object.keys(FAILING), ENVIRONMENTS, POLICIES, play }
