'use strict'

/** The benchmark of stores: `npm run bench:stores`, or `npm run bench:stores -- --help`. */

const HELP = `Measures stores of sessions: npm run bench:stores -- [options]

  --quick             20,000 sessions and one short round, to see that it works: less than two minutes
  --only PART,...     memory, sqlite, redis, crowd, http
  --stores TEXT,...   only stores whose name contains one of the texts
  --sessions N        the number of sessions in each store; by default 1000000
  --rounds N          rounds of each measurement; the figures are their medians
  --ms N              how long each store is measured in a round
  --seconds N         http: how long each server is measured in a round
  --json FILE         writes all figures to a file

memory, sqlite, redis
  Each store has its own process, with its own Redis server or folder, and sessions of 300 bytes of JSON in 11 keys, beside the data
  that its middleware adds (an expiry, a cookie's attributes). Nothing is pinned to a processor.
  bytes       bytes a session: growth of the process in memory, of the files on the disk, or of Redis's used_memory
  lookup      loads a session, chosen at random, as an object; if a store returns text, parsing it is included
  write       changes a counter: session stores merge the key, the others write the whole session
  1, 64, 256  operations in flight; for synchronous stores, operations in a turn of the event loop
  p50, p99    latency of an operation. Synchronous stores wait for nothing; the others wait for the operations before
  main        processor time of the main thread, µs an operation; all: that of all threads of the process
  + ioredis, + node-redis  RedisStore with this client; otherwise it has its own connection. + adapter: with our adapter
  server      processor time of Redis, µs an operation
  delay       of the event loop while writing, ms: p99 and the longest

crowd
  MemoryStore, SqliteStore and RedisStore with up to 100,000 sessions of one subject. The session of another user is loaded
  repeatedly while these are listed and destroyed, and while all sessions are scanned, as after a loss of the index of subjects.

http
  A Koa app with Redis for each store and middleware, in its own process, reads a session of 1000 bytes, or changes one of its keys.
  wrk keeps 256 connections busy, which use 1024 sessions in turn. Nothing is pinned to a processor. bare is Koa without sessions,
  with the same requests.

Every answer is checked. Only compare figures of one run: other machines, and other times, give other microseconds, but similar
ratios.`

const { writeFileSync } = require('node:fs')
const { machine } = require('./machine')
const { crowd } = require('./stores/crowd')
const { http } = require('./stores/http')
const { options: read } = require('./stores/options')
const { stores } = require('./stores/report')
const { packageVersions } = require('./stores/versions')

async function main (args) {
  const options = read(args)
  if (options.help) return console.log(HELP)
  const about = { ...machine(), versions: packageVersions() }
  console.log(`${about.cpu}, ${about.cores} cores, load ${about.load}, ${about.system}, Node ${about.node}`)
  console.log(Object.entries(about.versions).map((pair) => pair.join(' ')).join(', '))
  const figures = { machine: about }
  for (const part of options.parts) {
    const measure = { crowd, http }[part] ?? ((options) => stores(part, options))
    figures[part] = await measure(options)
  }
  if (options.json) writeFileSync(options.json, `${JSON.stringify(figures, null, 2)}\n`)
}

main(process.argv.slice(2)).then(() => {
  process.stdout.write('', () => process.exit())
}, (err) => {
  console.error(err)
  process.exit(1)
})
