'use strict'

const { tmpdir } = require('node:os')
const { join } = require('node:path')

const fileStore = require('./file-store')

const { PORT = 3000, SESSIONS_FILE = join(tmpdir(), 'koa-session-rs-migrating.json') } = process.env

/** Starts one of the apps. All of them have the same key, and keep their sessions in the same file. */
module.exports = function start (makeApp) {
  const app = makeApp({ store: fileStore(SESSIONS_FILE), keys: ['the key of an example, not for real apps'] })
  const server = app.listen(Number(PORT), '127.0.0.1', () => {
    const address = `http://127.0.0.1:${server.address().port}`
    const curl = 'curl -b cookies.txt -c cookies.txt'
    console.log(`The app is at ${address}

  ${curl} -X POST ${address}/login
  ${curl} ${address}/
  ${curl} ${address}/me
  ${curl} -X POST ${address}/logout
`)
  })
}
