'use strict'

// What `waitReplicas` promises: the replicas have each write that succeeds; a write that they do not confirm rejects.

const assert = require('node:assert/strict')
const { createHash } = require('node:crypto')
const { after, afterEach, before, describe, test } = require('node:test')
const { openGate } = require('../servers/gate')
const { until } = require('../servers/process')
const servers = require('../servers/redis')
const { RedisStore } = require('../../stores/redis')

const TTL = 600000
const hash = (id) => createHash('sha256').update(id).digest('base64url')
const record = (subject, more) => ({ data: '{"n":1}', maxAge: TTL, subject, ...more })
const key = (id) => `koa-session:s:${hash(id)}`
const NOTHING = { base: 1, set: '', delete: [] }
const SHORT = { code: 'ERR_SESSION_STORE', store: 'redis', reason: 'replicas', wanted: 1, acknowledged: 0 }

const AT_ONCE = { 'repl-diskless-sync-delay': 0 }
async function startReplica (master, port) {
  const replica = await servers.start({ config: { replicaof: `127.0.0.1 ${port}`, ...AT_ONCE } })
  await isUp(master, replica)
  return replica
}
const isUp = (master, replica) => until('the replica', async () => {
  const infos = await Promise.all([master, replica].map((server) => server.command('INFO', 'replication')))
  return /state=online,offset=[1-9]/.test(infos[0]) && /master_link_status:up/.test(infos[1])
})

describe('a server with a replica', { skip: servers.skip }, () => {
  let master, gate, replica, store, plain
  before(async () => {
    master = await servers.start({ config: AT_ONCE })
    gate = await openGate(master.port)
    replica = await startReplica(master, gate.port)
    store = new RedisStore({ url: master.url, waitReplicas: 1, timeoutMs: 1000 })
    plain = new RedisStore({ url: master.url })
  })
  after(() => Promise.all([store.close(), plain.close(), gate.end(), master.stop(), replica.stop()]))
  afterEach(() => gate.release())

  const has = async (id) => await replica.command('EXISTS', key(id)) === '1'

  test('the replica has each write that succeeded', async () => {
    await store.create('begun', record('alice'), TTL)
    assert.equal(await has('begun'), true)
    await store.regenerate('begun', 'moved', { ...NOTHING, subject: 'bob' }, TTL)
    assert.deepEqual([await replica.command('HEXISTS', key('begun'), 'm'), await has('moved')], ['0', true])
    assert.equal(await replica.command('HGET', key('moved'), 's'), 'bob')
    await store.merge('moved', { ...NOTHING, base: 2, subject: null }, TTL)
    assert.equal(await replica.command('HGET', key('moved'), 's'), '')
    assert.equal(await store.destroy('moved'), true)
    assert.equal(await has('moved'), false)
    for (const id of ['c', 'd', 'e']) await store.create(id, record('carol', { limit: { max: 2, overflow: 'oldest' } }), TTL)
    assert.equal(await has('c'), false)
    assert.equal(await store.destroyAll('carol', { except: hash('e') }), 1)
    assert.deepEqual([await has('d'), await has('e')], [false, true])
    assert.equal(await store.destroyAll('carol', { only: hash('e') }), 1)
    assert.equal(await has('e'), false)
  })

  test('replicas that do not answer, with `waitReplicas`: no session is created', async () => {
    gate.hold()
    await assert.rejects(store.create('unbegun', record('alice'), TTL), { ...SHORT, host: master.host, port: master.port })
    assert.equal(await plain.load('unbegun'), undefined)
    assert.deepEqual(await plain.list('alice'), [])
  })

  test('replicas that do not answer: no session gets a new id', async () => {
    await plain.create('old', record('dave'), TTL)
    gate.hold()
    await assert.rejects(store.regenerate('old', 'new', NOTHING, TTL), SHORT)
    assert.equal((await plain.load('old')).data, '{"n":1}')
    assert.equal(await plain.load('new'), undefined)
    assert.deepEqual((await plain.list('dave')).map(({ hash }) => hash), [hash('old')])
  })

  for (const [name, end] of [
    ['destroy', () => store.destroy('ended')],
    ['destroyAll', () => store.destroyAll('erin')],
    ['revoke', () => store.destroyAll('erin', { only: hash('ended') })]
  ]) {
    test(`${name} ends a session nevertheless, and rejects until the replica confirms it`, async () => {
      await store.create('ended', record('erin'), TTL)
      gate.hold()
      await assert.rejects(end(), SHORT)
      assert.equal(await plain.load('ended'), undefined)
      await assert.rejects(end(), SHORT)
      assert.equal(await has('ended'), true)
      gate.release()
      await end()
      assert.equal(await has('ended'), false)
    })
  }

  test('destroyAll ends all sessions, even if they are many', async () => {
    const ids = Array.from({ length: 600 }, (_, i) => `many-${i}`)
    await Promise.all(ids.map((id) => plain.create(id, record('frank'), TTL)))
    gate.hold()
    await assert.rejects(store.destroyAll('frank'), SHORT)
    assert.deepEqual(await plain.list('frank'), [])
  })

  test('loads, touches and merges of data do not wait for replicas', async () => {
    await store.create('busy', record('grace'), TTL)
    await plain.create('idle', record('grace'), TTL)
    gate.hold()
    const order = []
    const note = (name) => () => order.push(name)
    const ending = store.destroy('idle').catch(note('destroy'))
    // Calls after the destroy do not wait for it either.
    await until('it to be gone', async () => await plain.load('idle') === undefined)
    await store.load('busy').then(note('load'))
    await store.merge('busy', { ...NOTHING, set: '{"n":2}' }, TTL).then(note('merge'))
    await store.touch('busy', TTL).then(note('touch'))
    await ending
    assert.deepEqual(order, ['load', 'merge', 'touch', 'destroy'])
  })

  test('many writes at once wait together', async () => {
    const ids = Array.from({ length: 200 }, (_, i) => `once-${i}`)
    await Promise.all(ids.map((id) => store.create(id, record(), TTL)))
    gate.hold()
    const ends = await Promise.allSettled(ids.map((id) => store.destroy(id)))
    assert.deepEqual([...new Set(ends.map(({ reason }) => reason?.reason))], ['replicas'])
    assert.deepEqual(await Promise.all(ids.map((id) => plain.load(id))), ids.map(() => undefined))
  })

  test('a replica that comes back in time', async () => {
    await store.create('late', record(), TTL)
    gate.hold()
    const ending = store.destroy('late')
    await until('it to be gone', async () => await plain.load('late') === undefined)
    gate.release()
    assert.equal(await ending, true)
    assert.equal(await has('late'), false)
  })

  test('a replica that was killed', async () => {
    await store.create('left', record(), TTL)
    await replica.kill()
    await assert.rejects(store.destroy('left'), SHORT)
    await replica.start()
    await isUp(master, replica)
    assert.equal(await store.destroy('left'), false)
    assert.equal(await has('left'), false)
  })
})

