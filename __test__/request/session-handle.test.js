'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { of, session } = require('../harness/app')
const { decodeCookie } = require('../harness/forge')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

/** Starts an app whose route /act runs a function of the test, and responds with its result. */
function startActing (t, opts, act, how) {
  const routes = { '/in' (ctx) { ctx.session.user = 'ann' }, '/me' (ctx) { return { ...ctx.session } } }
  return start(t, opts, (ctx, next) => ctx.path === '/act' ? act(ctx) : routes[ctx.path](ctx, next), how)
}

const MODES = {
  cookie: () => ({}),
  store: () => ({ store: new CountingStore() }),
  'lazy store': () => ({ store: new CountingStore(), lazy: true })
}

for (const [mode, make] of Object.entries(MODES)) {
  if (mode === 'lazy store') continue
  describe(`session.of(ctx), in ${mode} mode`, () => {
    test('id and isNew', async (t) => {
      const opts = make()
      const read = (ctx) => {
        const handle = of(ctx)
        return { id: handle.id, isNew: handle.isNew ?? null, known: typeof ctx.session, later: [handle.id, handle.isNew] }
      }
      const server = await startActing(t, opts, read)
      const ann = server.visitor()
      const first = (await ann.get('/act')).json
      assert.equal(first.later[1], true)
      await ann.get('/in')
      const second = (await ann.get('/act')).json
      assert.equal(second.later[1], false)
      if (opts.store) assert.deepEqual([second.id, second.later[0], second.isNew], [...opts.store.ids(), ...opts.store.ids(), false])
      else assert.deepEqual([second.id, second.later[0], second.isNew], [undefined, null, null])
    })

    test('load resolves to the session', async (t) => {
      const server = await startActing(t, make(), async (ctx) => {
        const loaded = await of(ctx).load()
        return { same: loaded === ctx.session, again: loaded === await of(ctx).load(), user: loaded.user ?? null }
      })
      const ann = server.visitor()
      assert.deepEqual((await ann.get('/act')).json, { same: true, again: true, user: null })
      await ann.get('/in')
      assert.deepEqual((await ann.get('/act')).json, { same: true, again: true, user: 'ann' })
    })

    test('reload drops the changes of the request', async (t) => {
      const opts = make()
      const server = await startActing(t, opts, async (ctx) => {
        if (ctx.query.how === 'null') ctx.session = null
        else if (ctx.query.how === 'replaced') ctx.session = { user: 'eve' }
        else if (ctx.query.how === 'both') {
          ctx.session = null
          ctx.session = { user: 'eve' }
        } else ctx.session.user = 'eve'
        const reloaded = await of(ctx).reload()
        return { same: reloaded === ctx.session, user: reloaded.user, isNew: reloaded.isNew }
      })
      const ann = server.visitor()
      await ann.get('/in')
      opts.store?.reset()
      for (const how of ['changed', 'null', 'replaced', 'both']) {
        const answer = await ann.get(`/act?how=${how}`)
        assert.deepEqual(answer.json, { same: true, user: 'ann', isNew: false }, how)
        assert.deepEqual(answer.setCookie, [], how)
      }
      if (opts.store) assert.deepEqual([opts.store.count('set'), opts.store.count('destroy')], [0, 0])
      assert.equal((await ann.get('/me')).json.user, 'ann')
    })

    test('destroy ends the session at once', async (t) => {
      const opts = make()
      const seen = []
      const server = await startActing(t, opts, async (ctx) => {
        await of(ctx).destroy()
        seen.push(opts.store?.ids().length ?? 0, ctx.session)
        if (ctx.query.again) ctx.session = { user: 'bob' }
      })
      const ann = server.visitor()
      await ann.get('/in')
      const [id] = opts.store?.ids() ?? []
      await ann.get('/act')
      assert.deepEqual(seen, [0, null])
      assert.equal(ann.cookie, '')
      assert.equal(opts.store?.count('destroy') ?? 1, 1)
      assert.deepEqual((await ann.get('/me')).json, {})
      await ann.get('/in')
      const header = ann.cookie
      await ann.get('/act?again=1')
      assert.equal((await ann.get('/me')).json.user, 'bob')
      if (opts.store) assert.ok(!opts.store.ids().includes(id))
      assert.notEqual(ann.cookie, header)
    })

    test('touch moves the expiry', async (t) => {
      const opts = { ...make(), maxAge: 60000 }
      const server = await startActing(t, opts, (ctx) => of(ctx).touch())
      const ann = server.visitor()
      const { cookies } = await ann.get('/in')
      const expireOf = (line) => opts.store ? opts.store.data(opts.store.ids()[0])._expire : decodeCookie(line)._expire
      const before = expireOf(cookies.get('koa.sess'))
      await new Promise((resolve) => setTimeout(resolve, 5))
      const answer = await ann.get('/act')
      assert.ok(answer.cookies.has('koa.sess'))
      assert.ok(expireOf(answer.cookies.get('koa.sess')) > before)
      assert.equal((await ann.get('/me')).json.user, 'ann')
      if (opts.store) assert.deepEqual([opts.store.count('set'), opts.store.last('set').options.changed], [2, false])
    })

    test('regenerate: a new id, the same data', async (t) => {
      const opts = make()
      const server = await startActing(t, opts, async (ctx) => {
        const handle = of(ctx)
        const before = handle.id
        await handle.regenerate()
        return { before, after: handle.id }
      })
      const ann = server.visitor()
      await ann.get('/in')
      const { before, after } = (await ann.get('/act')).json
      if (opts.store) {
        assert.notEqual(before, after)
        assert.deepEqual(opts.store.ids(), [after])
      }
      assert.deepEqual((await ann.get('/me')).json, { user: 'ann' })
    })

    for (const [how, left] of [
      [{ clear: true }, {}], [{ clear: true, keep: ['user'] }, { user: 'ann' }], [{ keep: ['cart', 'none'] }, { cart: [1] }],
      [{ clear: false }, { user: 'ann', cart: [1] }], [undefined, { user: 'ann', cart: [1] }]
    ]) {
      test(`regenerate(${JSON.stringify(how)})`, async (t) => {
        const opts = make()
        const server = await startActing(t, opts, async (ctx) => {
          if (ctx.query.put) ctx.session.cart = [1]
          else await of(ctx).regenerate(how)
        })
        const ann = server.visitor()
        await ann.get('/in')
        await ann.get('/act?put=1')
        const [id] = opts.store?.ids() ?? []
        await ann.get('/act')
        assert.deepEqual((await ann.get('/me')).json, left)
        if (opts.store) assert.ok(opts.store.ids().length === 1 && opts.store.ids()[0] !== id)
      })
    }

    test('commit saves what changed, and nothing else', async (t) => {
      const opts = { ...make(), autoCommit: false }
      const server = await startActing(t, opts, async (ctx) => {
        if (ctx.query.user) ctx.session.user = ctx.query.user
        await of(ctx).commit()
      })
      const ann = server.visitor()
      assert.deepEqual((await ann.get('/act')).setCookie, [])
      assert.equal((await ann.get('/act?user=bob')).setCookie.length, 2)
      assert.deepEqual((await ann.get('/act')).setCookie, [])
      assert.deepEqual((await ann.get('/me')).json, { user: 'bob' })
      assert.equal(opts.store?.count('set') ?? 1, 1)
    })

    test('under ignore', async (t) => {
      const opts = make()
      const server = await startActing(t, { ...opts, ignore: () => true }, async (ctx) => {
        const handle = of(ctx)
        await handle.commit()
        await assert.rejects(async () => handle.destroy(), { code: 'ERR_SESSION_IGNORED' })
        return { id: handle.id ?? null, loaded: await handle.load(), reloaded: await handle.reload() }
      })
      const answer = await server.get('/act')
      assert.deepEqual([answer.json, answer.setCookie], [{ id: null, loaded: null, reloaded: null }, []])
      assert.equal(opts.store?.count() ?? 0, 0)
    })

    test('the session object has no new members', async (t) => {
      const server = await startActing(t, make(), (ctx) => {
        const names = ['id', 'load', 'reload', 'destroy', 'touch']
        return names.filter((name) => name in ctx.session)
      })
      assert.deepEqual((await server.get('/act')).json, [])
    })
  })
}

