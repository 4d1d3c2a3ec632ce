'use strict'

/** The benchmark: `npm run bench`, or `npm run bench -- --help`. */

const HELP = `Measures what session middleware costs a Koa app: npm run bench -- [options]

  --quick             a few minutes instead of fifteen, and less exact
  --only PART,...     inprocess, heap, growth, start, live
  --cases TEXT,...    only cases whose name has one of the texts in it, such as 'cookie read' or 'modify 1000'
  --subjects NAME,... only these columns
  --rounds N          rounds of each measurement; the figures are medians of them
  --batch-ms N        in process: how long one runs at a time
  --seconds N         live: how long one serves at a time
  --requests N        growth: after how many requests memory is looked at (1000000 takes some minutes)
  --load wrk|node     live: the load generator; wrk where it is installed, otherwise one in Node
  --json FILE         writes all figures to a file
  --svg FILE          draws cost against bytes, as growth measures it
  --record FILE       puts what is printed into a document, each part between the marks <!-- PART --> and <!-- /PART -->

Columns
  koa-session   koa-session 7
  generic       koa-generic-session, which has no cookie mode
  minimal       koa-session-minimal, which has no cookie mode and signs nothing
  minimal+mem   the same with its own memory store, where sessions are objects shared by reference
  floor         the least that JavaScript over node:crypto can do: find the cookie, verify, decode and parse it; for modify
                also stringify, encode and sign. It tells no change, knows no expiry, no events and no options
  wrapper       this package with JavaScript over node:crypto and Buffer in the place of its Rust core
  JSON          JSON.parse and JSON.stringify of the session's text, nothing else
  ours          this package
  ours+mem      the same with its own memory store, where sessions are kept apart as text and writes are merged

Cases
  untouched     no Cookie header, and the app does not look at the session
  read          the app reads one key
  modify        the app changes one key
  100 to 3000   bytes of session JSON, in keys of about 30 bytes each
  cookie        the session is in the cookie
  store         the session is in a Map of JSON text behind async functions, its id in the cookie
All signed cookies are signed by the first of two keys, unless the case says otherwise.

In process: processor time of a request through a Koa app, less that through the same app without the middleware; without
sockets, all in one process, in turn. Live: processor time of a server in a process of its own, less that of bare Koa which
gets the same Cookie header; server and load generator share one processor. Every answer is checked before it is measured,
and again after. Heap: growth of JavaScript's heap over requests between which nothing is collected; what is allocated outside
of it does not count. Compare figures of one run only: the ratios mean something, the microseconds are this machine's of this
moment.`

const { writeFileSync } = require('node:fs')

// As in a live server: Koa and others do more outside of production.
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
  // Timers of a subject must not keep the process.
  process.stdout.write('', () => process.exit())
}, (err) => {
  console.error(err)
  process.exit(1)
})
