'use strict'

// A signature made with none of the keys emits `session:forged`, also on a diagnostics channel. A missing signature does not.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const { createHash } = require('node:crypto')
const diagnostics = require('node:diagnostics_channel')
const { describe, test } = require('node:test')
const Cookies = require('cookies')
const Keygrip = require('keygrip')

const { KEYS, KOAS, session } = require('../harness/app')
const { cookieHeader, encode, sign } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { visit } = require('../harness/server')
const { CountingStore } = require('../harness/store')
const binding = require('../../lib/native/binding')
const { MemoryStore } = require('../../stores/memory')

const VALUE = encode({ a: 1, _expire: 9999999999999, _maxAge: 86400000 })
const hash = (id) => createHash('sha256').update(id).digest('base64url')
const forged = (value = VALUE, name) => cookieHeader(value, 'a key of nobody', name)
const later = () => new Promise((resolve) => setImmediate(resolve))

async function respond (ctx) {
  if (ctx.path === '/free') return 'free'
  if (ctx.path === '/load') await session.of(ctx).load()
  if (ctx.path === '/reload') await session.of(ctx).reload()
  if (ctx.path === '/sent') {
    ctx.status = 200
    ctx.res.flushHeaders()
  }
  const body = { isNew: ctx.session.isNew, emitted: ctx.app.emitted.length }
  await later()
  await later()
  return body
}

/** Starts an app and records its events; `send` sends a request and returns its events. */
async function begin (t, options, how) {
  const { before } = how ?? {}
  const client = await visit(t, options, respond, {
    ...how,
    before (app) {
      app.emitted = []
      app.on('session:forged', (...args) => app.emitted.push(args))
      before?.(app)
    }
  })
  const send = async (cookie, path = '/') => {
    client.app.emitted.length = 0
    const response = await client.get(path, cookie === undefined ? {} : { cookie })
    assert.equal(response.status, 200)
    return { response, emitted: client.app.emitted.map(([event]) => event) }
  }
  return { client, send }
}

/** Changes each ctx before session(). */
const onCtx = (change) => ({ before: (app) => app.use((ctx, next) => { change(ctx); return next() }) })

const STORES = {
  cookie: () => ({}),
  store: () => MODES.store().options,
  ContextStore: () => MODES.ContextStore().options,
  MemoryStore: () => ({ store: new MemoryStore() }),
  merge: () => ({ store: new CountingStore(), merge: true })
}

for (const [version, Koa] of Object.entries(KOAS)) {
  for (const [mode, make] of Object.entries(STORES)) {
    describe(`session:forged, ${mode} on ${version}`, () => {
      test('is emitted for a signature made with none of the keys, in a later turn', async (t) => {
        const { client, send } = await begin(t, make(), { Koa })
        // An app's first cookie is read through ctx.cookies, the others are not.
        for (let i = 0; i < 3; i++) {
          const { response, emitted } = await send(forged())
          assert.deepEqual(response.json, { isNew: true, emitted: 0 })
          assert.deepEqual(client.app.emitted.map((args) => args.length), [1])
          const [{ ctx, ...event }] = emitted
          assert.equal(ctx.path, '/')
          assert.deepEqual(event, { key: mode === 'cookie' ? undefined : hash(VALUE), name: 'session' })
        }
      })

      test('is emitted for a signature of another value, and a truncated one', async (t) => {
        const { send } = await begin(t, make(), { Koa })
        const signature = sign(`koa.sess=${VALUE}`)
        for (const cookie of [
          `koa.sess=${encode({ a: 2 })}; koa.sess.sig=${signature}`,
          `koa.sess=${VALUE}; koa.sess.sig=${signature.slice(1)}`,
          `koa.sess=${VALUE}; koa.sess.sig=x`
        ]) {
          for (let i = 0; i < 2; i++) assert.equal((await send(cookie)).emitted.length, 1, cookie)
        }
      })

      test('is not emitted for a valid, older or missing signature, or without a cookie', async (t) => {
        const { send } = await begin(t, make(), { Koa })
        const signature = sign(`koa.sess=${VALUE}`)
        for (const cookie of [
          undefined, 'other=1', cookieHeader(VALUE, KEYS[0]), cookieHeader(VALUE, KEYS[1]), `koa.sess=${VALUE}`,
          `koa.sess=${VALUE}; koa.sess.sig=`, `koa.sess.sig=${signature}`, 'koa.sess.sig=x', forged(VALUE, 'other')
        ]) {
          for (let i = 0; i < 2; i++) assert.deepEqual((await send(cookie)).emitted, [], cookie)
        }
      })

      test('is emitted once for a request, even if that loads again', async (t) => {
        const { send } = await begin(t, { ...make(), lazy: mode !== 'cookie' }, { Koa })
        for (const path of ['/load', '/reload']) assert.equal((await send(forged(), path)).emitted.length, 1, path)
      })
    })
  }
}