const ioredis = (Redis) => ({ make: (url) => new Redis(url), end: (client) => client.disconnect() })
const nodeRedis = ({ createClient }) => ({
  make: (url) => createClient({ url }).on('error', () => {}).connect(),
  end: (client) => client.destroy()
})
const CLIENTS = {
  'ioredis 5': ioredis(require('ioredis')),
  'ioredis 6': ioredis(require('ioredis6')),
  'node-redis 5': nodeRedis(require('redis')),
  'node-redis 6': nodeRedis(require('redis6'))
}

describe('clients of the app', { skip: servers.skip }, () => {
  let master, gate, replica
  before(async () => {
    master = await servers.start({ config: AT_ONCE })
    gate = await openGate(master.port)
    replica = await startReplica(master, gate.port)
  })
  after(() => Promise.all([gate.end(), master.stop(), replica.stop()]))

  for (const [name, { make, end }] of Object.entries(CLIENTS)) {
    test(name, async (t) => {
      const id = `${name}\0`
      const client = await make(master.url)
      t.after(() => end(client))
      client.on('error', () => {})
      const store = new RedisStore({ client, waitReplicas: 1 })
      await store.create(id, record(`alice\0${name}`), TTL)
      assert.equal(await replica.command('EXISTS', key(id)), '1')
      assert.deepEqual(await store.merge(id, { ...NOTHING, set: '{"n":2}' }, TTL), { rev: 2, conflicts: [], maxAge: TTL })
      gate.hold()
      const order = []
      const endings = [store.destroy(id), store.destroyAll('nobody'), store.destroy('nobody')]
      const ending = Promise.allSettled(endings).then((ends) => {
        order.push('ended')
        return ends.map(({ reason }) => reason?.reason)
      })
      await until('it to be gone', async () => await store.load(id) === undefined)
      order.push('loaded')
      assert.deepEqual([await ending, order], [['replicas', undefined, 'replicas'], ['loaded', 'ended']])
      gate.release()
      assert.equal(await store.destroy(id), false)
      assert.equal(await replica.command('EXISTS', key(id)), '0')
      await store.close()
      assert.equal(await client.get('nothing'), null)
      assert.equal((await master.command('CLIENT', 'LIST', 'TYPE', 'normal')).split('\n').length, 2)
    })
  }

  test('a connection that breaks during the wait for replicas gives the reason lost', async (t) => {
    const way = await openGate(master.port)
    t.after(() => way.end())
    const client = new (require('ioredis'))(way.url)
    t.after(() => client.disconnect())
    client.on('error', () => {})
    const store = new RedisStore({ client, waitReplicas: 1 })
    await store.create('broken', record(), TTL)
    gate.hold()
    const ending = assert.rejects(store.destroy('broken'), { reason: 'lost' })
    await until('it to be gone', async () => await store.load('broken') === undefined)
    way.cut()
    await ending
    gate.release()
    await store.close()
  })
})

