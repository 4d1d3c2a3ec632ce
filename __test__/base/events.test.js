'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const mount = require('koa-mount')

const { KOAS, createApp, session } = require('../harness/app')
const { START_MS, freeze } = require('../harness/clock')
const { cookieHeader, encode } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { serve, visit } = require('../harness/server')

const NAMES = ['session:missed', 'session:expired', 'session:invalid']

const later = () => new Promise((resolve) => setImmediate(resolve))

/** Records the events of an app, each as [name, event]. */
function listen (app) {
  const events = []
  for (const name of NAMES) app.on(name, (...args) => events.push([name, ...args]))
  return events
}

const respond = async (ctx) => {
  if (ctx.path === '/put') ctx.session.a = 1
  const body = { isNew: ctx.session.isNew, id: ctx.session.externalKey }
  // The events of this request are emitted before the response.
  await later()
  await later()
  ctx.app.emit('test:ctx', ctx)
  return body
}

/** Starts an app, and records its events and the ctx of each request. */
async function observe (t, options = {}, how = {}) {
  const client = await visit(t, options, respond, how)
  const ctxs = []
  client.app.on('test:ctx', (ctx) => ctxs.push(ctx))
  return { client, events: listen(client.app), ctxs }
}

for (const [version, Koa] of Object.entries(KOAS)) {
  for (const [mode, make] of Object.entries(MODES)) {
    describe(`events: ${mode} on ${version}`, () => {
      test('expired', async (t) => {
        const clock = freeze(t)
        const { client, events, ctxs } = await observe(t, { ...make().options, maxAge: 5000 }, { Koa })
        const { id } = (await client.get('/put')).json
        const { cookie } = client
        clock.now += 5000
        await client.get('/', { cookie })
        assert.deepEqual(events, [])
        clock.now += 1
        assert.equal((await client.get('/', { cookie })).json.isNew, true)
        assert.equal(events.length, 1)
        const [name, event, ...more] = events[0]
        assert.deepEqual([name, more], ['session:expired', []])
        assert.deepEqual(Object.keys(event).sort(), ['ctx', 'key', 'value'])
        assert.deepEqual(event.value, { a: 1, _expire: START_MS + 5000, _maxAge: 5000 })
        assert.equal(event.key, id)
        assert.equal(event.ctx, ctxs.at(-1))
      })

      test('invalid', async (t) => {
        freeze(t)
        let valid = true
        const { client, events, ctxs } = await observe(t, { ...make().options, maxAge: 5000, valid: () => valid }, { Koa })
        const { id } = (await client.get('/put')).json
        await client.get()
        assert.deepEqual(events, [])
        valid = false
        assert.equal((await client.get()).json.isNew, true)
        assert.deepEqual(events, [['session:invalid', {
          key: id, value: { a: 1, _expire: START_MS + 5000, _maxAge: 5000 }, ctx: ctxs.at(-1)
        }]])
      })

      test('none for a visitor without a session, and none for a valid session', async (t) => {
        const { client, events } = await observe(t, make().options, { Koa })
        await client.get()
        await client.get('/put')
        await client.get()
        assert.deepEqual(events, [])
      })
    })
  }

  for (const mode of ['store', 'ContextStore', 'externalKey']) {
    for (const value of [undefined, null, false, 0, '']) {
      test(`missed, if a store returns ${JSON.stringify(value)}: ${mode} on ${version}`, async (t) => {
        const { options, store } = MODES[mode]()
        store.get = async () => value
        const { client, events, ctxs } = await observe(t, options, { Koa })
        const cookie = mode === 'externalKey' ? 'app.id=gone' : cookieHeader('gone')
        assert.equal((await client.get('/', { cookie })).json.isNew, true)
        assert.deepEqual(events, [['session:missed', { key: 'gone', value, ctx: ctxs[0] }]])
      })
    }
  }

  for (const value of [null, false, 0, '']) {
    test(`missed, if the cookie contains ${JSON.stringify(value)}: ${version}`, async (t) => {
      const { client, events, ctxs } = await observe(t, {}, { Koa })
      assert.equal((await client.get('/', { cookie: cookieHeader(encode(JSON.stringify(value))) })).json.isNew, true)
      assert.deepEqual(events, [['session:missed', { key: undefined, value, ctx: ctxs[0] }]])
    })
  }
}

