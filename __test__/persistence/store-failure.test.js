'use strict'

const assert = require('node:assert/strict')
const { mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { describe, test } = require('node:test')
const { RedisStore } = require('../../stores/redis')
const { SqliteStore } = require('../../stores/sqlite')
const { ROUTES } = require('../harness/merging')
const { start } = require('../harness/server')
const redis = require('../servers/redis')

/** Each returns a store, and a function that makes it fail. */
const FAILING = {
  async 'a SQLite store that was closed' (t) {
    const folder = mkdtempSync(join(tmpdir(), 'koa-session-rs-failing-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const store = new SqliteStore({ file: join(folder, 'sessions.db') })
    return { store, fail: () => store.close(), reason: 'closed' }
  },
  async 'a Redis store whose server has gone' (t) {
    const server = await redis.start()
    const store = new RedisStore({ url: server.url, timeoutMs: 1000 })
    t.after(() => store.close())
    t.after(() => server.stop())
    return { store, fail: () => server.stop(), reason: 'unreachable' }
  }
}

for (const [title, make] of Object.entries(FAILING)) {
  describe(title, { skip: title.includes('Redis') && redis.skip }, () => {
    /** Starts an app, creates a session, and makes the store fail; `asked` has the calls of onStoreError. */
    async function startFailing (t, policy) {
      const { store, fail, reason } = await make(t)
      const asked = []
      const onStoreError = policy && ((err, operation) => {
        asked.push([operation, err.code, err.reason])
        return policy
      })
      const server = await start(t, { store, onStoreError, lazy: false }, ROUTES)
      const ann = server.visitor()
      await ann.get('/set?a=1')
      await fail()
      return { server, ann, asked, reason }
    }

    test('fails a request', async (t) => {
      const { server, ann, reason } = await startFailing(t)
      assert.equal((await ann.get('/me')).status, 500)
      assert.deepEqual(server.errors.map(({ code, reason }) => [code, reason]), [['ERR_SESSION_STORE', reason]])
    })

    test('is ignored with \'ignore\': the session is a new one, and cannot be saved', async (t) => {
      const { server, ann, asked, reason } = await startFailing(t, 'ignore')
      const { status, json } = await ann.get('/me')
      assert.deepEqual([status, json], [200, {}])
      assert.deepEqual([(await ann.get('/set?b=1')).status, (await ann.get('/logout')).status], [200, 200])
      const failure = ['ERR_SESSION_STORE', reason]
      assert.deepEqual(asked, [['get', ...failure], ['get', ...failure], ['set', ...failure], ['get', ...failure], ['destroy', ...failure]])
      assert.deepEqual(server.errors, [])
    })

    test('makes the visitor anonymous with \'anonymous\', and sends no cookie', async (t) => {
      const { server, ann, asked } = await startFailing(t, 'anonymous')
      const { status, setCookie } = await ann.get('/set?b=1')
      assert.deepEqual([status, setCookie, asked.length], [200, [], 1])
      assert.deepEqual(server.errors, [])
    })
  })
}