test('a failover right after the answer loses nothing', { skip: servers.skip }, async (t) => {
  const master = await servers.start({ config: AT_ONCE })
  const gate = await openGate(master.port)
  const replica = await startReplica(master, gate.port)
  t.after(() => Promise.all([master.stop(), gate.end(), replica.stop()]))
  const sentinel = await servers.startSentinel(master)
  t.after(() => sentinel.stop())
  const sentinels = [{ host: '127.0.0.1', port: sentinel.port }]
  const store = new RedisStore({ sentinels, master: 'watched', timeoutMs: 6000, waitReplicas: 1 })
  const plain = new RedisStore({ url: master.url })
  t.after(() => Promise.all([store.close(), plain.close()]))
  const ids = Array.from({ length: 200 }, (_, i) => `id-${i}`)
  await Promise.all(ids.map((id) => store.create(id, record('alice'), TTL)))
  const answered = []
  const destroy = (id) => store.destroy(id).then(() => answered.push(id), () => {})
  await Promise.all(ids.slice(0, 100).map(destroy))
  // From now on, only the master gets the writes.
  gate.hold()
  const ends = ids.slice(100).map(destroy)
  await until('them to be gone', async () => await plain.load(ids.at(-1)) === undefined)
  await master.kill()
  await Promise.all(ends)
  await until('the new master', async () => /role:master/.test(await replica.command('INFO', 'replication')))
  const now = new RedisStore({ url: replica.url })
  t.after(() => now.close())
  assert.ok(answered.length >= 100)
  for (const id of answered) assert.equal(await now.load(id), undefined, id)
})

describe('a cluster', { skip: servers.skip }, () => {
  let cluster, store, plain
  before(async () => {
    cluster = await servers.startCluster()
    await until('the replicas', async () => (await cluster.shards()).every(({ replicas }) => replicas.length === 1))
    store = new RedisStore({ nodes: cluster.urls, waitReplicas: 1, timeoutMs: 1000 })
    plain = new RedisStore({ nodes: cluster.urls })
  })
  after(() => Promise.all([store.close(), plain.close(), cluster.stop()]))

  test('each node waits for its own replicas', async () => {
    const ids = Array.from({ length: 60 }, (_, i) => `id-${i}`)
    await Promise.all(ids.map((id) => store.create(id, record('alice'), TTL)))
    const [{ master, replicas: [replica] }] = await cluster.shards()
    const masters = await Promise.all(ids.map((id) => cluster.masterOf(key(id))))
    replica.pause()
    const ends = await Promise.allSettled(ids.map((id) => store.destroy(id)))
    const expected = masters.map((each) => each === master ? 'replicas' : undefined)
    assert.deepEqual(ends.map(({ reason }) => reason?.reason), expected)
    assert.ok(new Set(expected).size === 2)
    const { port } = ends.find(({ reason }) => reason).reason
    assert.equal(port, master.port)
    replica.resume()
    assert.equal(await store.destroyAll('alice'), 0)
    assert.deepEqual(await Promise.all(ids.map((id) => plain.load(id))), ids.map(() => undefined))
  })

  test('destroyAll asks all nodes', async () => {
    const ids = Array.from({ length: 60 }, (_, i) => `all-${i}`)
    await Promise.all(ids.map((id) => store.create(id, record('bob'), TTL)))
    const [{ replicas: [replica] }] = await cluster.shards()
    replica.pause()
    await assert.rejects(store.destroyAll('bob'), SHORT)
    replica.resume()
    assert.deepEqual(await Promise.all(ids.map((id) => plain.load(id))), ids.map(() => undefined))
    assert.equal(await store.destroyAll('bob'), 0)
  })

  test('a failover right after the answer loses nothing', async () => {
    const ids = Array.from({ length: 60 }, (_, i) => `over-${i}`)
    await Promise.all(ids.map((id) => store.create(id, record('carol'), TTL)))
    await Promise.all(ids.slice(0, 30).map((id) => store.destroy(id)))
    await Promise.all(ids.slice(30).map((id) => store.regenerate(id, `new-${id}`, NOTHING, TTL)))
    const master = await cluster.masterOf(key(ids[0]))
    await master.kill()
    await cluster.settled()
    assert.deepEqual(await Promise.all(ids.map((id) => plain.load(id))), ids.map(() => undefined))
    const moved = await Promise.all(ids.slice(30).map((id) => plain.load(`new-${id}`)))
    assert.deepEqual([...new Set(moved.map((each) => each?.data))], ['{"n":1}'])
  })
})
