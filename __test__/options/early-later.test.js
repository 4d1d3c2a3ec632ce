'use strict'

/** Sessions after the headers have been sent (`early`), and the hook on `writeHead`. */

const assert = require('node:assert/strict')
const http = require('node:http')
const { describe, test } = require('node:test')

const { of } = require('../harness/app')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')
const { gate, settled } = require('../harness/waiting')

const HEADERS_SENT = { code: 'ERR_SESSION_HEADERS_SENT' }

/** Starts an app that sends its headers between `before` and `after`, and a visitor who is logged in. */
async function begin (t, opts, { before = () => {}, after }) {
  const failures = []
  const server = await start(t, { early: true, ...opts }, async (ctx) => {
    if (ctx.path === '/in') ctx.session.user = 'ann'
    if (ctx.path === '/out') ctx.session = null
    if (ctx.path === '/me') return { ...ctx.session }
    if (ctx.path !== '/act') return
    ctx.respond = false
    await before(ctx)
    ctx.res.write('do')
    try {
      await after(ctx)
    } catch (err) {
      failures.push(err)
    }
    ctx.res.end('ne')
  })
  const ann = server.visitor()
  await ann.get('/in')
  await settled()
  server.events.length = 0
  opts.store?.reset()
  return { server, ann, failures }
}

async function act (server, visitor) {
  const answer = await visitor.get('/act')
  assert.equal(answer.body, 'done')
  await settled()
  assert.deepEqual(server.errors, [])
  return Object.assign(answer, { reasons: server.events.named('session:uncommitted').map(({ reason }) => reason) })
}

describe('early: in cookie mode, after the headers', () => {
  test('changes are lost, and session:uncommitted is emitted', async (t) => {
    for (const before of [() => {}, (ctx) => { ctx.session.first = 1 }]) {
      const { server, ann } = await begin(t, {}, { before, after: (ctx) => { ctx.session.later = 1 } })
      assert.deepEqual((await act(server, ann)).reasons, ['headers-sent'])
      assert.equal((await ann.get('/me')).json.later, undefined)
      assert.equal((await ann.get('/me')).json.user, 'ann')
    }
  })

  test('null and a new session are lost, too', async (t) => {
    for (const after of [(ctx) => { ctx.session = null }, (ctx) => { ctx.session = { user: 'bob' } }]) {
      const { server, ann } = await begin(t, {}, { before: (ctx) => { assert.ok(ctx.session.user) }, after })
      const { reasons, setCookie } = await act(server, ann)
      assert.deepEqual([reasons, setCookie], [['headers-sent'], []])
      assert.deepEqual((await ann.get('/me')).json, { user: 'ann' })
    }
  })

  test('regenerate rejects', async (t) => {
    const { server, ann, failures } = await begin(t, {}, {
      before: (ctx) => { assert.ok(ctx.session.user) }, after: (ctx) => ctx.session.regenerate()
    })
    assert.deepEqual((await act(server, ann)).reasons, ['headers-sent'])
    assert.deepEqual(failures.map(({ code }) => ({ code })), [HEADERS_SENT])
  })

  test('with an async beforeSave no cookie is sent, and session:uncommitted is emitted', async (t) => {
    for (const fails of [false, true]) {
      const rejections = []
      const note = (err) => rejections.push(err)
      process.on('unhandledRejection', note)
      t.after(() => process.off('unhandledRejection', note))
      let isFailing = false
      const beforeSave = async () => {
        await settled()
        if (isFailing) throw new Error('beforeSave')
      }
      const { server, ann } = await begin(t, { beforeSave }, { before: (ctx) => { ctx.session.first = 1 }, after: settled })
      isFailing = fails
      const { setCookie } = await ann.get('/act')
      await settled()
      await settled()
      assert.deepEqual(setCookie, [])
      assert.equal(server.events.named('session:uncommitted')[0].reason, 'asynchronous')
      isFailing = false
      assert.deepEqual((await ann.get('/me')).json, { user: 'ann' })
      assert.deepEqual(rejections, [])
    }
  })
})

