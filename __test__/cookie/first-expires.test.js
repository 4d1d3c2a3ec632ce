'use strict'

const assert = require('node:assert/strict')

const { eachKoa } = require('../harness/app')
const { decodeCookie } = require('../harness/forge')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const KEY = 'koa.sess'
const ONE_DAY_MS = 86400000

const expiresOf = (line) => /; expires=([^;]+)/.exec(line)?.[1]

for (const mode of ['cookie', 'store']) {
  eachKoa(`fault 14: ${mode} mode, no maxAge: the first Set-Cookie has no expires, later ones have a day (kept)`, async (t, Koa) => {
    const store = mode === 'store' ? new CountingStore() : undefined
    const server = await start(t, { store }, (ctx) => {
      ctx.session.n = (ctx.session.n || 0) + 1
      return { maxAge: ctx.session.maxAge ?? null }
    }, { Koa })
    const visitor = server.visitor()
    const first = await visitor.get('/')
    assert.equal(first.setCookie.length, 2)
    assert.deepEqual(first.setCookie.map(expiresOf), [undefined, undefined])
    assert.deepEqual(first.json, { maxAge: null })
    // The stored maxAge is one day from the first save on.
    const { _maxAge } = store ? store.data(store.ids()[0]) : decodeCookie(first.cookies.get(KEY))
    assert.equal(_maxAge, ONE_DAY_MS)
    for (let i = 0; i < 2; i++) {
      const before = Math.floor(Date.now() / 1000) * 1000
      const later = await visitor.get('/')
      assert.deepEqual(later.json, { maxAge: ONE_DAY_MS })
      for (const line of later.setCookie) {
        const expires = Date.parse(expiresOf(line))
        assert.ok(expires >= before + ONE_DAY_MS && expires <= Date.now() + ONE_DAY_MS, line)
      }
    }
  })
}
