'use strict'

/** The benchmark of stores: `npm run bench:stores`, or `npm run bench:stores -- --help`. */

const HELP = `Measures stores of sessions: npm run bench:stores -- [options]

  --quick             20,000 sessions and one short round, to see that it works: less than two minutes
  --only PART,...     memory, sqlite, redis, crowd, http
  --stores TEXT,...   only stores whose name has one of the texts in it
  --sessions N        in each store; 1000000 without it
  --rounds N          rounds of each measurement; the figures are medians of them
  --ms N              how long a store is asked at a time
  --seconds N         http: how long a server answers at a time
  --json FILE         writes all figures to a file

memory, sqlite, redis
  Each store is in a process of its own, with a Redis server or a folder of its own, and has sessions of 300 bytes of JSON in 11
  keys, beside what its middleware adds (an expiry, a cookie's attributes). Nothing is pinned to a processor.
  bytes       a session: growth of the process in memory, of the files on the disk, or of Redis's used_memory
  lookup      a session, chosen at random, is an object in the app's hands. Where a store gives text, parsing it is included
  write       a counter changes: session stores merge the key, the others are given the whole session
  1, 64, 256  operations in flight. Stores that answer at once have 64 or 256 operations in a turn of the event loop instead
  p50, p99    latency of the operation. Where it answers at once it waits for nothing; the others wait for those before them
  main        processor time of the main thread, µs an operation; all: that of all threads of the process
  + ioredis, + node-redis  RedisStore over this client; without, its own connection. + adapter: through our adapter
  server      processor time of Redis, µs an operation
  delay       of the event loop while writing, ms: p99 and the longest

crowd
  MemoryStore, SqliteStore and RedisStore, where up to 100,000 sessions are one subject's. Another user's session is loaded again
  and again while these are listed and destroyed, and while all sessions are looked at, as after a loss of the index of subjects.

http
  A Koa app over Redis for each store and middleware, in a process of its own, reads a session of 1000 bytes, or changes one of
  its keys. wrk keeps 256 connections busy, which take turns with 1024 sessions. Nothing is pinned to a processor. bare is Koa
  without sessions, which gets the same requests.

Every answer is checked. Compare figures of one run only: the ratios mean something, the microseconds are this machine's of this
moment.`

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
