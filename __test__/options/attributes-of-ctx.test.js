'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const routes = {
  '/in' (ctx) { ctx.session.user = 'ann' },
  '/out' (ctx) { ctx.session = null },
  '/me' (ctx) { return { user: ctx.session.user ?? null } },
  '/options' (ctx) {
    ctx.session.user = ctx.sessionOptions.domain ?? null
    return { domain: ctx.sessionOptions.domain ?? null }
  },
  async '/often' (ctx) {
    ctx.session.user = 'ann'
    await ctx.session.save()
    assert.ok(ctx.sessionOptions.key)
    ctx.session.views = 2
    await ctx.session.save()
    ctx.session = null
  }
}

const attributesOf = (line) => line.replace(/^[^;]*/, '').replace(/; expires=[^;]*/, '')

for (const kind of ['cookie', 'store']) {
  const make = () => kind === 'store' ? new CountingStore() : undefined

  describe(`attributes as functions of ctx, in ${kind} mode`, () => {
    test('are called once a request, whatever it does', async (t) => {
      for (const path of ['/in', '/often', '/options', '/out']) {
        let calls = 0
        const server = await start(t, { store: make(), domain: () => `a${++calls}.example`, maxAge: 1000 }, routes)
        const { setCookie, status } = await server.get(path)
        assert.equal(status, 200)
        assert.equal(calls, 1, path)
        for (const line of setCookie) assert.match(line, /domain=a1\.example/)
      }
    })

    test('may depend on the tenant of the request', async (t) => {
      const server = await start(t, { store: make(), domain: (ctx) => `${ctx.get('tenant')}.example` }, routes)
      const answers = await Promise.all(['a', 'b', 'c'].map((tenant) => server.get('/in', { tenant })))
      answers.forEach(({ setCookie }, i) => {
        assert.equal(setCookie.length, 2)
        for (const line of setCookie) assert.ok(line.includes(`; domain=${'abc'[i]}.example`))
      })
    })

    test('work with more tenants than the cache of native cookies has places', async (t) => {
      const server = await start(t, { store: make(), domain: (ctx) => ctx.query.tenant }, routes)
      for (let i = 0; i < 3 * 70; i++) {
        const tenant = `t${i % 70}.example`
        const { setCookie } = await server.get(`/in?tenant=${tenant}`)
        assert.deepEqual(setCookie.map(attributesOf), Array(2).fill(`; path=/; domain=${tenant}; httponly`))
      }
    })

    test('have their result in ctx.sessionOptions, which may be changed', async (t) => {
      const server = await start(t, { store: make(), domain: () => 'a.example' }, (ctx) => {
        ctx.session.user = 'ann'
        const { domain } = ctx.sessionOptions
        if (ctx.path === '/change') ctx.sessionOptions.domain = 'b.example'
        return { domain }
      })
      const [kept, changed] = [await server.get('/'), await server.get('/change')]
      assert.deepEqual(kept.json, { domain: 'a.example' })
      assert.ok(kept.setCookie.every((line) => line.includes('domain=a.example')))
      assert.ok(changed.setCookie.every((line) => line.includes('domain=b.example')))
    })
  })
}
