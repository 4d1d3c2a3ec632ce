'use strict'

/** How long open connections may go on at the end. */
const PATIENCE_MS = 1000

/** Starts the server, prints its address, and ends it at SIGINT (Ctrl-C) and SIGTERM: first the server, then the store. */
module.exports = function listen (app, mode) {
  const port = Number(process.env.PORT || 3000)
  const server = app.listen(port, '127.0.0.1', () => console.log(greeting(`http://127.0.0.1:${server.address().port}/`, mode)))

  server.on('error', (error) => {
    console.error(error.code === 'EADDRINUSE'
      ? `Port ${port} is taken. Use another one: PORT=${port + 1} npm start`
      : `The example cannot listen on port ${port}: ${error.message}`)
    process.exitCode = 1
  })

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
  SESSION_KEYS=new,old npm start
      signs with your own keys; now they are ${process.env.SESSION_KEYS ? 'those of SESSION_KEYS' : 'random, so sessions end with this process'}
`
}