describe('early: in store mode, after the headers', () => {
  test('changes are saved; if no cookie was sent, session:uncommitted is emitted', async (t) => {
    const store = new CountingStore()
    const { server, ann } = await begin(t, { store }, { after: (ctx) => { ctx.session.later = 1 } })
    const { reasons, setCookie } = await act(server, ann)
    assert.deepEqual([reasons, setCookie, store.count('set')], [['headers-sent'], [], 1])
    assert.deepEqual((await ann.get('/me')).json, { user: 'ann', later: 1 })
  })

  test('the record is written once, with its final content', async (t) => {
    const store = new CountingStore()
    const { server, ann } = await begin(t, { store }, {
      before (ctx) { ctx.session.first = 1 },
      async after (ctx) {
        await settled()
        assert.equal(store.count('set'), 0)
        ctx.session.later = 1
        delete ctx.session.first
      }
    })
    const { reasons, cookies } = await act(server, ann)
    assert.deepEqual([reasons, [...cookies.keys()]], [[], ['koa.sess', 'koa.sess.sig']])
    assert.equal(store.count('set'), 1)
    assert.deepEqual((await ann.get('/me')).json, { user: 'ann', later: 1 })
  })

  test('a session created after the headers is not written', async (t) => {
    const store = new CountingStore()
    const { server } = await begin(t, { store }, { after: (ctx) => { ctx.session.later = 1 } })
    const { reasons, setCookie } = await act(server, server.visitor())
    assert.deepEqual([reasons, setCookie, store.count('set')], [['headers-sent'], [], 0])
  })

  test('null destroys', async (t) => {
    for (const before of [() => {}, (ctx) => { ctx.session.first = 1 }]) {
      const store = new CountingStore()
      const { server, ann } = await begin(t, { store }, { before, after: (ctx) => { ctx.session = null } })
      const { reasons } = await act(server, ann)
      assert.deepEqual([reasons, store.ids(), store.count('set')], [['headers-sent'], [], 0])
    }
  })

  for (const [name, regenerate] of Object.entries({
    'session.regenerate()': (ctx) => ctx.session.regenerate(),
    'ctx.regenerateSession()': (ctx) => ctx.regenerateSession(),
    'session.of(ctx).regenerate({ clear })': (ctx) => of(ctx).regenerate({ clear: true })
  })) {
    test(`${name} rejects, and changes nothing`, async (t) => {
      const store = new CountingStore()
      const { server, ann, failures } = await begin(t, { store }, { after: regenerate })
      const ids = store.ids()
      const { reasons } = await act(server, ann)
      assert.deepEqual(failures.map(({ code }) => ({ code })), [HEADERS_SENT])
      assert.deepEqual(reasons, ['headers-sent'])
      assert.deepEqual(store.ids(), ids)
      assert.deepEqual((await ann.get('/me')).json, { user: 'ann' })
    })
  }

  test('regenerate rejects with an externalKey, too', async (t) => {
    const store = new CountingStore()
    store.records.set('an-id', JSON.stringify({ user: 'ann', _expire: Date.now() + 60000, _maxAge: 60000 }))
    const externalKey = { get: (ctx) => 'an-id', set: (ctx, id) => ctx.set('x-id', id) }
    const { server, ann, failures } = await begin(t, { store, externalKey }, { after: (ctx) => ctx.session.regenerate() })
    await act(server, ann)
    assert.deepEqual(failures.map(({ code }) => ({ code })), [HEADERS_SENT])
    assert.deepEqual(store.ids(), ['an-id'])
  })

  test('the cookie of a session that was destroyed meanwhile is not sent', async (t) => {
    const store = new CountingStore()
    const held = gate()
    const { server, ann } = await begin(t, { store }, {
      before (ctx) {
        ctx.session.first = 1
        return held.pass()
      },
      after: () => {}
    })
    const slow = act(server, ann)
    await held.reached
    await server.get('/out', { cookie: ann.cookie })
    held.open()
    const { setCookie, reasons } = await slow
    assert.deepEqual([setCookie, reasons, store.ids()], [[], [], []])
    assert.equal(server.events.named('session:discarded').length, 1)
  })

  test('an async beforeSave is awaited at the end', async (t) => {
    const store = new CountingStore()
    const beforeSave = async (ctx, session) => {
      await settled()
      session.stamp = 1
    }
    const { server, ann } = await begin(t, { store, beforeSave }, { before: (ctx) => { ctx.session.first = 1 }, after: () => {} })
    const { reasons, cookies } = await act(server, ann)
    assert.deepEqual([reasons, cookies.size, store.count('set')], [[], 2, 1])
    assert.deepEqual((await ann.get('/me')).json, { user: 'ann', stamp: 1, first: 1 })
  })
})

