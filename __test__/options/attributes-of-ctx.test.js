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

/** Each attribute, what its function gives, and the line that follows. */
const CASES = [
  ['domain', 'a.example', '; path=/; domain=a.example; httponly'],
  ['domain', undefined, '; path=/; httponly'],
  ['path', '/shop', '; path=/shop; httponly'],
  ['secure', 'force', '; path=/; secure; httponly'],
  ['secure', 'auto', '; path=/; httponly'],
  ['secure', false, '; path=/; httponly'],
  ['sameSite', 'lax', '; path=/; samesite=lax; httponly'],
  ['sameSite', true, '; path=/; samesite=strict; httponly'],
  ['sameSite', false, '; path=/; httponly'],
  ['httpOnly', false, '; path=/'],
  ['httpOnly', true, '; path=/; httponly'],
  ['priority', 'high', '; path=/; priority=high; httponly'],
  ['partitioned', true, '; path=/; httponly; partitioned'],
  ['partitioned', false, '; path=/; httponly']
]

const REFUSED = [
  ['domain', 'a.example; secure'], ['domain', 'a.example\r\nx: y'], ['domain', 'a\u0000b'], ['domain', 7],
  ['path', '/; domain=evil.example'], ['path', '/\r\nSet-Cookie: a=b'], ['path', '/\u0007'], ['path', '/\u007f'],
  ['sameSite', 'lax; secure'], ['sameSite', 'sometimes'], ['sameSite', 'lax\n'],
  ['priority', 'high; x'], ['priority', 'urgent'], ['priority', 'low\r'],
  ['expires', 'tomorrow'], ['expires', new Date(NaN)], ['secure', 'yes']
]

for (const kind of ['cookie', 'store']) {
  const make = () => kind === 'store' ? new CountingStore() : undefined

  describe(`attributes as functions of ctx, in ${kind} mode`, () => {
    for (const [name, value, attributes] of CASES) {
      test(`${name}: ${value}`, async (t) => {
        const calls = []
        const server = await start(t, { store: make(), [name]: (ctx) => { calls.push(ctx.path); return value } }, routes)
        const ann = server.visitor()
        const { setCookie } = await ann.get('/in')
        assert.deepEqual(setCookie.map(attributesOf), [attributes, attributes])
        const cleared = await ann.get('/out')
        assert.deepEqual(cleared.setCookie.map(attributesOf), [attributes, attributes])
        for (const line of cleared.setCookie) assert.match(line, /expires=Thu, 01 Jan 1970/)
        assert.deepEqual(calls, ['/in', '/out'])
      })
    }

    test('expires', async (t) => {
      const expires = new Date(1893456000000)
      const server = await start(t, { store: make(), expires: () => expires }, routes)
      const { setCookie } = await server.get('/in')
      assert.equal(setCookie.length, 2)
      for (const line of setCookie) assert.ok(line.includes(`; expires=${expires.toUTCString()}`))
    })

    test('called once a request, whatever it does', async (t) => {
      for (const path of ['/in', '/often', '/options', '/out']) {
        let calls = 0
        const server = await start(t, { store: make(), domain: () => `a${++calls}.example`, maxAge: 1000 }, routes)
        const { setCookie, status } = await server.get(path)
        assert.equal(status, 200)
        assert.equal(calls, 1, path)
        for (const line of setCookie) assert.match(line, /domain=a1\.example/)
      }
    })

    test('by the tenant of the request', async (t) => {
      const server = await start(t, { store: make(), domain: (ctx) => `${ctx.get('tenant')}.example` }, routes)
      const answers = await Promise.all(['a', 'b', 'c'].map((tenant) => server.get('/in', { tenant })))
      answers.forEach(({ setCookie }, i) => {
        assert.equal(setCookie.length, 2)
        for (const line of setCookie) assert.ok(line.includes(`; domain=${'abc'[i]}.example`))
      })
    })

    test('by more tenants than cookies are kept for, in turn', async (t) => {
      const server = await start(t, { store: make(), domain: (ctx) => ctx.query.tenant }, routes)
      for (let i = 0; i < 3 * 70; i++) {
        const tenant = `t${i % 70}.example`
        const { setCookie } = await server.get(`/in?tenant=${tenant}`)
        assert.deepEqual(setCookie.map(attributesOf), Array(2).fill(`; path=/; domain=${tenant}; httponly`))
      }
    })

    test('what ctx.sessionOptions says is what was resolved, and may be changed', async (t) => {
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

    test('secure: () => true over plain HTTP sends no cookie, and fails nothing', async (t) => {
      const server = await start(t, { store: make(), secure: () => true }, routes)
      const answer = await server.get('/in')
      assert.deepEqual([answer.status, answer.setCookie], [200, []])
      assert.equal((await server.event('session:uncommitted')).reason, 'insecure')
    })

    for (const [name, value] of REFUSED) {
      for (const path of ['/in', '/out']) {
        test(`${name}: ${JSON.stringify(value)} is refused, and nothing is sent (${path})`, async (t) => {
          const store = make()
          const server = await start(t, { store, [name]: () => value }, routes)
          const answer = await server.get(path)
          assert.deepEqual([answer.status, answer.setCookie], [500, []])
          assert.equal(server.errors.length, 1)
          const [err] = server.errors
          assert.deepEqual([err.code, err.option], ['ERR_SESSION_OPTION', name])
          if (typeof value === 'string') assert.ok(!err.message.includes(value))
          assert.deepEqual(store?.ids() ?? [], [])
        })
      }
    }
  })
}

describe('attributes that are values', () => {
  test("secure: 'auto' is as if it was not there", async (t) => {
    const server = await start(t, { secure: 'auto' }, routes)
    assert.deepEqual((await server.get('/in')).setCookie.map(attributesOf), Array(2).fill('; path=/; httponly'))
    const behind = await start(t, { secure: 'auto' }, routes, { proxy: true })
    const { setCookie } = await behind.get('/in', { 'x-forwarded-proto': 'https' })
    assert.deepEqual(setCookie.map(attributesOf), Array(2).fill('; path=/; secure; httponly'))
  })

  test("secure: 'force' is sent whatever the request looks like", async (t) => {
    for (const encode of [undefined, (data) => Buffer.from(JSON.stringify(data)).toString('base64')]) {
      const server = await start(t, { secure: 'force', sameSite: 'none', encode }, routes)
      for (const path of ['/in', '/out']) {
        const { status, setCookie } = await server.get(path)
        assert.equal(status, 200)
        assert.deepEqual(setCookie.map(attributesOf), Array(2).fill('; path=/; samesite=none; secure; httponly'))
      }
    }
  })

  for (const domain of ['a;b', 'a\r\nx: y', 'a\u0001']) {
    test(`domain ${JSON.stringify(domain)} sends nothing`, async (t) => {
      const server = await start(t, { domain }, routes)
      const answer = await server.get('/in')
      assert.deepEqual([answer.status, answer.setCookie], [500, []])
      assert.equal(answer.headers.x, undefined)
      assert.equal(server.errors.length, 1)
    })
  }
})