describe('session:forged', () => {
  test('is emitted by a request that reads the cookie, and by no other', async (t) => {
    for (const options of [{}, { store: new CountingStore(), lazy: true }]) {
      const { send } = await begin(t, options)
      for (let i = 0; i < 2; i++) {
        assert.deepEqual((await send(forged(), '/free')).emitted, [])
        assert.equal((await send(forged(), '/load')).emitted.length, 1)
      }
    }
  })

  test('is emitted for a signature by a removed key', async (t) => {
    const { client, send } = await begin(t, {})
    const cookie = cookieHeader(VALUE, KEYS[1])
    assert.deepEqual((await send(cookie)).emitted, [])
    client.app.keys.pop()
    assert.equal((await send(cookie)).emitted.length, 1)
  })

  test('is not emitted for unsigned cookies, or with externalKey', async (t) => {
    for (const options of [{ signed: false }, MODES.externalKey().options]) {
      const { send } = await begin(t, options)
      for (let i = 0; i < 2; i++) assert.deepEqual((await send(forged())).emitted, [])
    }
  })

  test('is not emitted for several cookies, if one of them verifies', async (t) => {
    const { send } = await begin(t, {})
    await send()
    for (const key of KEYS) {
      const good = cookieHeader(VALUE, key)
      for (const cookie of [`${forged()}; ${good}`, `${good}; ${forged()}`, `koa.sess=x; ${good}`]) {
        assert.deepEqual((await send(cookie)).emitted, [], cookie)
      }
    }
    assert.equal((await send(`${forged()}; ${forged('x')}`)).emitted.length, 1)
  })

  test('is emitted with the app\'s own decode, even if that fails', async (t) => {
    const { send } = await begin(t, { decode: () => { throw new SyntaxError() } })
    for (let i = 0; i < 2; i++) assert.equal((await send(forged())).emitted.length, 1)
  })

  test('has the name of a session with `as`, and is emitted for each', async (t) => {
    const { send } = await begin(t, {}, {
      before: (app) => {
        app.use(session({ as: 'admin', key: 'admin' }, app))
        app.use((ctx, next) => { assert.ok(ctx.admin); return next() })
      }
    })
    for (let i = 0; i < 2; i++) {
      const names = async (cookie) => (await send(cookie)).emitted.map(({ name }) => name)
      assert.deepEqual(await names(forged(VALUE, 'admin')), ['admin'])
      assert.deepEqual(await names(forged()), ['session'])
      assert.deepEqual(await names(`${forged(VALUE, 'admin')}; ${forged()}`), ['admin', 'session'])
    }
  })

  test('is emitted after the headers have been sent', async (t) => {
    const { send } = await begin(t, {})
    await send(cookieHeader(VALUE))
    assert.equal((await send(forged(), '/sent')).emitted.length, 1)
  })

  test('has a listener that throws: its error is emitted, and the request does not fail', async (t) => {
    const { client, send } = await begin(t, {})
    const errors = []
    client.app.on('error', (err) => errors.push(err))
    client.app.on('session:forged', () => { throw new Error('of a listener') })
    assert.equal((await send(forged())).emitted.length, 1)
    assert.deepEqual(errors.map(({ message }) => message), ['of a listener'])
  })

  test('computes no hash without listeners', async (t) => {
    const client = await visit(t, { store: new CountingStore() }, (ctx) => ctx.session)
    const hashes = t.mock.method(binding, 'hashId')
    for (let i = 0; i < 3; i++) await client.get('/', { cookie: forged() })
    assert.equal(hashes.mock.callCount(), 0)
    const emitted = []
    client.app.on('session:forged', ({ key }) => emitted.push(key))
    await client.get('/', { cookie: forged() })
    await later()
    assert.deepEqual(emitted, [hash(VALUE)])
  })
})

