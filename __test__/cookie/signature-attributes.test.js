'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const maxAge = 60000
const NEW_KEY = 'the new key'
const OLD_KEY = 'the old key'

const routes = {
  '/in' (ctx) { ctx.session.user = 'ann' },
  '/me' (ctx) { return { user: ctx.session.user ?? null } }
}

/** Returns the attributes of a line without its date, and the date in milliseconds. */
function read (line) {
  const expires = /; expires=([^;]+)/.exec(line)?.[1]
  return { attributes: line.replace(/^[^;]*/, '').replace(/; expires=[^;]+/, ''), expires: expires && Date.parse(expires) }
}

const CASES = {
  'no attributes': {},
  'domain, path, sameSite': { domain: 'example.org', path: '/', sameSite: 'lax' },
  'priority, partitioned, no httpOnly': { priority: 'high', partitioned: true, httpOnly: false },
  "secure: 'force'": { secure: 'force', sameSite: 'none' },
  'functions of ctx': {
    domain: (ctx) => `${ctx.get('tenant')}.example`, sameSite: () => 'strict', secure: () => 'force', priority: () => 'low'
  }
}

const headers = { tenant: 'a' }

describe('fault 25: a signature by the first key, sent in place of one by an older key', () => {
  for (const kind of ['cookie', 'store']) {
    for (const [name, attributes] of Object.entries(CASES)) {
      test(`${kind} mode, ${name}: has the attributes and the expiry of the cookie`, async (t) => {
        const store = kind === 'store' ? new CountingStore() : undefined
        const server = await start(t, { maxAge, store, ...attributes }, routes, { keys: [OLD_KEY] })
        const ann = server.visitor()
        const first = await ann.get('/in', headers)
        server.app.keys = [NEW_KEY, OLD_KEY]
        await new Promise((resolve) => setTimeout(resolve, 20))
        const second = await ann.get('/me', headers)
        assert.deepEqual(second.json, { user: 'ann' })
        assert.deepEqual([...second.cookies.keys()], ['koa.sess.sig'])
        const main = read(first.cookies.get('koa.sess'))
        assert.ok(Math.abs(main.expires - Date.now()) < maxAge + 2000)
        assert.deepEqual(read(second.cookies.get('koa.sess.sig')), main)
        assert.notEqual(main.attributes, '')
        // It is now signed by the first key, so nothing is sent, and the old key may be removed.
        server.app.keys = [NEW_KEY]
        const third = await ann.get('/me', headers)
        assert.deepEqual([third.json, third.setCookie], [{ user: 'ann' }, []])
      })
    }

    test(`${kind} mode, maxAge 'session': has no expires either`, async (t) => {
      const store = kind === 'store' ? new CountingStore() : undefined
      const server = await start(t, { maxAge: 'session', store, domain: 'example.org' }, routes, { keys: [OLD_KEY] })
      const ann = server.visitor()
      const main = read((await ann.get('/in')).cookies.get('koa.sess'))
      server.app.keys = [NEW_KEY, OLD_KEY]
      const { cookies } = await ann.get('/me')
      assert.deepEqual(read(cookies.get('koa.sess.sig')), main)
      assert.equal(main.expires, undefined)
    })
  }
})
