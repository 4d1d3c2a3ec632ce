// Serves a counter with each store that needs no server, and visits it: the second request must see the count of the first. Loads
// each entry point of the package, and prints `visited`.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Koa from 'koa'
import session from 'koa-session-rs'
import { createSession } from 'koa-session-rs/strict'
import { Revocations } from 'koa-session-rs/revocations'
import { MemoryStore } from 'koa-session-rs/stores/memory'
import { RedisStore } from 'koa-session-rs/stores/redis'
import { SqliteStore } from 'koa-session-rs/stores/sqlite'
import { connectStore } from 'koa-session-rs/adapters/connect'
import { genericStore } from 'koa-session-rs/adapters/generic'
import { keyvStore } from 'koa-session-rs/adapters/keyv'
import minimal from 'koa-session-rs/compat/minimal'
import generic from 'koa-session-rs/compat/generic'
import { sessionStoreContract } from 'koa-session-rs/testing'

const KEY = 'a key of this check: 32 bytes or more'

function app (middleware) {
  const app = new Koa()
  app.keys = [KEY]
  app.use(middleware(app))
  app.use((ctx) => {
    ctx.session.count = (ctx.session.count ?? 0) + 1
    ctx.body = String(ctx.session.count)
  })
  return app
}

async function visit (middleware) {
  const server = app(middleware).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = `http://127.0.0.1:${server.address().port}/`
  try {
    const first = await fetch(address)
    const cookie = first.headers.getSetCookie().map((line) => line.split(';', 1)[0]).join('; ')
    const second = await fetch(address, { headers: { cookie } })
    assert.deepEqual([await first.text(), await second.text()], ['1', '2'])
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

async function main () {
  assert.equal(createSession, session)
  for (const entry of [Revocations, connectStore, genericStore, keyvStore, sessionStoreContract]) assert.equal(typeof entry, 'function')
  await visit((app) => session(app))
  await visit((app) => session({ keys: [KEY], seal: true }, app))
  await visit((app) => session({ store: new MemoryStore() }, app))
  await visit(() => minimal())
  await visit(() => generic())
  const store = new SqliteStore({ file: join(tmpdir(), `sessions-${process.pid}.db`) })
  await visit((app) => session({ store }, app))
  await store.close()
  // Without a Redis server, this only loads the addon.
  await new RedisStore({ url: 'redis://127.0.0.1:1' }).close()
  console.log('visited')
}

// Not awaited here, since a bundle in CommonJS has no await at its top.
main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