describe('early: what is hooked', () => {
  const { writeHead } = http.ServerResponse.prototype

  /** Returns whether res.writeHead is hooked: before the session is read, afterwards, and at the end of the response. */
  async function hooks (t, opts, touch) {
    const seen = []
    const note = ({ res }) => seen.push(Object.hasOwn(res, 'writeHead') || res.writeHead !== writeHead)
    const server = await start(t, opts, async (ctx) => {
      note(ctx)
      if (touch) ctx.session.user = 'ann'
      note(ctx)
      ctx.res.on('finish', () => note(ctx))
    })
    await server.get('/')
    await settled()
    return seen
  }

  test('nothing without the option', async (t) => {
    assert.deepEqual(await hooks(t, {}, true), [false, false, false])
    assert.deepEqual(await hooks(t, { store: new CountingStore() }, true), [false, false, false])
    assert.deepEqual(await hooks(t, { early: false }, true), [false, false, false])
  })

  test('nothing for an unread session in cookie mode', async (t) => {
    assert.deepEqual(await hooks(t, { early: true }, false), [false, false, false])
  })

  test('nothing under autoCommit: false', async (t) => {
    assert.deepEqual(await hooks(t, { early: true, autoCommit: false }, true), [false, false, false])
    assert.deepEqual(await hooks(t, { early: true, autoCommit: false, store: new CountingStore() }, true), [false, false, false])
  })

  test('otherwise writeHead, until the headers are sent', async (t) => {
    assert.deepEqual(await hooks(t, { early: true }, true), [false, true, false])
    assert.deepEqual(await hooks(t, { early: true, store: new CountingStore() }, true), [true, true, false])
  })

  test('under autoCommit: false, only a commit of the app sends the cookie', async (t) => {
    const server = await start(t, { early: true, autoCommit: false }, async (ctx) => {
      ctx.respond = false
      ctx.session.user = 'ann'
      if (ctx.path === '/commit') await ctx.commitSession()
      ctx.res.end('done')
    })
    assert.deepEqual((await server.get('/')).setCookie, [])
    assert.equal((await server.get('/commit')).setCookie.length, 2)
  })

  test('the hook ignores informational responses', async (t) => {
    const hints = []
    const server = await start(t, { early: true }, async (ctx) => {
      assert.equal(ctx.session.user, undefined)
      ctx.res.writeHead(103)
      ctx.session.user = 'ann'
      ctx.respond = false
      ctx.res.end('done')
    }, {
      before: (app) => app.use((ctx, next) => {
        const { res } = ctx
        const inner = res.writeHead
        res.writeHead = (status, ...rest) => status < 200 ? hints.push(status) : inner.call(res, status, ...rest)
        return next()
      })
    })
    const answer = await server.get('/')
    assert.deepEqual([hints, answer.setCookie.length], [[103], 2])
  })

  test("other middleware's hooks of writeHead are still called", async (t) => {
    const seen = []
    const wrap = (name) => async (ctx, next) => {
      const inner = ctx.res.writeHead
      ctx.res.writeHead = function (...args) {
        seen.push(name)
        return inner.apply(this, args)
      }
      await next()
    }
    const server = await start(t, { early: true, store: new CountingStore() }, (ctx, next) => wrap('inside')(ctx, () => {
      ctx.respond = false
      ctx.session.user = 'ann'
      ctx.res.end('done')
    }), { before: (app) => app.use(wrap('outside')) })
    const answer = await server.get('/')
    assert.deepEqual([answer.setCookie.length, seen], [2, ['inside', 'outside']])
  })
})