describe('koa-session-rs:forged', () => {
  for (const [mode, make] of Object.entries(STORES)) {
    test(`publishes the same: ${mode}`, async (t) => {
      const messages = []
      const note = (message) => messages.push(message)
      diagnostics.subscribe('koa-session-rs:forged', note)
      t.after(() => diagnostics.unsubscribe('koa-session-rs:forged', note))
      const client = await visit(t, make(), (ctx) => ctx.session)
      for (const cookie of [cookieHeader(VALUE), `koa.sess=${VALUE}`, forged(), forged()]) await client.get('/me', { cookie })
      const fields = messages.map(({ ctx, ...rest }) => ({ ...rest, path: ctx.path }))
      const expected = { key: mode === 'cookie' ? undefined : hash(VALUE), name: 'session', path: '/me' }
      assert.deepEqual(fields, [expected, expected])
    })
  }
})

test('the debug log has the forged signature, with the hash of the id, and without the value', () => {
  const play = `
    const Koa = require('koa')
    const app = new Koa()
    app.keys = ['a key']
    app.use(require(${JSON.stringify(require.resolve('../..'))})({ store: { get () {}, set () {}, destroy () {} } }, app))
    app.use((ctx) => { ctx.body = '' })
    app.listen(0, '127.0.0.1', async function () {
      await fetch('http://127.0.0.1:' + this.address().port, { headers: { cookie: ${JSON.stringify(forged())} } })
      process.exit()
    })`
  const env = { ...process.env, NODE_DEBUG: 'koa-session-rs' }
  const { status, stderr: log } = spawnSync(process.execPath, ['-e', play], { cwd: __dirname, env, encoding: 'utf8' })
  assert.equal(status, 0)
  assert.ok(log.includes(`session: forged, id ${hash(VALUE)}\n`), log)
  assert.ok(!log.includes(VALUE))
})

describe('session:forged through ctx.cookies', () => {
  /** Clears a signature that does not verify, like egg-cookies: replaces the Set-Cookie lines that were set before. */
  class Eggs {
    constructor (ctx) { this.ctx = ctx }
    get secure () { return false }
    set () {}
    get (name) {
      const [value, signature] = [name, `${name}.sig`].map((each) => new RegExp(`(?:^|; )${each}=([^;]*)`).exec(this.ctx.get('cookie'))?.[1])
      if (signature === sign(`${name}=${value}`)) return value
      this.drop(`${name}.sig`)
    }

    drop (name) { this.ctx.res.setHeader('Set-Cookie', [`${name}=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT`]) }
  }

  /** Returns undefined, without clearing the signature. */
  class Silent extends Eggs {
    drop () {}
  }

  class Derived extends Cookies {}

  const WAYS = {
    'which the app has used before': onCtx((ctx) => { ctx.cookies.get('other') }),
    'of a Keygrip': { keys: new Keygrip(KEYS) },
    'of a Keygrip of another algorithm': { keys: new Keygrip(KEYS, 'sha256'), algorithm: 'sha256' },
    'of a class of the app\'s': onCtx((ctx) => { ctx.cookies = new Derived(ctx.req, ctx.res, { keys: new Keygrip(KEYS) }) }),
    'of a framework': onCtx((ctx) => { ctx.cookies = new Eggs(ctx) })
  }

  for (const [way, { algorithm, ...how }] of Object.entries(WAYS)) {
    for (const mode of ['cookie', 'store']) {
      test(`${way}, ${mode}`, async (t) => {
        const { send } = await begin(t, STORES[mode](), how)
        const good = `koa.sess=${VALUE}; koa.sess.sig=${sign(`koa.sess=${VALUE}`, KEYS[0], algorithm)}`
        for (let i = 0; i < 2; i++) {
          const { emitted: [{ ctx, ...event }, ...others] } = await send(forged())
          assert.deepEqual([event, others], [{ key: mode === 'cookie' ? undefined : hash(VALUE), name: 'session' }, []])
          for (const cookie of [good, `koa.sess=${VALUE}`, 'other=1', undefined]) {
            assert.deepEqual((await send(cookie)).emitted, [], cookie)
          }
        }
      })
    }
  }

  test('is not emitted if the app\'s ctx.cookies does not clear the signature', async (t) => {
    const { send } = await begin(t, {}, onCtx((ctx) => { ctx.cookies = new Silent(ctx) }))
    for (const cookie of [forged(), `koa.sess=${VALUE}`, undefined]) assert.deepEqual((await send(cookie)).emitted, [])
  })

  test('is not emitted if the core has verified another cookie with the name, by an older key', async (t) => {
    const { send } = await begin(t, {}, WAYS['which the app has used before'])
    const cookie = `${forged()}; ${cookieHeader(VALUE, KEYS[1])}`
    for (let i = 0; i < 2; i++) assert.deepEqual((await send(cookie)).emitted, [])
  })
})
