'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { of } = require('../harness/app')
const { ROUTES, eachKind, query } = require('../harness/merging')
const { start } = require('../harness/server')
const { gate } = require('../harness/waiting')

/** Starts an app whose route /slow changes the session, and then waits for a gate. */
async function startSlow (t, options, change, routes) {
  const slow = gate()
  const server = await start(t, options, {
    ...ROUTES,
    async '/slow' (ctx) {
      await change(ctx)
      await slow.pass()
    },
    async '/regenerate' (ctx) {
      ctx.session.regenerated = true
      await of(ctx).regenerate()
    },
    ...routes
  })
  const ann = server.visitor()
  await ann.get(`/set?${query({ a: 1, b: [1], c: 'x' })}`)
  return { server, ann, slow }
}

/** Requests /slow, and calls `meanwhile` between its load and its commit. */
async function during ({ ann, slow }, meanwhile) {
  const late = ann.get('/slow')
  await slow.reached
  await meanwhile()
  slow.open()
  return late
}

const data = async (visitor) => (await visitor.get('/me')).json

eachKind('requests of one session at the same time', ({ options }) => {
  test('keep the keys that each of them set', async (t) => {
    const app = await startSlow(t, options(), (ctx) => { ctx.session.slow = 1 })
    await during(app, () => app.ann.get(`/set?${query({ fast: 2 })}`))
    assert.deepEqual(await data(app.ann), { a: 1, b: [1], c: 'x', fast: 2, slow: 1 })
  })

  test('keep the keys that others set when one removes a key', async (t) => {
    const app = await startSlow(t, options(), (ctx) => { delete ctx.session.a })
    await during(app, () => app.ann.get(`/set?${query({ c: 'y' })}`))
    assert.deepEqual(await data(app.ann), { b: [1], c: 'y' })
  })

  test('do not bring back a key that another removed', async (t) => {
    const app = await startSlow(t, options(), (ctx) => { ctx.session.b = [2] })
    await during(app, () => app.ann.get('/unset?a&c'))
    assert.deepEqual(await data(app.ann), { b: [2] })
  })

  test('let the later commit win a key, and emit session:conflict', async (t) => {
    const app = await startSlow(t, options(), (ctx) => { ctx.session.b.push('slow'); ctx.session.slow = 1 })
    await during(app, () => app.ann.get(`/set?${query({ b: 'fast', a: 2 })}`))
    assert.deepEqual(await data(app.ann), { a: 2, b: [1, 'slow'], c: 'x', slow: 1 })
    await app.server.settled()
    const conflicts = app.server.events.named('session:conflict')
    assert.deepEqual(conflicts.map(({ keys }) => keys), [['b']])
    assert.equal(conflicts[0].ctx.path, '/slow')
    assert.match(conflicts[0].key, /^[\w-]{43}$/)
  })

  test('merge an assigned object by the same comparison', async (t) => {
    const app = await startSlow(t, options(), (ctx) => { ctx.session = { a: 1, d: 4 } })
    await during(app, () => app.ann.get(`/set?${query({ fast: 2 })}`))
    assert.deepEqual(await data(app.ann), { a: 1, fast: 2, d: 4 })
  })

  test('do not write a key that was assigned its loaded value', async (t) => {
    const app = await startSlow(t, options(), (ctx) => { ctx.session.a = 1; ctx.session.slow = 1 })
    await during(app, () => app.ann.get(`/set?${query({ a: 2 })}`))
    assert.deepEqual(await data(app.ann), { a: 2, b: [1], c: 'x', slow: 1 })
  })

  test('keep what others wrote if a request changed nothing', async (t) => {
    const app = await startSlow(t, { ...options(), rolling: true, maxAge: 60_000 }, () => {})
    await during(app, () => app.ann.get(`/set?${query({ a: 2 })}`))
    assert.deepEqual(await data(app.ann), { a: 2, b: [1], c: 'x' })
  })

  test('compare the data of a second commit with those of the first one', async (t) => {
    const app = await startSlow(t, options(), async (ctx) => {
      ctx.session.b = ['first']
      await of(ctx).commit()
      ctx.session.second = 2
    })
    await during(app, () => app.ann.get(`/set?${query({ b: 'fast', fast: 1 })}`))
    assert.deepEqual(await data(app.ann), { a: 1, b: 'fast', c: 'x', fast: 1, second: 2 })
    await app.server.settled()
    assert.deepEqual(app.server.events.named('session:conflict'), [])
  })

  test('do not change the session object by what others wrote', async (t) => {
    const seen = gate()
    const app = await startSlow(t, options(), undefined, {
      async '/elsewhere' (ctx) {
        ctx.session.mine = 1
        await seen.pass()
        await of(ctx).commit()
        return ctx.session.toJSON()
      }
    })
    const answer = app.ann.get('/elsewhere')
    await seen.reached
    await app.ann.get(`/set?${query({ theirs: 2 })}`)
    seen.open()
    assert.deepEqual((await answer).json, { a: 1, b: [1], c: 'x', mine: 1 })
    assert.deepEqual(await data(app.ann), { a: 1, b: [1], c: 'x', theirs: 2, mine: 1 })
  })

  test('move the stored record to a new id, with the changes of the request', async (t) => {
    const regenerating = gate()
    const app = await startSlow(t, options(), undefined, {
      async '/login' (ctx) {
        delete ctx.session.c
        ctx.session.user = 'ann'
        await regenerating.pass()
        await of(ctx).regenerate()
      }
    })
    const login = app.ann.get('/login')
    await regenerating.reached
    await app.ann.get(`/set?${query({ basket: ['tea'] })}`)
    const old = app.ann.cookie
    regenerating.open()
    await login
    assert.notEqual(app.ann.cookie, old)
    assert.deepEqual(await data(app.ann), { a: 1, b: [1], basket: ['tea'], user: 'ann' })
    const { json, setCookie } = await app.server.get('/me', { cookie: old })
    assert.deepEqual([json, setCookie], [{}, []])
  })

  test('do not move what others wrote, for regenerate({ clear: true })', async (t) => {
    const regenerating = gate()
    const app = await startSlow(t, options(), undefined, {
      async '/login' (ctx) {
        await regenerating.pass()
        await of(ctx).regenerate({ clear: true, keep: ['a'] })
      }
    })
    const login = app.ann.get('/login')
    await regenerating.reached
    await app.ann.get(`/set?${query({ basket: ['tea'] })}`)
    regenerating.open()
    await login
    assert.deepEqual(await data(app.ann), { a: 1 })
  })
})

