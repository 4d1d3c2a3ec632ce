'use strict'

const http = require('node:http')

/** How long requests may go on at the end. */
const PATIENCE_MS = 500

/** Starts the server, prints its address, and ends it at SIGINT (Ctrl-C) and SIGTERM: first the server, then the store. */
module.exports = async function listen (app, mode) {
  const server = http.createServer(app.callback())
  const port = Number(process.env.PORT || 3000)
  try {
    // A store that cannot be used fails here, and not at the first visit.
    await mode.store?.list('nobody')
    await new Promise((resolve, reject) => { server.listen(port, '127.0.0.1', resolve).on('error', reject) })
  } catch (error) {
    console.error(error.code === 'EADDRINUSE' ? `Port ${port} is taken. Use another one: PORT=${port + 1} npm start` : error.message)
    process.exitCode = 1
    return mode.store?.close()
  }
  console.log(greeting(`http://127.0.0.1:${server.address().port}/`, mode))

  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      server.close(() => mode.store?.close())
      setTimeout(() => server.closeAllConnections(), PATIENCE_MS).unref()
    })
  }
}

function greeting (address, { name, names }) {
  const others = names.filter((other) => other !== name)
  return `The example is at ${address}

Log in there with two browsers, and end one session from the other. Ctrl-C ends the example.

  MODE=${others.join('|')} npm start
      keeps sessions elsewhere (now: ${name}); sqlite reads SQLITE_FILE, redis reads REDIS_URL
  SESSION_KEYS=KEY npm start
      signs with your own key of 32 characters or more (several: the newest first, with commas); now they are ${process.env.SESSION_KEYS ? 'those of SESSION_KEYS' : 'random, so sessions end with this process'}
`
}
