'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const { inspect } = require('node:util')

const { START_MS, freeze } = require('../harness/clock')
const { MODES } = require('../harness/modes')
const { visit } = require('../harness/server')

/** Objects that apps and libraries use instead of a session. */
const STAND_INS = {
  'Object.create': (session) => Object.create(session),
  'Object.create, twice': (session) => Object.create(Object.create(session)),
  Proxy: (session) => new Proxy(session, {}),
  'a Proxy with its own get and set': (session) => new Proxy(session, {
    get: (target, key, receiver) => Reflect.get(target, key, receiver),
    set: (target, key, value, receiver) => Reflect.set(target, key, value, receiver)
  }),
  // Like lodash.clone and lodash.cloneDeep.
  copy: (session) => Object.assign(Object.create(Object.getPrototypeOf(session)), session)
}

const NAMES = ['isNew', '_expire', '_requireSave', 'maxAge', 'externalKey', 'length', 'populated', '__proto__']

const read = (object) => Object.fromEntries(NAMES.map((name) => [name, object[name]]))

/** Calls a function, and returns what it throws. */
function thrownBy (run) {
  try {
    run()
  } catch ({ name, code }) {
    return { name, code }
  }
}

for (const [mode, make] of Object.entries(MODES)) {
  describe(`objects that replace a session: ${mode}`, () => {
    for (const [kind, stand] of Object.entries(STAND_INS)) {
      const knows = kind.startsWith('Object.create')

      test(`have the data, and can be read without an error: ${kind}`, async (t) => {
        freeze(t)
        const client = await visit(t, { ...make().options, maxAge: 60000 }, (ctx) => {
          if (ctx.path === '/put') Object.assign(ctx.session, { user: 'ann', list: [1] })
          const one = stand(ctx.session)
          return { seen: read(one), own: read(ctx.session), user: one.user, json: one, text: JSON.stringify(one), inspected: inspect(one), deep: inspect(one, { getters: true, showHidden: true }).includes('ann') }
        })
        await client.get('/put')
        const { seen, own, ...rest } = (await client.get()).json
        const text = '{"user":"ann","list":[1]}'
        const json = JSON.parse(text)
        assert.deepEqual(rest, { user: 'ann', json, text, inspected: "{ user: 'ann', list: [ 1 ] }", deep: true })
        assert.deepEqual([own.isNew, own._expire, own.maxAge, own.length], [false, START_MS + 60000, 60000, 2])
        assert.deepEqual(seen, knows ? own : { length: 2, populated: true })
      })

      test(`can be written to: ${kind}`, async (t) => {
        const client = await visit(t, make().options, (ctx) => {
          const one = stand(ctx.session)
          one.isNew = 'set'
          one._expire = 5
          one._requireSave = false
          one.user = 'ann'
          one.__proto__ = { admin: true } // eslint-disable-line no-proto
          return { isNew: one.isNew, expire: one._expire, require: one._requireSave, keys: Object.keys(one), admin: one.admin }
        })
        const { status, json } = await client.get()
        assert.deepEqual([status, json], [200, { isNew: 'set', expire: 5, require: false, keys: ['user'] }])
      })

      test(`save the session if they can, else throw an error: ${kind}`, async (t) => {
        const client = await visit(t, make().options, async (ctx) => {
          const one = stand(ctx.session)
          if (knows) {
            one.maxAge = 5000
            await one.save()
            await new Promise((resolve, reject) => one.regenerate((err) => err ? reject(err) : resolve()))
            return { maxAge: ctx.session.maxAge }
          }
          return [() => one.save(), () => one.regenerate(() => {}), () => one.manuallyCommit(), () => one.commit(), () => { one.maxAge = 5000 }].map(thrownBy)
        })
        const { json, setCookie } = await client.get()
        if (knows) return assert.deepEqual([json, setCookie.length > 0], [{ maxAge: 5000 }, true])
        assert.deepEqual([json, setCookie], [Array(5).fill({ name: 'TypeError', code: 'ERR_SESSION_UNKNOWN' }), []])
      })

      test(`can be assigned to ctx.session: ${kind}`, async (t) => {
        const client = await visit(t, make().options, (ctx) => {
          if (ctx.path === '/put') ctx.session.user = 'ann'
          if (ctx.path === '/assign') ctx.session = stand(ctx.session)
          return { ...ctx.session, isNew: ctx.session.isNew }
        })
        await client.get('/put')
        assert.deepEqual((await client.get('/assign')).json, { user: 'ann', isNew: false })
        assert.deepEqual((await client.get()).json, { user: 'ann', isNew: false })
      })
    }

    test('a Proxy passes _requireSave on to the session, once', async (t) => {
      const { options, store } = make()
      const client = await visit(t, options, async (ctx) => {
        if (ctx.path === '/put') ctx.session.user = 'ann'
        else new Proxy(ctx.session, {})._requireSave = true
        await ctx.session.manuallyCommit()
        store?.take()
      })
      await client.get('/put')
      const { setCookie } = await client.get()
      assert.ok(setCookie.length > 0)
      assert.deepEqual(store?.take() ?? [], [])
    })

    test('the prototype itself can be read without an error', async (t) => {
      const client = await visit(t, make().options, (ctx) => {
        const prototype = Object.getPrototypeOf(ctx.session)
        return { seen: read(prototype), text: JSON.stringify(prototype), inspected: typeof inspect(prototype, { getters: true, showHidden: true }) }
      })
      assert.deepEqual((await client.get()).json, { seen: { length: 0, populated: false }, text: '{}', inspected: 'string' })
    })
  })
}
