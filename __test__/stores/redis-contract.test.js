'use strict'

// The contract on real servers, over connections of our own and over the usual clients.

const assert = require('node:assert/strict')
const { after, before, describe, test } = require('node:test')
const servers = require('../servers/redis')
const { RedisStore } = require('../../stores/redis')
const { sessionStoreContract } = require('../../testing')

/** The clients, in the versions in use. */
const IOREDIS = { 'ioredis 5': require('ioredis'), 'ioredis 6': require('ioredis6') }
const NODE_REDIS = { 'node-redis 5': require('redis'), 'node-redis 6': require('redis6') }

let prefixes = 0

/** Registers the contract's clauses; each has a prefix of its own, since they share a server. */
function contract (options) {
  const make = () => new RedisStore({ prefix: `contract-${process.pid}-${++prefixes}:`, ...options() })
  for (const { name, run } of sessionStoreContract(make)) test(name, run)
}

/** Registers the contract over a client. */
function contractOver (name, connect, disconnect) {
  describe(name, () => {
    let client
    before(async () => { client = await connect() })
    after(() => disconnect(client))
    contract(() => ({ client }))
  })
}

describe('a server alone', { skip: servers.skip }, () => {
  let server
  before(async () => { server = await servers.start() })
  after(() => server.stop())

  describe('connections of our own', () => contract(() => ({ url: server.url })))
  for (const [name, Redis] of Object.entries(IOREDIS)) {
    contractOver(name, () => new Redis(server.url), (client) => client.quit())
    contractOver(`${name} with a prefix`, () => new Redis(server.url, { keyPrefix: '*a[b]:' }), (client) => client.quit())
  }
  for (const [name, { createClient }] of Object.entries(NODE_REDIS)) {
    for (const RESP of [2, 3]) {
      contractOver(`${name}, RESP${RESP}`, () => createClient({ url: server.url, RESP }).connect(), (client) => client.close())
    }
  }

  test('no key or value contains an id', async () => {
    const id = 'an-id-that-nobody-may-see'
    const store = new RedisStore({ url: server.url, prefix: 'at-rest:' })
    await store.create(id, { data: '{"user":1}', maxAge: 60000, subject: 'alice', label: 'a phone' }, 1000)
    await store.regenerate(id, `${id}-2`, { base: 1, set: '{"a":1}', delete: [] }, 1000)
    for (const key of (await server.command('KEYS', '*')).split('\n')) {
      assert.ok(!key.includes(id))
      if (key.startsWith('at-rest:')) assert.ok(!(await server.command('HGETALL', key)).includes(id))
    }
    await store.close()
  })
})

describe('a server with TLS and a password', { skip: servers.skip }, () => {
  let server
  before(async () => { server = await servers.start({ tls: true, password: 'a secret' }) })
  after(() => server.stop())

  contract(() => ({ url: `rediss://127.0.0.1:${server.port}`, password: 'a secret', tls: { ca: server.ca } }))
})

describe('a cluster', { skip: servers.skip }, () => {
  let cluster
  before(async () => { cluster = await servers.startCluster() })
  after(() => cluster.stop())

  describe('connections of our own', () => contract(() => ({ nodes: cluster.urls })))
  const nodes = () => cluster.nodes.map(({ host, port }) => ({ host, port }))
  for (const [name, Redis] of Object.entries(IOREDIS)) {
    contractOver(name, () => new Redis.Cluster(nodes()), (client) => client.quit())
  }
  const rootNodes = () => cluster.urls.map((url) => ({ url }))
  for (const [name, { createCluster }] of Object.entries(NODE_REDIS)) {
    contractOver(name, () => createCluster({ rootNodes: rootNodes() }).connect(), (client) => client.close())
  }
})
