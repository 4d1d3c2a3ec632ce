'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const { inspect } = require('node:util')

const { START_MS, freeze } = require('../harness/clock')
const { MODES } = require('../harness/modes')
const { visit } = require('../harness/server')

for (const [mode, make] of Object.entries(MODES)) {
  describe(`isNew: ${mode}`, () => {
    test('is true until the session is loaded', async (t) => {
      const client = await visit(t, make().options, (ctx) => {
        const before = ctx.session.isNew
        if (ctx.path === '/put') ctx.session.a = 1
        return { before, after: ctx.session.isNew }
      })
      assert.deepEqual((await client.get()).json, { before: true, after: true })
      assert.deepEqual((await client.get('/put')).json, { before: true, after: true })
      assert.deepEqual((await client.get()).json, { before: false, after: false })
    })

    test('is never saved', async (t) => {
      const { options, store } = make()
      const client = await visit(t, options, (ctx) => {
        ctx.session.a = 1
        ctx.session.isNew = false
        return { isNew: ctx.session.isNew, data: ctx.session }
      })
      const { json } = await client.get()
      assert.deepEqual(json, { isNew: false, data: { a: 1 } })
      if (store) assert.ok(!('isNew' in JSON.parse([...store.records.values()][0])))
    })
  })

  describe(`length and populated: ${mode}`, () => {
    test('count what is saved: no functions, and no keys that begin with _', async (t) => {
      const client = await visit(t, make().options, (ctx) => {
        const { session } = ctx
        const seen = [[session.length, session.populated]]
        session._hidden = 1
        session.call = () => {}
        seen.push([session.length, session.populated])
        session.a = undefined
        session.b = null
        seen.push([session.length, session.populated])
        return seen
      })
      assert.deepEqual((await client.get()).json, [[0, false], [0, false], [2, true]])
    })

    test('count loaded data', async (t) => {
      const client = await visit(t, make().options, (ctx) => {
        if (ctx.path === '/put') Object.assign(ctx.session, { a: 1, b: 2 })
        return [ctx.session.length, ctx.session.populated]
      })
      await client.get('/put')
      assert.deepEqual((await client.get()).json, [2, true])
    })
  })

  describe(`toJSON and inspect: ${mode}`, () => {
    test('return only the data', async (t) => {
      const client = await visit(t, make().options, (ctx) => {
        if (ctx.path === '/put') Object.assign(ctx.session, { a: 1, _hidden: 1, call () {} })
        const { session } = ctx
        return { json: session.toJSON(), text: JSON.stringify(session), inspected: inspect(session), nested: inspect({ session }) }
      })
      const expected = { json: { a: 1 }, text: '{"a":1}', inspected: '{ a: 1 }', nested: '{ session: { a: 1 } }' }
      assert.deepEqual((await client.get('/put')).json, expected)
      assert.deepEqual((await client.get()).json, expected)
    })

    test('return another object than the session', async (t) => {
      const client = await visit(t, make().options, (ctx) => {
        ctx.session.toJSON().a = 1
        return ctx.session
      })
      assert.deepEqual((await client.get()).json, {})
    })
  })

  describe(`_expire: ${mode}`, () => {
    test('is the expiry of the loaded session', async (t) => {
      const clock = freeze(t)
      const client = await visit(t, { ...make().options, maxAge: 5000 }, (ctx) => {
        if (ctx.path === '/put') ctx.session.a = ctx.query.a
        return { expire: ctx.session._expire, data: ctx.session }
      })
      assert.deepEqual((await client.get('/put?a=1')).json, { data: { a: '1' } })
      clock.now += 1000
      assert.deepEqual((await client.get()).json, { expire: START_MS + 5000, data: { a: '1' } })
      assert.deepEqual((await client.get('/put?a=2')).json.expire, START_MS + 5000)
      assert.deepEqual((await client.get()).json.expire, START_MS + 6000)
    })

    test("is undefined with maxAge 'session'", async (t) => {
      const client = await visit(t, { ...make().options, maxAge: 'session' }, (ctx) => {
        ctx.session.a = 1
        return { expire: ctx.session._expire }
      })
      await client.get()
      assert.deepEqual((await client.get()).json, {})
    })
  })

  describe(`_requireSave: ${mode}`, () => {
    test('forces a save of an unchanged session', async (t) => {
      const { options, store } = make()
      const client = await visit(t, options, (ctx) => {
        if (ctx.path === '/put') ctx.session.a = 1
        const before = ctx.session._requireSave
        if (ctx.path === '/force') ctx.session._requireSave = true
        return { before, after: ctx.session._requireSave, data: ctx.session }
      })
      await client.get('/put')
      store?.take()
      const idle = await client.get()
      assert.deepEqual([idle.json, idle.setCookie], [{ before: false, after: false, data: { a: 1 } }, []])
      const forced = await client.get('/force')
      assert.deepEqual(forced.json, { before: false, after: true, data: { a: 1 } })
      assert.ok(forced.setCookie.length > 0)
      if (store) assert.deepEqual(store.take(), ['get', 'get', 'set'])
    })

    test('forces a save of a new and empty session', async (t) => {
      const client = await visit(t, make().options, (ctx) => { ctx.session._requireSave = true })
      assert.ok((await client.get()).setCookie.length > 0)
    })
  })
}

describe('externalKey', () => {
  test('is the id of a stored session, and cannot be set', async (t) => {
    for (const mode of ['store', 'ContextStore', 'externalKey']) {
      const { options, store } = MODES[mode]()
      const client = await visit(t, options, (ctx) => {
        ctx.session.a = 1
        assert.throws(() => { ctx.session.externalKey = 'other' }, TypeError)
        return { id: ctx.session.externalKey }
      })
      const { id } = (await client.get()).json
      assert.deepEqual([...store.records.keys()], [id])
      assert.equal((await client.get()).json.id, id)
    }
  })

  test('is undefined in cookie mode', async (t) => {
    const client = await visit(t, {}, (ctx) => {
      ctx.session.a = 1
      return { id: ctx.session.externalKey ?? 'none' }
    })
    assert.deepEqual((await client.get()).json, { id: 'none' })
    assert.deepEqual((await client.get()).json, { id: 'none' })
  })
})

test('length and populated cannot be set', async (t) => {
  const client = await visit(t, {}, (ctx) => {
    assert.throws(() => { ctx.session.length = 5 }, TypeError)
    assert.throws(() => { ctx.session.populated = true }, TypeError)
    return [ctx.session.length, ctx.session.populated]
  })
  assert.deepEqual((await client.get()).json, [0, false])
})
