'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { KOAS } = require('../harness/app')
const { decode } = require('../harness/forge')
const { contextStoreOf } = require('../harness/modes')
const { visit } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const respond = (ctx) => {
  if (ctx.path === '/login') ctx.session.user = 'zoe'
  return { user: ctx.session.user, id: ctx.session.externalKey }
}

/** Changes an option after the start, and returns the Set-Cookie lines of a login before and afterwards. */
async function change (t, name, from, to) {
  const options = from === undefined ? {} : { [name]: from }
  const client = await visit(t, options, respond)
  const before = await client.get('/login', { cookie: '' })
  if (to === undefined) delete options[name]
  else options[name] = to
  const after = await client.get('/login', { cookie: '' })
  return [before.setCookie, after.setCookie]
}

describe('options are read live', () => {
  for (const [version, Koa] of Object.entries(KOAS)) {
    test(`store, switched on and off after the start: ${version}`, async (t) => {
      const store = new CountingStore()
      const options = {}
      const client = await visit(t, options, respond, { Koa })
      await client.get('/login')
      assert.deepEqual((await client.get()).json, { user: 'zoe' })

      options.store = store
      client.jar.clear()
      await client.get('/login')
      const { json } = await client.get()
      assert.equal(json.user, 'zoe')
      assert.deepEqual([...store.records.keys()], [json.id])

      options.store = undefined
      client.jar.clear()
      await client.get('/login')
      assert.deepEqual((await client.get()).json, { user: 'zoe' })
      assert.equal(store.records.size, 1)
    })
  }

  test('ContextStore, set after the start', async (t) => {
    const store = new CountingStore()
    const options = {}
    const client = await visit(t, options, respond)
    await client.get('/')
    options.ContextStore = contextStoreOf(store)
    await client.get('/login')
    assert.deepEqual(store.take(), ['set'])
  })

  test('key', async (t) => {
    const [before, after] = await change(t, 'key', 'one', 'two')
    assert.ok(before[0].startsWith('one=') && after[0].startsWith('two='))
  })

  test('maxAge', async (t) => {
    const [before, after] = await change(t, 'maxAge', 1000, 2000)
    assert.deepEqual([decode(before)._maxAge, decode(after)._maxAge], [1000, 2000])
    const [, without] = await change(t, 'maxAge', 1000, undefined)
    assert.equal(decode(without)._maxAge, 86400000)
  })

  test('signed', async (t) => {
    const [before, after] = await change(t, 'signed', true, false)
    assert.deepEqual([before.length, after.length], [2, 1])
  })

  test('encode', async (t) => {
    const [before, after] = await change(t, 'encode', () => 'one', () => 'two')
    assert.ok(before[0].startsWith('koa.sess=one;') && after[0].startsWith('koa.sess=two;'))
  })

  test('autoCommit', async (t) => {
    const [before, after] = await change(t, 'autoCommit', true, false)
    assert.deepEqual([before.length, after.length], [2, 0])
  })

  const ATTRIBUTES = [
    ['path', '/a', '/b', '; path=/b; httponly'],
    ['path', '/a', undefined, '; path=/; httponly'],
    ['domain', 'a.b', 'c.d', '; path=/; domain=c.d; httponly'],
    ['httpOnly', true, false, '; path=/'],
    ['sameSite', undefined, 'lax', '; path=/; samesite=lax; httponly'],
    ['priority', undefined, 'low', '; path=/; priority=low; httponly'],
    ['partitioned', undefined, true, '; path=/; httponly; partitioned'],
    ['expires', undefined, new Date('2040-01-01T00:00:00Z'), '; path=/; expires=Sun, 01 Jan 2040 00:00:00 GMT; httponly']
  ]
  for (const [name, from, to, expected] of ATTRIBUTES) {
    test(`${name}: ${from} to ${to}`, async (t) => {
      const [before, after] = await change(t, name, from, to)
      assert.notEqual(before[0].slice(before[0].indexOf(';')), expected)
      assert.ok(after.every((line) => line.slice(line.indexOf(';')) === expected))
    })
  }

  test('rolling, renew, valid and beforeSave', async (t) => {
    const options = { maxAge: 1000 }
    const client = await visit(t, options, respond)
    await client.get('/login')
    assert.equal((await client.get()).setCookie.length, 0)
    options.rolling = true
    assert.equal((await client.get()).setCookie.length, 2)
    options.rolling = false
    let saves = 0
    options.beforeSave = () => saves++
    await client.get('/login', { cookie: '' })
    assert.equal(saves, 1)
    options.valid = () => false
    assert.deepEqual((await client.get()).json, {})
  })

  test('genid', async (t) => {
    const options = { store: new CountingStore(), genid: () => 'one' }
    const client = await visit(t, options, respond)
    assert.equal((await client.get('/login')).json.id, 'one')
    options.genid = () => 'two'
    assert.equal((await client.get('/login', { cookie: '' })).json.id, 'two')
  })

  test('externalKey', async (t) => {
    const options = { store: new CountingStore(), externalKey: { get: () => 'one', set () {} } }
    const client = await visit(t, options, respond)
    await client.get('/login')
    options.externalKey = { get: () => 'two', set () {} }
    await client.get('/login')
    assert.deepEqual([...options.store.records.keys()].length, 2)
  })

  test('an option that only the app\'s own ctx.cookies knows', async (t) => {
    const seen = []
    const options = { wrapping: 'one' }
    const client = await visit(t, options, respond, {
      before: (app) => app.use((ctx, next) => {
        ctx.cookies = { get: () => undefined, set: (name, value, opts) => seen.push(opts.wrapping) }
        return next()
      })
    })
    await client.get('/login')
    options.wrapping = 'two'
    await client.get('/login')
    assert.deepEqual(seen, ['one', 'two'])
  })

  test('a getter on the options object', async (t) => {
    let maxAge = 1000
    const client = await visit(t, { get maxAge () { return maxAge } }, respond)
    assert.equal(decode((await client.get('/login')).setCookie)._maxAge, 1000)
    maxAge = 2000
    assert.equal(decode((await client.get('/login', { cookie: '' })).setCookie)._maxAge, 2000)
  })
})
