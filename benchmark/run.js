'use strict'

/** The benchmark: `npm run bench`, or `npm run bench -- --help`. */

const HELP = `Measures the cost of session middleware in a Koa app: npm run bench -- [options]

  --quick             a few minutes instead of more than half an hour, and less exact
  --only PART,...     inprocess, heap, growth, sealed, compat, start, live
  --cases TEXT,...    only cases whose name contains one of the texts, such as 'cookie read' or 'modify cart'
  --subjects NAME,... only these columns
  --rounds N          rounds of each measurement; the figures are their medians
  --batch-ms N        in process: how long each subject runs in a round
  --seconds N         live: how long each subject serves in a round
  --requests N        growth: the number of requests over which memory is measured (1000000 takes some minutes)
  --load wrk|node     live: the load generator; by default wrk if it is installed, else one in Node
  --json FILE         writes all figures to a file
  --svg FILE          draws cost against session bytes, with the figures of growth: a panel for each mode, action and kind of data
  --record FILE       copies the output into a document, each part between the marks <!-- PART --> and <!-- /PART -->

Columns
  koa-session   koa-session 7
  generic       koa-generic-session, which has no cookie mode
  minimal       koa-session-minimal, which has no cookie mode and does not sign
  minimal+mem   koa-session-minimal with its own memory store, which hands the same objects to all requests
  floor         the least that JavaScript with node:crypto can do: find, verify, decode and parse the cookie; for modify
                also stringify, encode and sign. It has no dirty check, expiry, events or options
  native        the least that this package's Rust core can do: its bare calls, one to open the cookie and one to close it, with
                JSON.parse and JSON.stringify; as the floor, without a dirty check, expiry, events or options
  wrapper       this package with node:crypto and Buffer in place of its Rust core
  JSON          only JSON.parse and JSON.stringify of the session's text
  ours          this package
  ours+mem      this package with its own memory store, which keeps each session as text and merges concurrent writes

Cases
  untouched     no Cookie header, and the app does not use the session
  read          the app reads one text
  modify        the app changes one value: a counter (login, four, flat, token), an item of a list (cart, nested), or a text
                (passport, oidc)
  passport      the id of a user, as koa-passport keeps it
  login         the same with flash messages, a path to return to, a CSRF secret and a counter
  cart          a list of 12 items
  oidc          a user with roles, and two tokens of 850 and 900 bytes
  four          four short keys
  flat-N        N bytes of session JSON, in keys of about 30 bytes each
  nested-N      N bytes, as a list of items (growth and live only)
  token-N       N bytes, nearly all in one text (growth only)
  cookie        the session is in the cookie
  store         the session is in a Map of JSON text with async methods, its id in the cookie
Encrypted cookies have columns of their own: ours signs, sealed is ours with the option seal, and iron-session encrypts.
The entries of compat/ have columns of their own, beside the middleware whose interface they have.
All signed cookies are signed with the first of two keys, unless the case says otherwise.

In process: processor time of a request through a Koa app, minus that through the same app without the middleware; without
sockets, all in one process, in turn. Live: processor time of a server in its own process, minus that of bare Koa with the
same Cookie header; server and load generator share one processor. Every answer is checked before and after the measurement.
Heap: growth of the JavaScript heap over requests without garbage collection; memory outside of it does not count. Only compare
figures of one run: other machines, and other times, give other microseconds, but similar ratios.`

const { writeFileSync } = require('node:fs')

// As on a live server; outside production, Koa and others do additional work.
process.env.NODE_ENV = 'production'

const { machine } = require('./machine')
const { options: read } = require('./options')
const { plot } = require('./plot')
const { print, record, takePrinted } = require('./print')
const parts = require('./report')
const { subject } = require('./subjects')

async function main (args) {
  const options = read(args)
  if (options.help) return console.log(HELP)
  const about = machine()
  print(`${about.cpu}, ${about.cores} cores, load ${about.load}, ${about.system}, Node ${about.node}`)
  print(Object.entries(about.versions).map((pair) => pair.join(' ')).join(', '))
  const subjects = options.subjects.map(subject)
  const figures = { machine: about }
  keep(options, 'machine')
  for (const part of options.parts) {
    figures[part] = await parts[part](subjects, options)
    keep(options, part)
  }
  if (options.json) writeFileSync(options.json, `${JSON.stringify(figures, null, 2)}\n`)
  if (options.svg) writeFileSync(options.svg, plot(figures.growth.series))
}

function keep (options, name) {
  const text = takePrinted()
  if (options.record) record(options.record, name, text)
}

main(process.argv.slice(2)).then(() => {
  // Exits explicitly, since a subject's timers may keep the process alive.
  process.stdout.write('', () => process.exit())
}, (err) => {
  console.error(err)
  process.exit(1)
})
