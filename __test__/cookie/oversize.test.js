'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')

const { eachKoa } = require('../harness/app')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')
const { warned, warnings } = require('../harness/warnings')

const KEY = 'koa.sess'
const LIMIT = 4096

/** Bytes of name and value as browsers count them: without the `=`. */
const bytesOf = (line) => line.slice(0, line.indexOf(';')).length - 1

/** Finds the length of text that makes the cookie as large as wanted, by asking the server. */
async function textFor (server, bytes) {
  const line = (await server.get('/?n=10')).cookies.get(KEY)
  return Math.floor((bytes - KEY.length) / 4) * 3 - (Buffer.from(/=([^;]*)/.exec(line)[1], 'base64').length - 10)
}

eachKoa('fault 9: a cookie that browsers drop for its size emits an event with the size', async (t, Koa) => {
  const server = await start(t, {}, (ctx) => { ctx.session.text = 'x'.repeat(ctx.query.n) }, { Koa })
  const answer = await server.get('/?n=4000')
  await server.settled()
  const [event] = server.events.named('session:oversize')
  assert.ok(event, 'no event')
  assert.equal(event.bytes, bytesOf(answer.cookies.get(KEY)))
  assert.ok(event.bytes > LIMIT)
  assert.equal(event.limit, LIMIT)
  assert.equal(event.name, 'session')
  assert.equal(event.ctx.path, '/')
  const { message } = await warned('KOA_SESSION_RS_OVERSIZE')
  assert.ok(message.includes(KEY) && message.includes(String(LIMIT)) && message.includes('store'))
})

test('fault 9: the limit is 4096 bytes of name and value', async (t) => {
  const server = await start(t, {}, (ctx) => { ctx.session.text = 'x'.repeat(ctx.query.n) })
  const n = await textFor(server, LIMIT)
  const sizes = []
  for (const length of [n, n + 3]) {
    const answer = await server.get(`/?n=${length}`)
    await server.settled()
    sizes.push({ bytes: bytesOf(answer.cookies.get(KEY)), events: server.events.named('session:oversize').length })
  }
  assert.deepEqual(sizes, [{ bytes: LIMIT, events: 0 }, { bytes: LIMIT + 4, events: 1 }])
})

test('fault 9: one warning a process, an event for each cookie', async (t) => {
  const server = await start(t, {}, (ctx) => { ctx.session.text = 'x'.repeat(4000) })
  await server.get('/')
  await server.get('/')
  await server.settled()
  assert.equal(server.events.named('session:oversize').length, 2)
  assert.equal(warnings.filter(({ code }) => code === 'KOA_SESSION_RS_OVERSIZE').length, 1)
})

test('fault 9: a cookie by the app\'s own encode is measured too', async (t) => {
  const server = await start(t, { encode: (data) => 'y'.repeat(5000), decode: () => ({}) }, (ctx) => { ctx.session.text = 'x' })
  const answer = await server.get('/')
  const { bytes } = await server.event('session:oversize')
  assert.equal(bytes, bytesOf(answer.cookies.get(KEY)))
  assert.equal(bytes, 5000 + KEY.length)
})

test('fault 9: large sessions in a store cause no event or warning', async (t) => {
  const store = new CountingStore()
  const server = await start(t, { store }, (ctx) => { ctx.session.text = 'x'.repeat(9000) })
  const answer = await server.get('/')
  await server.settled()
  assert.ok(bytesOf(answer.cookies.get(KEY)) < 100)
  assert.equal(store.count('set'), 1)
  assert.deepEqual(server.events.named('session:oversize'), [])
})