describe('session.of(ctx)', () => {
  test('reload after a commit in the same request reads what was committed', async (t) => {
    const store = new CountingStore()
    const server = await startActing(t, { store }, async (ctx) => {
      ctx.session.user = 'bob'
      await of(ctx).commit()
      const { id } = of(ctx)
      if (ctx.query.how === 'regenerate') await of(ctx).regenerate()
      ctx.session.user = 'eve'
      await of(ctx).reload()
      return { user: ctx.session.user ?? null, isSame: of(ctx).id === id }
    })
    const ann = server.visitor()
    assert.deepEqual((await ann.get('/act')).json, { user: 'bob', isSame: true })
    assert.deepEqual((await ann.get('/act?how=regenerate')).json, { user: 'bob', isSame: false })
    assert.deepEqual((await ann.get('/me')).json, { user: 'bob' })
    assert.equal(store.ids().length, 1)
  })

  test('a second destroy, and touch or regenerate after it, do nothing', async (t) => {
    const store = new CountingStore()
    const server = await startActing(t, { store }, async (ctx) => {
      await of(ctx).destroy()
      await of(ctx).destroy()
      await of(ctx).touch()
      await of(ctx).regenerate({ clear: true })
      return { isNew: of(ctx).isNew ?? null }
    })
    const ann = server.visitor()
    await ann.get('/in')
    assert.deepEqual((await ann.get('/act')).json, { isNew: null })
    assert.deepEqual([store.count('destroy'), store.ids()], [1, []])
  })

  test('a lazy session is loaded by load, touch and regenerate, once', async (t) => {
    for (const method of ['load', 'touch', 'regenerate', 'reload']) {
      const store = new CountingStore()
      const server = await start(t, { store, lazy: true }, {
        async '/in' (ctx) { (await of(ctx).load()).user = 'ann' },
        async '/act' (ctx) {
          assert.throws(() => ctx.session, { code: 'ERR_SESSION_NOT_LOADED' })
          assert.equal(of(ctx).isNew, undefined)
          await of(ctx)[method]()
          return { user: ctx.session.user }
        }
      })
      const ann = server.visitor()
      await ann.get('/in')
      store.reset()
      assert.deepEqual((await ann.get('/act')).json, { user: 'ann' }, method)
      assert.equal(store.count('get'), 1, method)
    }
  })

  test("data that a visitor's first request sets stay after other calls of the handle", async (t) => {
    for (const name of ['load', 'touch', 'regenerate', 'commit']) {
      const store = new CountingStore()
      // From the app's first request, the package learns how Koa makes ctx.cookies.
      const server = await startActing(t, { store }, async (ctx) => {
        ctx.session.user = 'ann'
        await of(ctx)[name]()
        return { user: ctx.session.user, id: of(ctx).id }
      })
      await server.visitor().get('/me')
      const ann = server.visitor()
      const { user, id } = (await ann.get('/act')).json
      assert.equal(user, 'ann', name)
      assert.deepEqual(store.ids(), [id], name)
      assert.deepEqual((await ann.get('/me')).json, { user: 'ann' }, name)
    }
  })

  test('a visitor gets one id when it is first read, in the handle or the session', async (t) => {
    const server = await startActing(t, { store: new CountingStore() }, (ctx) => ({ ids: [of(ctx).id, ctx.session.externalKey, of(ctx).id] }))
    await server.visitor().get('/me')
    const { ids } = (await server.visitor().get('/act')).json
    assert.deepEqual([new Set(ids).size, typeof ids[0]], [1, 'string'])
  })

  test('the handle of a session with `as`', async (t) => {
    const admins = new CountingStore()
    const users = new CountingStore()
    const server = await start(t, { store: users }, {
      '/in' (ctx) {
        ctx.session.name = 'ann'
        ctx.admin.name = 'root'
      },
      async '/out' (ctx) { await of(ctx, 'admin').destroy() },
      '/me' (ctx) {
        assert.deepEqual([of(ctx, 'admin').id === of(ctx).id, of(ctx, 'session').id], [false, of(ctx).id])
        return { session: ctx.session.name ?? null, admin: ctx.admin.name ?? null }
      }
    }, { before: (app) => app.use(session({ as: 'admin', key: 'admin', store: admins }, app)) })
    const ann = server.visitor()
    await ann.get('/in')
    assert.deepEqual((await ann.get('/me')).json, { session: 'ann', admin: 'root' })
    await ann.get('/out')
    assert.deepEqual((await ann.get('/me')).json, { session: 'ann', admin: null })
    assert.deepEqual([users.ids().length, admins.ids().length], [1, 0])
  })

  test('an unknown name, and a ctx without a session', async (t) => {
    const server = await startActing(t, {}, (ctx) => {
      for (const name of ['admin', 'toString', '__proto__', '']) assert.throws(() => of(ctx, name), { code: 'ERR_SESSION_UNKNOWN' })
    })
    assert.equal((await server.get('/act')).status, 200)
    assert.throws(() => of({}), { code: 'ERR_SESSION_UNKNOWN' })
  })
})
