'use strict'

// The worlds in which schedules run. A world has stores that share their sessions, and faults that lose some of these.

const { mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const path = require('node:path')
const Redis = require('ioredis')
const { MemoryStore } = require('../../stores/memory')
const { RedisStore } = require('../../stores/redis')
const { SqliteStore } = require('../../stores/sqlite')

/** The world of one or more schedules: `next()` returns stores without sessions. */
function memory () {
  return {
    next: () => ({ stores: [new MemoryStore()] }),
    close () {}
  }
}

const openSqlite = (options) => [0, 1].map(() => new SqliteStore(options))

/** @param {object} [how] as for redis() */
function sqlite ({ open = openSqlite, fail } = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'koa-session-rs-revocation-'))
  const stores = open({ file: path.join(folder, 'sessions.db') })
  return {
    // Schedules have different ids, but the same subjects.
    async next () {
      await stores[0].clear()
      return { stores, fail }
    },
    async close () {
      for (const store of stores) await store.close()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

const openRedis = (options) => [0, 1].map(() => new RedisStore(options))

/**
 * @param {object} place options of a RedisStore that say where the server is
 * @param {() => object} connect makes a client of ioredis, which deletes what is to be lost
 * @param {object} [how]
 * @param {boolean} [how.evictsAlways] whether the server itself evicts, so that writes may fail
 * @param {(options: object) => object[]} [how.open] makes the stores; the first is always available for looking at sessions
 * @param {(below: Function) => Function} [how.fail] makes a process fail during operations, instead of losing sessions;
 *   returns a function that waits until it works again
 */
function redis (place, connect, { evictsAlways = false, open = openRedis, fail } = {}) {
  const client = connect?.()
  let count = 0
  let stores = []
  return {
    client,
    async next () {
      await this.clear()
      const prefix = `${++count}:`
      stores = open({ timeoutMs: 30000, ...place, prefix })
      const evict = (below, hashes) => evictsAlways ? press(client, prefix) : lose(client, prefix, below, hashes)
      return { stores, evictsAlways, fail, evict: fail ? undefined : evict }
    },
    async clear () {
      await stores[0]?.clear()
      for (const store of stores) await store.close()
      stores = []
    },
    async close () {
      await this.clear()
      await client?.quit()
    }
  }
}

/** Fills a server's memory. */
async function press (client, prefix) {
  await Promise.allSettled(Array.from({ length: 40 }, (_, i) => client.set(`${prefix}other:${i}`, 'x'.repeat(1000), 'EX', 600)))
  return []
}

/** Deletes the index, or a part of it, or a session. Returns the hashes of sessions that may be lost. */
async function lose (client, prefix, below, hashes) {
  const kind = below(3)
  if (kind === 0) {
    const hash = hashes[below(hashes.length)]
    await client.unlink(`${prefix}s:${hash}`)
    return [hash]
  }
  const sets = Array.from({ length: 128 }, (_, i) => `${prefix}i:${i.toString(16).padStart(2, '0')}`)
  await Promise.all(sets.filter(() => kind === 1 || below(2) === 0).map((key) => client.unlink(key)))
  return []
}

module.exports = { memory, redis, sqlite, connectTo: (url) => new Redis(url), connectToCluster: (nodes) => new Redis.Cluster(nodes) }
