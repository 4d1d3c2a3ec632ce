'use strict'

// Each session that a mass revocation ends is reported: by the event `session:destroyed`, and on the channel koa-session-rs:destroy.

const assert = require('node:assert/strict')
const diagnostics = require('node:diagnostics_channel')
const { mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { describe, test } = require('node:test')

const { MemoryStore } = require('../../stores/memory')
const { SqliteStore } = require('../../stores/sqlite')
const { of } = require('../harness/app')
const { start } = require('../harness/server')

const STORES = {
  MemoryStore: () => new MemoryStore(),
  SqliteStore (t) {
    const folder = mkdtempSync(join(tmpdir(), 'koa-session-rs-ended-'))
    const store = new SqliteStore({ file: join(folder, 'sessions.db') })
    t.after(async () => {
      await store.close()
      rmSync(folder, { recursive: true })
    })
    return store
  }
}

const ROUTES = {
  '/in' (ctx) { ctx.session.user = ctx.query.user },
  '/hash': async (ctx) => (await of(ctx).list()).find(({ current }) => current).hash,
  '/others': async (ctx) => [await of(ctx).revokeOthers()],
  '/all': async (ctx) => [await of(ctx).revokeAll()]
}

/** Records the messages of the channel. */
function listen (t) {
  const messages = []
  const note = (message) => messages.push(message)
  diagnostics.subscribe('koa-session-rs:destroy', note)
  t.after(() => diagnostics.unsubscribe('koa-session-rs:destroy', note))
  return messages
}

const byKey = (events) => events.map(({ key, reason }) => `${key} ${reason}`).sort()

for (const [name, make] of Object.entries(STORES)) {
  describe(`sessions that end together, ${name}`, () => {
    async function loggedIn (t, options) {
      const store = make(t)
      const server = await start(t, { store, subject: 'user', ...options }, ROUTES)
      const visitors = []
      const hashes = []
      for (const user of ['ann', 'ann', 'ann', 'bob']) {
        const visitor = server.visitor()
        await visitor.get(`/in?user=${user}`)
        visitors.push(visitor)
        hashes.push((await visitor.get('/hash')).body)
      }
      return { store, server, visitors, hashes }
    }

    for (const [path, reason] of [['/others', 'revokeOthers'], ['/all', 'revokeAll']]) {
      test(`${reason} reports each of them`, async (t) => {
        const { server, visitors, hashes } = await loggedIn(t)
        const messages = listen(t)
        assert.deepEqual((await visitors[0].get(path)).json, [path === '/all' ? 3 : 2])
        await server.settled()
        const expected = [`${hashes[1]} ${reason}`, `${hashes[2]} ${reason}`]
        if (path === '/all') expected.push(`${hashes[0]} undefined`)
        assert.deepEqual(byKey(server.events.named('session:destroyed')), expected.sort())
        assert.deepEqual(byKey(messages), expected.sort())
        assert.ok(messages.every(({ ctx, name }) => ctx !== undefined && name === 'session'))
      })
    }

    test('maxSessions reports the oldest ones', async (t) => {
      const { server, hashes } = await loggedIn(t, { maxSessions: 2 })
      const messages = listen(t)
      await server.visitor().get('/in?user=ann')
      await server.settled()
      const events = server.events.named('session:destroyed')
      assert.deepEqual(events.map(({ key, reason }) => [key, reason]), [[hashes[0], 'maxSessions'], [hashes[1], 'maxSessions']])
      assert.deepEqual(byKey(messages), [`${hashes[1]} maxSessions`])
    })

    test('destroyAll of the store publishes each, without a ctx', async (t) => {
      const { store, server, hashes } = await loggedIn(t)
      const messages = listen(t)
      assert.equal(await store.destroyAll('ann', { except: hashes[0] }), 2)
      assert.equal(await store.destroyAll('bob', { only: hashes[3] }), 1)
      assert.equal(await store.destroyAll('bob'), 0)
      const expected = [1, 2, 3].map((i) => `${hashes[i]} destroyAll`)
      assert.deepEqual(byKey(messages), expected.sort())
      assert.ok(messages.every(({ ctx, name }) => ctx === undefined && name === undefined))
      await server.settled()
      assert.deepEqual(server.events.named('session:destroyed'), [])
    })
  })
}
