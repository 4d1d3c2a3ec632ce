'use strict'

// Starts the egg app of this folder, and logs in and out: with the session in the cookie, then in a store.

const assert = require('node:assert/strict')
const { once } = require('node:events')
const http = require('node:http')
const { createRequire } = require('node:module')
const { start } = require('egg')
const { version } = require('egg/package.json')

/** A visitor: sends requests, and keeps the cookies. */
class Visitor {
  cookies = new Map()
  #address

  constructor (address) {
    this.#address = address
  }

  async send (method, path, data) {
    const cookie = [...this.cookies].map((pair) => pair.join('=')).join('; ')
    const headers = { cookie, accept: 'application/json', ...data && { 'content-type': 'application/json' } }
    const response = await fetch(this.#address + path, { method, headers, body: data && JSON.stringify(data) })
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = line.split(';', 1)[0].split('=')
      if (value === '') this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    const text = await response.text()
    return { status: response.status, text, get json () { return JSON.parse(text) } }
  }
}

/** Keeps records as an app's own store would. */
class Store {
  records = new Map()
  async get (id) { return this.records.get(id) }
  async set (id, record) { this.records.set(id, record) }
  async destroy (id) { this.records.delete(id) }
}

async function logIn (visitor) {
  assert.equal((await visitor.send('GET', '/')).status, 401)
  assert.ok(!visitor.cookies.has('EGG_SESS'), 'a visitor without a session gets no cookie')
  assert.equal((await visitor.send('POST', '/login', { user: 'ada' })).status, 200)
  assert.ok(visitor.cookies.has('EGG_SESS') && visitor.cookies.has('EGG_SESS.sig'), 'the login sets a signed cookie')
  assert.deepEqual((await visitor.send('GET', '/')).json, { user: 'ada', flash: 'Welcome' })
  assert.deepEqual((await visitor.send('GET', '/')).json, { user: 'ada' })
}

async function logOut (visitor) {
  assert.equal((await visitor.send('POST', '/logout')).status, 200)
  assert.ok(!visitor.cookies.has('EGG_SESS'), 'the logout expires the cookie')
  assert.equal((await visitor.send('GET', '/')).status, 401)
}

/** Sends another value with the same signature. Uses a visitor of its own, since the response clears the signature's cookie. */
async function refuseForged (address, { cookies }) {
  const forger = new Visitor(address)
  const forged = cookies.get('EGG_SESS').replace(/.$/, (last) => last === 'A' ? 'B' : 'A')
  forger.cookies = new Map([...cookies, ['EGG_SESS', forged]])
  assert.equal((await forger.send('GET', '/')).status, 401)
}

async function visitCookies (address) {
  const visitor = new Visitor(address)
  await logIn(visitor)
  assert.match(Buffer.from(visitor.cookies.get('EGG_SESS'), 'base64').toString(), /"user":"ada"/)
  await refuseForged(address, visitor)
  await logOut(visitor)
}

async function visitStore (address, app) {
  const store = new Store()
  app.sessionStore = store
  const visitor = new Visitor(address)
  await logIn(visitor)
  const id = visitor.cookies.get('EGG_SESS')
  assert.equal(store.records.get(id)?.user, 'ada')
  await refuseForged(address, visitor)
  await logOut(visitor)
  assert.equal(store.records.size, 0)
}

function assertOurs () {
  const { name } = createRequire(require.resolve('@eggjs/session/package.json'))('koa-session/package.json')
  assert.equal(name, 'koa-session-rs', 'the koa-session of @eggjs/session is this package')
}

async function visit () {
  assertOurs()
  const app = await start({ baseDir: __dirname, ignoreWarning: true })
  assert.equal(app.config.session.logValue, true)
  const server = http.createServer(app.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = `http://127.0.0.1:${server.address().port}`
  try {
    await visitCookies(address)
    await visitStore(address, app)
  } finally {
    server.closeAllConnections()
    server.close()
    await app.close()
    await app.agent.close()
  }
  console.log(`egg ${version}: logged in and out, by cookie and by store`)
}

// Egg leaves timers behind, which keep the process alive.
visit().then(() => process.exit(0), (error) => {
  console.error(error)
  process.exit(1)
})
