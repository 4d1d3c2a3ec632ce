'use strict'

/**
 * A load generator, used if wrk is not installed: `node load.js PORT PATH COOKIE CONNECTIONS MILLISECONDS`. Every connection has
 * one request in flight. Prints the number of answers, and the seconds that they took.
 */

const net = require('node:net')

const [port, path, cookie, connections, milliseconds] = process.argv.slice(2)
const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${cookie && `Cookie: ${cookie}\r\n`}\r\n`, 'latin1')
const start = process.hrtime.bigint()
let answered = 0
let done = false

/** Returns the length of the response at the beginning of a text; undefined if the response is not complete. */
function responseLength (text) {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  if (!text.startsWith('HTTP/1.1 200 ')) throw new Error(`not answered: ${text.slice(0, text.indexOf('\r'))}`)
  const at = text.indexOf('Content-Length: ') + 'Content-Length: '.length
  const length = end + 4 + Number.parseInt(text.slice(at, at + 10), 10)
  return text.length < length ? undefined : length
}

function connect () {
  let received = ''
  const socket = net.connect(Number(port), '127.0.0.1', () => socket.write(request))
  socket.setNoDelay(true).setEncoding('latin1').on('data', (text) => {
    received += text
    if (responseLength(received) === undefined) return
    received = ''
    answered++
    if (!done) socket.write(request)
  })
}

function report () {
  done = true
  const seconds = Number(process.hrtime.bigint() - start) / 1e9
  process.stdout.write(JSON.stringify({ answered, seconds }), () => process.exit())
}

for (let i = 0; i < Number(connections); i++) connect()
setTimeout(report, Number(milliseconds))