describe('events', () => {
  test('have the id as the browser sent it', async (t) => {
    const { client, events } = await observe(t, { ...MODES.store().options, signed: false })
    for (const id of ['%2e%2e%2f', 'A b', 'é']) {
      await client.get('/', { cookie: `koa.sess=${id}` })
      assert.equal(events.pop()[1].key, id)
    }
  })

  test('an expired session is not also invalid', async (t) => {
    const { client, events } = await observe(t, { valid: () => false })
    await client.get('/', { cookie: cookieHeader(encode({ a: 1, _expire: 1 })) })
    assert.deepEqual(events.map(([name]) => name), ['session:expired'])
  })

  test('none if the signature does not verify, or the text is no JSON', async (t) => {
    const { client, events } = await observe(t)
    const value = encode({ a: 1, _expire: 1 })
    for (const cookie of [`koa.sess=${value}`, `koa.sess=${value}; koa.sess.sig=x`, cookieHeader(value, 'another'), cookieHeader(encode('{'))]) {
      await client.get('/', { cookie })
    }
    assert.deepEqual(events, [])
  })

  for (const options of [{}, { decode: (text) => JSON.parse(Buffer.from(text, 'base64').toString()) }]) {
    test(`once a request, however often ctx.session is read: ${Object.keys(options)}`, async (t) => {
      const app = createApp(options, async (ctx) => {
        for (let i = 0; i < 5; i++) ctx.session.a = i
        await later()
        await later()
      })
      const events = listen(app)
      await (await serve(t, app)).get('/', { cookie: cookieHeader(encode({ a: 1, _expire: 1 })) })
      assert.deepEqual(events.map(([name]) => name), ['session:expired'])
    })
  }

  for (const cookie of [encode({ a: 1, _expire: 1 }), encode('null')]) {
    test(`are emitted in a later turn: ${Buffer.from(cookie, 'base64')}`, async (t) => {
      const counts = []
      const app = createApp({}, async (ctx) => {
        assert.equal(ctx.session.isNew, true)
        counts.push(events.length)
        await null
        await new Promise((resolve) => process.nextTick(resolve))
        counts.push(events.length)
        await later()
        await later()
        counts.push(events.length)
      })
      const events = listen(app)
      const client = await serve(t, app)
      assert.equal((await client.get('/', { cookie: cookieHeader(cookie) })).status, 200)
      assert.deepEqual(counts, [0, 0, 1])
    })
  }

  test('are emitted on the app of the ctx', async (t) => {
    const Koa = KOAS.koa3
    const child = new Koa()
    child.use(session({}, child))
    child.use(respond)
    const parent = new Koa()
    parent.keys = ['first secret']
    parent.use(session({}, parent))
    parent.use(mount('/child', child))
    const [ofParent, ofChild] = [listen(parent), listen(child)]
    await (await serve(t, parent)).get('/child', { cookie: cookieHeader(encode({ a: 1, _expire: 1 })) })
    assert.deepEqual([ofParent.length, ofChild.length], [1, 0])
  })

  test('are emitted to every listener, also to one that is added later', async (t) => {
    const { client, events } = await observe(t)
    const cookie = cookieHeader(encode({ a: 1, _expire: 1 }))
    await client.get('/', { cookie })
    const more = listen(client.app)
    await client.get('/', { cookie })
    assert.deepEqual([events.length, more.length], [2, 1])
    client.app.removeAllListeners('session:expired')
    assert.equal((await client.get('/', { cookie })).status, 200)
  })
})
