'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { KOAS, session } = require('../harness/app')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const { koa3: Koa } = KOAS

const count = (ctx) => {
  ctx.session.views = (ctx.session.views ?? 0) + 1
  return { views: ctx.session.views }
}

/** Sends two requests, and returns the Set-Cookie lines of the first. */
async function play (t, opts) {
  const server = await start(t, opts, count)
  const ann = server.visitor()
  const { setCookie } = await ann.get('/')
  assert.deepEqual((await ann.get('/')).json, { views: 2 })
  assert.deepEqual(server.errors, [])
  return setCookie
}

const NULLABLE = [
  'key', 'maxAge', 'autoCommit', 'overwrite', 'httpOnly', 'signed', 'rolling', 'renew', 'secure', 'sameSite', 'encode', 'decode',
  'genid', 'prefix', 'valid', 'beforeSave', 'store', 'ContextStore', 'externalKey', 'domain', 'expires', 'priority', 'partitioned'
]

/** Returns a line without its value, which differs between runs. */
const shape = (line) => line.replace(/=[^;]*/, '=').replace(/expires=[^;]*/, 'expires=')

describe('fault 21: options that koa-session 6.4 accepted', () => {
  for (const nothing of [null, undefined]) {
    for (const name of NULLABLE) {
      test(`${name}: ${nothing} is the default`, async (t) => {
        const lines = await play(t, { [name]: nothing })
        assert.deepEqual(lines.map(shape), ['koa.sess=; path=/; httponly', 'koa.sess.sig=; path=/; httponly'])
      })
    }
  }

  for (const [sameSite, attribute] of [[true, '; samesite=strict'], [false, ''], ['lax', '; samesite=lax']]) {
    test(`sameSite: ${sameSite}`, async (t) => {
      const lines = await play(t, { sameSite })
      assert.deepEqual(lines.map(shape), [`koa.sess=; path=/${attribute}; httponly`, `koa.sess.sig=; path=/${attribute}; httponly`])
    })
  }

  test('a store that is a class with static methods', async (t) => {
    const records = new CountingStore()
    class Store {
      static get (...args) { return records.get(...args) }
      static set (...args) { return records.set(...args) }
      static destroy (...args) { return records.destroy(...args) }
    }
    await play(t, { store: Store })
    assert.deepEqual([records.count('get'), records.count('set')], [1, 2])
  })

  test('a ContextStore that inherits its methods', async (t) => {
    const records = new CountingStore()
    class Base {
      get (...args) { return records.get(...args) }
      set (...args) { return records.set(...args) }
      destroy (...args) { return records.destroy(...args) }
    }
    await play(t, { ContextStore: class extends Base {} })
    assert.equal(records.count('set'), 2)
  })

  test('an externalKey that is an instance of a class', async (t) => {
    class Header {
      get (ctx) { return ctx.cookies.get('id', { signed: false }) }
      set (ctx, id) { ctx.cookies.set('id', id, { signed: false }) }
    }
    assert.equal((await play(t, { store: new CountingStore(), externalKey: new Header() })).length, 1)
  })

  test('invalid options are still refused, by an error with fields', () => {
    const app = new Koa()
    for (const [opts, option] of [
      [{ key: 1 }, 'key'], [{ rolling: 'yes' }, 'rolling'], [{ sameSite: 1 }, 'sameSite'], [{ genid: 'id' }, 'genid'],
      [{ store: { get () {} } }, 'store.set'], [{ externalKey: { get () {} } }, 'externalKey.set']
    ]) {
      assert.throws(() => session(opts, app), { code: 'ERR_SESSION_OPTION', option })
    }
  })
})
