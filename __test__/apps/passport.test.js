'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const { KoaPassport } = require('koa-passport')
const { Strategy } = require('passport-local')

const { KOAS, createApp } = require('../harness/app')
const { MODES } = require('../harness/modes')
const { serve } = require('../harness/server')

const USERS = { zoe: { id: 7, name: 'Zoë', password: 'secret' } }

/** Makes a passport whose users are in USERS. */
function createPassport () {
  const passport = new KoaPassport()
  passport.serializeUser((user, done) => done(null, user.id))
  passport.deserializeUser((id, done) => done(null, Object.values(USERS).find((user) => user.id === id) ?? false))
  passport.use(new Strategy((name, password, done) => done(null, USERS[name]?.password === password ? USERS[name] : false)))
  return passport
}

async function parseForm (ctx, next) {
  let text = ''
  for await (const chunk of ctx.req) text += chunk
  ctx.request.body = Object.fromEntries(new URLSearchParams(text))
  return next()
}

/** Records the calls of a method of every session. */
function watch (ctx, calls) {
  for (const method of ['regenerate', 'save']) {
    const original = ctx.session[method]
    Object.defineProperty(ctx.session, method, {
      configurable: true,
      value (callback) {
        calls.push([method, typeof callback])
        return original.call(this, callback)
      }
    })
  }
}

/** Serves an app with login, logout and a counter. */
async function startApp (t, Koa, options) {
  const passport = createPassport()
  const calls = []
  const app = createApp(options, (ctx, next) => {
    if (ctx.query.watch) watch(ctx, calls)
    return next()
  }, { Koa })
  app.use(parseForm)
  app.use(passport.initialize())
  app.use(passport.session())
  app.use(async (ctx, next) => {
    if (ctx.path === '/login') {
      return passport.authenticate('local', async (error, user) => {
        if (error || !user) ctx.throw(401)
        await ctx.login(user, { keepSessionInfo: ctx.query.keep === '1' })
        ctx.body = { user: ctx.state.user.name }
      })(ctx, next)
    }
    if (ctx.path === '/logout') await ctx.logout()
    ctx.session.views = (ctx.session.views ?? 0) + 1
    ctx.body = { user: ctx.state.user?.name, authenticated: ctx.isAuthenticated(), views: ctx.session.views }
  })
  return { client: (await serve(t, app)).visitor(), calls }
}

const login = (client, { name = 'zoe', password = 'secret', query = '' } = {}) => client.send({
  method: 'POST', path: `/login${query}`, body: new URLSearchParams({ username: name, password }).toString()
})

for (const [version, Koa] of Object.entries(KOAS)) {
  for (const [mode, make] of Object.entries(MODES)) {
    describe(`koa-passport: ${mode} on ${version}`, () => {
      test('login and logout', async (t) => {
        const { options, store } = make()
        const { client } = await startApp(t, Koa, options)
        assert.deepEqual((await client.get()).json, { authenticated: false, views: 1 })
        assert.equal((await login(client, { password: 'wrong' })).status, 401)
        assert.deepEqual((await client.get()).json.authenticated, false)

        const before = [...client.jar.values()]
        assert.deepEqual((await login(client)).json, { user: 'Zoë' })
        assert.notDeepEqual([...client.jar.values()], before)
        assert.equal((await client.get()).json.user, 'Zoë')
        assert.deepEqual((await client.get()).json.authenticated, true)
        if (store) assert.equal(store.records.size, 1)

        const loggedIn = client.cookie
        assert.equal((await client.get('/logout')).json.authenticated, false)
        assert.deepEqual((await client.get()).json.user, undefined)
        // A stored session has been destroyed; a copied cookie remains valid.
        assert.equal((await client.get('/', { cookie: loggedIn })).json.authenticated, !store)
      })

      test('calls regenerate(cb) and save(cb)', async (t) => {
        const { client, calls } = await startApp(t, Koa, make().options)
        await client.get()
        await login(client, { query: '?watch=1' })
        assert.deepEqual(calls, [['regenerate', 'function'], ['save', 'function']])
        calls.length = 0
        await client.get('/logout?watch=1')
        assert.deepEqual(calls, [['save', 'function'], ['regenerate', 'function']])
      })

      test('keeps what the visitor had before the login', async (t) => {
        const { client } = await startApp(t, Koa, make().options)
        for (const views of [1, 2]) assert.equal((await client.get()).json.views, views)
        await login(client, { query: '?keep=1' })
        const { json } = await client.get()
        assert.deepEqual(json, { user: 'Zoë', authenticated: true, views: 3 })
      })
    })
  }

  test(`a failure of the store fails the login: ${version}`, async (t) => {
    const { options, store } = MODES.store()
    const { client } = await startApp(t, Koa, options)
    await client.get()
    store.set = async () => { throw Object.assign(new Error('down'), { status: 503 }) }
    assert.equal((await login(client)).status, 503)
  })
}
