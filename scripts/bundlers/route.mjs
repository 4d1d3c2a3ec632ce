// A route handler of Next.js, which gets no request of Node: loads entry points and addons.

import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSession } from 'koa-session-rs'
import strict from 'koa-session-rs/strict'
import { MemoryStore } from 'koa-session-rs/stores/memory'
import { RedisStore } from 'koa-session-rs/stores/redis'
import { SqliteStore } from 'koa-session-rs/stores/sqlite'
import { connectStore } from 'koa-session-rs/adapters/connect'
import minimal from 'koa-session-rs/compat/minimal'
import { sessionStoreContract } from 'koa-session-rs/testing'

export const dynamic = 'force-dynamic'

export async function GET () {
  await new MemoryStore().close?.()
  await new SqliteStore({ file: join(tmpdir(), `route-${process.pid}.db`) }).close()
  // Without a Redis server, this only loads the addon.
  await new RedisStore({ url: 'redis://127.0.0.1:1' }).close()
  const entries = [createSession, strict, connectStore, minimal, sessionStoreContract]
  return new Response(entries.every((entry) => typeof entry === 'function') ? 'loaded' : 'incomplete')
}
