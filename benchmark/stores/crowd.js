'use strict'

/**
 * One subject with very many sessions: the time to list and to destroy them, and how long another user's loads in the same process
 * wait meanwhile. For RedisStore, also the time to scan all sessions after the index of subjects was lost.
 */

const { mkdtemp, rm } = require('node:fs/promises')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { setImmediate, setTimeout } = require('node:timers/promises')
const redis = require('../../__test__/servers/redis')
const { Table, number } = require('../table')
const { MAX_AGE_MS, dataOf, idOf } = require('./sessions')

const CROWD = 'everybody'
const MOST = 100_000
const AT_ONCE = 1000

/** How long the loads run alone, for comparison. */
const QUIET_MS = 1000

const STORES = {
  async MemoryStore (sessions) {
    const { MemoryStore } = require('../../stores/memory')
    return { store: new MemoryStore({ maxEntries: sessions * 2, maxBytes: sessions * 4096 }) }
  },
  async SqliteStore () {
    const { SqliteStore } = require('../../stores/sqlite')
    const folder = await mkdtemp(join(tmpdir(), 'benchmark-'))
    return { store: new SqliteStore({ file: join(folder, 'sessions.db') }), end: () => rm(folder, { recursive: true }) }
  },
  async RedisStore () {
    const { RedisStore } = require('../../stores/redis')
    const server = await redis.start()
    const sets = Array.from({ length: 128 }, (_, i) => `koa-session:i:${i.toString(16).padStart(2, '0')}`)
    const loseIndex = () => server.command('UNLINK', ...sets)
    return { store: new RedisStore({ url: server.url, timeoutMs: 60000 }), loseIndex, end: () => server.stop() }
  }
}

/** Measures all stores, prints a table, and returns the figures as plain data. */
async function crowd ({ sessions, isWanted }) {
  const crowded = Math.min(MOST, Math.floor(sessions / 2))
  console.log(`\nA subject with ${crowded} sessions, among ${sessions}, ms`)
  const table = new Table(['while another user loads', 'in all', 'load p50', 'p99', 'longest'], 40)
  const figures = {}
  for (const [name, open] of Object.entries(STORES).filter(([name]) => isWanted(name))) {
    if (name === 'RedisStore' && redis.skip) {
      console.log(`${name}: skipped (${redis.skip})`)
      continue
    }
    const opened = await open(sessions)
    try {
      figures[name] = await measure(name, opened, { sessions, crowded }, table)
    } finally {
      await opened.store.close()
      await opened.end?.()
    }
  }
  return figures
}

async function measure (name, { store, loseIndex }, { sessions, crowded }, table) {
  await fill(store, 0, crowded, () => CROWD)
  await fill(store, crowded, sessions - crowded, (i) => `subject-${i}`)
  const login = { ...record(CROWD), limit: { max: crowded, overflow: 'oldest' } }
  const steps = {
    'first list, which scans all sessions': loseIndex && (() => store.list('nobody')),
    nothing: () => setTimeout(QUIET_MS),
    list: () => store.list(CROWD),
    'log in, with a limit': () => store.create(idOf(sessions), login, MAX_AGE_MS),
    destroyAll: () => store.destroyAll(CROWD),
    'list, after a loss of the index': loseIndex && (() => store.list('nobody'))
  }
  const figures = {}
  for (const [step, work] of Object.entries(steps).filter(([, work]) => work)) {
    if (step.includes('loss')) await loseIndex()
    figures[step] = await beside(store, idOf(sessions - 1), work)
    table.line([`${name}: ${step}`, ...Object.values(figures[step]).map((ms) => number(ms))])
  }
  return figures
}

const record = (subject) => ({ data: JSON.stringify(dataOf(0)), maxAge: MAX_AGE_MS, subject })

async function fill (store, from, count, subjectOf) {
  for (let i = from; i < from + count; i += AT_ONCE) {
    const length = Math.min(AT_ONCE, from + count - i)
    await Promise.all(Array.from({ length }, (_, n) => store.create(idOf(i + n), record(subjectOf(i + n)), MAX_AGE_MS)))
  }
}

/** Runs an operation while a session is loaded repeatedly. Returns the milliseconds of the operation, and of the loads. */
async function beside (store, id, work) {
  const waits = []
  const over = new AbortController()
  const loading = (async () => {
    while (!over.signal.aborted) {
      // The time includes the wait for the event loop: a request waits, too, while the event loop is busy.
      const start = performance.now()
      await setImmediate()
      await store.load(id)
      waits.push(performance.now() - start)
    }
  })()
  const start = performance.now()
  await work()
  const all = performance.now() - start
  over.abort()
  await loading
  waits.sort((a, b) => a - b)
  const at = (part) => waits[Math.min(Math.floor(waits.length * part), waits.length - 1)]
  return { all, p50: at(0.5), p99: at(0.99), longest: at(1) }
}

module.exports = { crowd }
