'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')

const { eachKoa } = require('../harness/app')
const { decodeCookie } = require('../harness/forge')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const KEY = 'koa.sess'

/** Two sessions whose JSON texts have the same length and the same CRC32. */
const FIRST = { basket: '70755edee7d9' }
const SECOND = { basket: '2aafdca574b0' }

function crc32 (text) {
  let crc = ~0
  for (const byte of Buffer.from(text)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

const routes = {
  '/first' (ctx) { Object.assign(ctx.session, FIRST) },
  '/second' (ctx) { Object.assign(ctx.session, SECOND) },
  '/look' (ctx) { return ctx.session.toJSON() }
}

test('fault 16: the two texts do collide', () => {
  assert.equal(crc32('123456789'), 0xcbf43926)
  const [first, second] = [FIRST, SECOND].map((data) => JSON.stringify(data))
  assert.notEqual(first, second)
  assert.equal(crc32(first), crc32(second))
})

eachKoa('fault 16: store mode: a change to data with the same CRC32 is written', async (t, Koa) => {
  const store = new CountingStore()
  const server = await start(t, { store }, routes, { Koa })
  const visitor = server.visitor()
  await visitor.get('/first')
  await visitor.get('/second')
  assert.equal(store.count('set'), 2)
  assert.equal(store.last('set').options.changed, true)
  assert.deepEqual((await visitor.get('/look')).json, SECOND)
  assert.equal(store.count('set'), 2)
})

eachKoa('fault 16: cookie mode: a change to data with the same CRC32 is sent', async (t, Koa) => {
  const server = await start(t, {}, routes, { Koa })
  const visitor = server.visitor()
  await visitor.get('/first')
  const { cookies } = await visitor.get('/second')
  assert.equal(decodeCookie(cookies.get(KEY) ?? assert.fail('no cookie')).basket, SECOND.basket)
  assert.deepEqual((await visitor.get('/look')).json, SECOND)
})

test('fault 16: cookie mode with the app\'s encode and decode', async (t) => {
  const encode = (data) => encodeURIComponent(JSON.stringify(data))
  const decode = (text) => JSON.parse(decodeURIComponent(text))
  const server = await start(t, { encode, decode }, routes)
  const visitor = server.visitor()
  await visitor.get('/first')
  assert.equal((await visitor.get('/second')).setCookie.length, 2)
  assert.deepEqual((await visitor.get('/look')).json, SECOND)
})

for (const mode of ['cookie', 'store']) {
  test(`fault 16: ${mode} mode: within a request`, async (t) => {
    const store = mode === 'store' ? new CountingStore() : undefined
    const server = await start(t, { store }, {
      ...routes,
      async '/both' (ctx) {
        Object.assign(ctx.session, FIRST)
        await ctx.session.save()
        Object.assign(ctx.session, SECOND)
      }
    })
    const visitor = server.visitor()
    await visitor.get('/both')
    assert.deepEqual((await visitor.get('/look')).json, SECOND)
  })
}
