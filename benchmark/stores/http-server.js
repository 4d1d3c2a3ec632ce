'use strict'

/** Serves an app on a free port, and sends its parent the port: `node http-server.js SUBJECT URL`. Exits when its parent does. */

const { createApp } = require('../app')
const { BARE } = require('../subjects')
const { HTTP_SUBJECTS } = require('./http-subjects')

async function main ([name, url]) {
  const found = HTTP_SUBJECTS.find((one) => one.name === name)
  const subject = found === undefined ? BARE : await found.prepare(url)
  const server = createApp(subject, 'cookie').listen(0, '127.0.0.1', () => process.send(server.address().port))
}

process.on('disconnect', () => process.exit())
main(process.argv.slice(2))
