'use strict'

/** Serves a subject's app on a free port, and prints the port: `node server.js SUBJECT MODE`. Exits when its parent does. */

const { createApp } = require('./app')
const { subject } = require('./subjects')

const [name, mode] = process.argv.slice(2)

const server = createApp(subject(name), mode).listen(0, '127.0.0.1', () => {
  process.stdout.write(`${server.address().port}\n`)
})

process.stdin.on('close', () => process.exit()).resume()
