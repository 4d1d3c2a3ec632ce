'use strict'

// Where schedules take place: stores over the same sessions, and what may be lost there.

const { mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const path = require('node:path')
const Redis = require('ioredis')
const { MemoryStore } = require('../../stores/memory')
const { RedisStore } = require('../../stores/redis')
const { SqliteStore } = require('../../stores/sqlite')

/** A schedule's world, or that of many: `next()` gives stores without sessions. */
function memory () {
  return {
    next: () => ({ stores: [new MemoryStore()] }),
    close () {}
  }
}

const openSqlite = (options) => [0, 1].map(() => new SqliteStore(options))

/** @param {object} [how] as of redis() */
function sqlite ({ open = openSqlite, fail } = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'koa-session-rs-revocation-'))
  const stores = open({ file: path.join(folder, 'sessions.db') })
  return {
    // The ids of a schedule are its own; its subjects are not.
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
 * @param {() => object} connect a client of ioredis, for what is lost
 * @param {object} [how]
 * @param {boolean} [how.evictsAlways] whether the server itself evicts, so that writes may fail
 * @param {(options: object) => object[]} [how.open] makes the stores; the first one is always there to look at the sessions
 * @param {(below: Function) => Function} [how.fail] has a process fail among what is asked for, in place of what is lost otherwise;
 *   gives what waits until all is well again
 */
function redis (place, connect, { evictsAlways = false, open = openRedis, fail } = {}) {
  const client = connect?.()
  let count = 0
  let stores = []
  return {
    client,
    async next () {
      await this.leave()
      const prefix = `${++count}:`
      stores = open({ timeoutMs: 30000, ...place, prefix })
      const evict = (below, hashes) => evictsAlways ? press(client, prefix) : lose(client, prefix, below, hashes)
      return { stores, evictsAlways, fail, evict: fail ? undefined : evict }
    },
    async leave () {
      await stores[0]?.clear()
      for (const store of stores) await store.close()
      stores = []
    },
    async close () {
      await this.leave()
      await client?.quit()
    }
  }
}

/** Has a server need memory, until it has no more to give. */
async function press (client, prefix) {
  await Promise.allSettled(Array.from({ length: 40 }, (_, i) => client.set(`${prefix}other:${i}`, 'x'.repeat(1000), 'EX', 600)))
  return []
}

/** Deletes the index, or a part of it, or a session. Gives the hashes of what may be lost by that. */
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
