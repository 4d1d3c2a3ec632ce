'use strict'

// Serves a counter with the given session middleware, with a store if one is given, and visits it twice: the second visit must see the
// count of the first.

const assert = require('node:assert/strict')
const Koa = require('koa')

module.exports = async function visit (session, store) {
  const app = new Koa()
  app.keys = ['installed']
  app.use(session({ key: 'visits', store }, app))
  app.use((ctx) => {
    ctx.session.count = (ctx.session.count ?? 0) + 1
    ctx.body = String(ctx.session.count)
  })
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = `http://127.0.0.1:${server.address().port}/`
  try {
    const first = await fetch(address)
    const cookies = first.headers.getSetCookie().map((line) => line.split(';', 1)[0])
    assert.deepEqual(cookies.map((cookie) => cookie.split('=', 1)[0]), ['visits', 'visits.sig'])
    const second = await fetch(address, { headers: { cookie: cookies.join('; ') } })
    assert.deepEqual([await first.text(), await second.text()], ['1', '2'])
  } finally {
    server.closeAllConnections()
    server.close()
  }
  console.log('visited')
}