eachKind('a request that commits late', ({ options }) => {
  const ends = {
    'after a logout': '/logout',
    'after a login with a new id': '/regenerate'
  }
  for (const [when, path] of Object.entries(ends)) {
    test(`writes nothing ${when}, sends no cookie, and emits session:discarded`, async (t) => {
      const app = await startSlow(t, { ...options(), rolling: true, maxAge: 60_000 }, (ctx) => { ctx.session.slow = 1 })
      const old = app.ann.cookie
      const late = await during(app, () => app.ann.get(path))
      assert.deepEqual([late.status, late.setCookie], [200, []])
      assert.deepEqual((await app.server.get('/me', { cookie: old })).json, {})
      assert.equal((await data(app.ann)).slow, undefined)
      await app.server.settled()
      assert.deepEqual(app.server.events.named('session:discarded').map(({ ctx }) => ctx.path), ['/slow'])
      assert.deepEqual(app.server.errors, [])
    })

    test(`does not try a second commit after one that was discarded, ${when}`, async (t) => {
      const saving = gate()
      const app = await startSlow(t, options(), () => {}, {
        async '/twice' (ctx) {
          ctx.session.slow = 1
          await saving.pass()
          await ctx.session.save()
          ctx.session.again = 1
        }
      })
      const late = app.ann.get('/twice')
      await saving.reached
      await app.ann.get(path)
      saving.open()
      assert.deepEqual([(await late).status, (await late).setCookie], [200, []])
      await app.server.settled()
      assert.deepEqual(app.server.events.named('session:discarded').map(({ ctx }) => ctx.path), ['/twice'])
      assert.deepEqual(app.server.errors, [])
    })

    test(`does not roll the session ${when}`, async (t) => {
      const app = await startSlow(t, { ...options(), rolling: true, maxAge: 60_000 }, () => {})
      const old = app.ann.cookie
      const late = await during(app, () => app.ann.get(path))
      assert.deepEqual(late.setCookie, [])
      assert.deepEqual((await app.server.get('/me', { cookie: old })).json, {})
    })
  }

  test('does not give the session a new id after a logout', async (t) => {
    const regenerating = gate()
    const app = await startSlow(t, options(), undefined, {
      async '/login' (ctx) {
        await regenerating.pass()
        await of(ctx).regenerate()
        ctx.session.more = 1
      }
    })
    const late = app.ann.get('/login')
    await regenerating.reached
    await app.ann.get('/logout')
    regenerating.open()
    assert.deepEqual((await late).setCookie, [])
    assert.equal(app.ann.cookie, '')
  })

  test('stays without a session after regenerate({ clear: true }) and a logout', async (t) => {
    const regenerating = gate()
    const app = await startSlow(t, options(), undefined, {
      async '/login' (ctx) {
        await regenerating.pass()
        await of(ctx).regenerate({ clear: true })
      }
    })
    const late = app.ann.get('/login')
    await regenerating.reached
    await app.ann.get('/logout')
    regenerating.open()
    assert.deepEqual((await late).setCookie, [])
  })
})

eachKind('maxAge', ({ options }) => {
  test('is written by the request that assigned it, and by no other', async (t) => {
    const app = await startSlow(t, { ...options(), maxAge: 60_000 }, (ctx) => { ctx.session.slow = 1 }, {
      '/remember' (ctx) { ctx.session.maxAge = 3_600_000 },
      '/age': (ctx) => ({ maxAge: ctx.session.maxAge })
    })
    await during(app, () => app.ann.get('/remember'))
    assert.deepEqual((await app.ann.get('/age')).json, { maxAge: 3_600_000 })
  })

  test('may become \'session\', and stays so', async (t) => {
    const app = await startSlow(t, { ...options(), maxAge: 60_000 }, (ctx) => { ctx.session.maxAge = 'session' }, {
      '/age': (ctx) => ({ maxAge: ctx.session.maxAge })
    })
    const { setCookie } = await during(app, () => app.ann.get(`/set?${query({ fast: 1 })}`))
    assert.ok(setCookie.length > 0 && !setCookie.some((line) => /expires/i.test(line)))
    assert.deepEqual((await app.ann.get('/age')).json, { maxAge: 'session' })
    assert.equal((await data(app.ann)).fast, 1)
  })

  test('expires the session', async (t) => {
    const app = await startSlow(t, options(), undefined, { '/soon' (ctx) { ctx.session.maxAge = 1000 } })
    await app.ann.get('/soon')
    const { cookie } = app.ann
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 1001 })
    assert.deepEqual((await app.server.get('/me', { cookie })).json, {})
    await app.server.settled()
    const [expired] = app.server.events.named('session:expired')
    assert.deepEqual([expired.key, expired.value?.a], [cookie.split('; ')[0].split('=')[1], 1])
  })
})
