'use strict'

const assert = require('node:assert/strict')
const { createHash } = require('node:crypto')
const { describe, test } = require('node:test')

const { turn } = require('../differential/store')
const { ENTRIES, SlowStore, lead } = require('./concurrent')

const EVENTS = ['saved', 'destroyed', 'regenerated', 'uncommitted', 'discarded']

const change = async (ctx) => { (await ctx.session).user = 'ann' }

for (const [name, { session, options }] of Object.entries(ENTRIES)) {
  describe(`the events of the entry ${name}`, () => {
    /** Starts an app. `events` has the names of the events since it was read, with their reasons, and whether they have a hashed id. */
    async function listen (t, given) {
      const store = new SlowStore()
      const app = await lead(t, session, { store, ...options, ...given })
      const found = []
      for (const event of EVENTS) {
        app.app.on(`session:${event}`, ({ key, reason, ctx }) => {
          assert.equal(typeof ctx.path, 'string')
          found.push({ event, key, reason })
        })
      }
      const events = async () => {
        await turn()
        return found.splice(0)
      }
      return { ...app, store, events, visitor: app.visitor() }
    }

    const hashOf = ({ records }) => createHash('sha256').update([...records.keys()][0].slice('koa:sess:'.length)).digest('base64url')

    test('a session that is saved, and destroyed', async (t) => {
      const { ask, visitor, store, events } = await listen(t)
      await ask(visitor, change)
      const [saved, ...more] = await events()
      assert.deepEqual([saved.event, saved.reason, more.length], ['saved', 'changed', 0])
      assert.equal(saved.key, hashOf(store))
      await ask(visitor, async (ctx) => { await ctx.session })
      assert.deepEqual(await events(), [])
      await ask(visitor, (ctx) => { ctx.session = null })
      assert.deepEqual(await events(), [{ event: 'destroyed', key: saved.key, reason: undefined }])
    })

    test('a cookie that cannot be sent', async (t) => {
      const { ask, visitor, store, events } = await listen(t, { cookie: { secure: true } })
      await ask(visitor, change)
      assert.equal(store.records.size, 0)
      assert.deepEqual((await events()).map(({ event, reason }) => [event, reason]), [['uncommitted', 'insecure']])
    })

    test('a session that another request has destroyed', async (t) => {
      const { ask, visitor, events } = await listen(t)
      await ask(visitor, change)
      await events()
      const other = visitor.another()
      other.jar = visitor.jar
      await ask(visitor, async (ctx) => {
        (await ctx.session).a = 1
        await ask(other, (ctx) => { ctx.session = null })
      })
      assert.deepEqual((await events()).map(({ event }) => event), ['destroyed', 'discarded'])
    })
  })
}
