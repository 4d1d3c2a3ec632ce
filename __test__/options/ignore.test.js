'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')

const { eachKoa, of } = require('../harness/app')
const { refuses } = require('../harness/refusal')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const caught = (act) => {
  try {
    act()
  } catch ({ code }) {
    return code
  }
}

for (const mode of ['cookie', 'store']) {
  eachKoa(`fault 7: ignore: ${mode} mode: a request has no session at all`, async (t, Koa) => {
    const store = mode === 'store' ? new CountingStore() : undefined
    const asked = []
    const ignore = (ctx) => {
      asked.push(ctx.path)
      return ctx.path === '/static'
    }
    const server = await start(t, { store, ignore, rolling: true }, {
      '/in' (ctx) { ctx.session.user = 'ann' },
      async '/static' (ctx) {
        const session = ctx.session
        const code = caught(() => { ctx.session = { user: 'eve' } })
        const clearing = caught(() => { ctx.session = null })
        return { session, code, clearing, loaded: await of(ctx).load() }
      },
      '/look' (ctx) { return { user: ctx.session.user } }
    }, { Koa })
    const visitor = server.visitor()
    await visitor.get('/in')
    store?.reset()
    asked.length = 0
    const answer = await visitor.get('/static')
    const code = 'ERR_SESSION_IGNORED'
    assert.deepEqual(answer.json, { session: null, code, clearing: code, loaded: null })
    assert.deepEqual(answer.setCookie, [])
    assert.deepEqual(store?.calls ?? [], [])
    assert.deepEqual(asked, ['/static'])
    assert.deepEqual((await visitor.get('/look')).json, { user: 'ann' })
  })
}

for (const [what, ignore] of [['not given', undefined], ['a function that returns undefined', () => {}]]) {
  test(`each request has a session: ignore is ${what}`, async (t) => {
    const server = await start(t, { ignore }, (ctx) => ({ isNew: ctx.session.isNew }))
    assert.deepEqual((await server.get('/static')).json, { isNew: true })
  })
}

refuses('ignore', [[true, 'boolean'], ['/static', 'string'], [/static/, 'object']])
