'use strict'

// Some test suites replace Date.now by functions that return a Date, a string or nothing. Sessions still work, as in koa-session.

const assert = require('node:assert/strict')
const { after, describe, test } = require('node:test')

const { session } = require('../harness/app')
const { START_MS } = require('../harness/clock')
const { cookieHeader, encode } = require('../harness/forge')
const { MODES } = require('../harness/modes')
const { visit } = require('../harness/server')
const { CountingStore } = require('../harness/store')
const { SqliteFolder } = require('../stores/sqlite-folder')
const { MemoryStore } = require('../../stores/memory')

const upstream = require('koa-session').default

/** Replacements of Date.now, by what they return: a new value for each call. */
const CLOCKS = {
  nothing: () => undefined,
  null: () => null,
  true: () => true,
  NaN: () => NaN,
  Infinity: () => Infinity,
  'a fraction': () => START_MS + 0.25,
  'a time before 1970': () => -1,
  'a text': () => 'now',
  'a text of digits': () => String(START_MS),
  'a Date': () => new Date(START_MS),
  'the first Date': () => new Date(0),
  'no Date': () => new Date(NaN),
  'a list': () => [START_MS],
  'an object with a value': () => ({ valueOf: () => START_MS }),
  'a BigInt': () => BigInt(START_MS)
}

const ROUTES = {
  '/set': (ctx) => { ctx.session.a = (ctx.session.a ?? 0) + 1 },
  '/me': () => {},
  '/long': (ctx) => { ctx.session.maxAge = 60000 },
  '/browser': (ctx) => { ctx.session.maxAge = 'session' },
  '/save': (ctx) => ctx.session.save(),
  '/regenerate': (ctx) => ctx.session.regenerate(),
  '/touch': (ctx) => session.of(ctx).touch(),
  '/logout': (ctx) => { ctx.session = null }
}

async function respond (ctx) {
  await ROUTES[ctx.path](ctx)
  return { a: ctx.session?.a ?? null, maxAge: String(ctx.session?.maxAge) }
}

/** Returns the Cookie header of a browser that drops no expired cookie. */
const cookieOf = (setCookie) => setCookie.filter((line) => !/^[^=]+=;/.test(line)).map((line) => line.slice(0, line.indexOf(';'))).join('; ')

/** Requests the paths with a clock, with ours or koa-session; returns the responses and the writes to the store. */
async function play (t, give, { module, mode, options }, paths) {
  const { mock } = t.mock.method(Date, 'now', () => START_MS)
  const { options: { store, ...rest }, store: kept } = mode()
  let id = 0
  const given = { maxAge: 5000, genid: () => `id-${++id}`, ...rest, ...(store && { store }), ...options }
  const client = await visit(t, given, respond, { session: module, keys: ['newer secret', 'first secret'] })
  let cookie = cookieOf((await client.get('/set')).setCookie)
  mock.mockImplementation(give)
  const answers = []
  for (const path of paths) {
    const { status, body, setCookie } = await client.get(path, { cookie })
    answers.push({ path, status, body, setCookie })
    cookie = cookieOf(setCookie) || cookie
  }
  mock.restore()
  return { answers, writes: kept?.calls.filter(({ operation }) => operation === 'set').map(({ id, value, ttl }) => [id, value, ttl]) }
}

/** The requests. They avoid two faults of koa-session: it saves twice, and passes 'session' to stores as a time. */
const PATHS = { cookie: ['/me', '/set', '/me', '/long', '/set', '/browser'], store: ['/me', '/set', '/me', '/long', '/set'] }
const OPTIONS = { plain: {}, rolling: { rolling: true }, renew: { renew: true }, 'with encode': { encode: (data) => encode(data) } }

for (const [clock, give] of Object.entries(CLOCKS)) {
  // koa-session fails for a BigInt, too.
  if (clock === 'a BigInt') continue
  describe(`Date.now gives ${clock}`, () => {
    for (const [what, options] of Object.entries(OPTIONS)) {
      for (const mode of ['cookie', 'store', 'externalKey']) {
        const paths = PATHS[mode] ?? PATHS.store
        test(`as in koa-session: ${mode}, ${what}`, async (t) => {
          const how = { mode: MODES[mode], options }
          const ours = await play(t, give, { ...how, module: session }, paths)
          assert.deepEqual(ours, await play(t, give, { ...how, module: upstream }, paths))
          assert.ok(ours.answers.every(({ status }) => status === 200))
        })
      }
    }
  })
}

describe('a loaded session', () => {
  for (const [clock, give] of Object.entries(CLOCKS)) {
    test(`expires as in koa-session if Date.now gives ${clock}`, async (t) => {
      for (const _expire of [-2, 0, 1, START_MS - 1, START_MS, START_MS + 1, String(START_MS - 1), null, [0], { valueOf: 1 }]) {
        const record = { a: 7, _expire, _maxAge: 5000 }
        const store = () => {
          const made = new CountingStore()
          made.records.set('an-id', JSON.stringify(record))
          return made
        }
        for (const [options, value] of [[() => ({}), encode(record)], [() => ({ store: store() }), 'an-id']]) {
          const seen = []
          for (const module of [session, upstream]) {
            const client = await visit(t, options(), respond, { session: module })
            const { mock } = t.mock.method(Date, 'now', give)
            // Signed by the second key, so a valid session gets a new signature.
            const { status, body, setCookie } = await client.get('/me', { cookie: cookieHeader(value, 'second secret') })
            mock.restore()
            seen.push({ status, body })
            if (module === session && JSON.parse(body).a === 7) assert.ok(setCookie[0].startsWith('koa.sess.sig='))
          }
          assert.deepEqual(seen[0], seen[1], JSON.stringify(_expire))
        }
      }
    })
  }
})

describe('our own stores and options', () => {
  const folder = new SqliteFolder()
  after(() => folder.remove())
  const ways = {
    memory: () => ({ options: { store: new MemoryStore() } }),
    sqlite: () => ({ options: { store: folder.open() } }),
    'merge: true': () => ({ options: { store: new CountingStore(), merge: true } }),
    'early, with a store': () => ({ options: { store: new CountingStore(), early: true } }),
    'early, in a cookie': () => ({ options: { early: true } })
  }
  const all = ['/me', '/set', '/touch', '/regenerate', '/me', '/long', '/browser', '/save', '/logout']

  for (const [clock, give] of Object.entries(CLOCKS)) {
    for (const [name, mode] of Object.entries(ways)) {
      test(`work if Date.now gives ${clock}: ${name}`, { timeout: 20_000 }, async (t) => {
        const { answers } = await play(t, give, { module: session, mode, options: { rolling: true } }, all)
        if (clock === 'a BigInt') return
        for (const { status, path } of answers) assert.equal(status, 200, path)
        if (clock !== 'Infinity') assert.equal(JSON.parse(answers[4].body).a, 2)
      })
    }

    test(`list and revoke if Date.now gives ${clock}`, async (t) => {
      const store = new MemoryStore()
      const { mock } = t.mock.method(Date, 'now', give)
      await store.create('a', { data: '{"user":1}', maxAge: 5000, subject: '1' }, 5000)
      await store.create('b', { data: '{"user":1}', maxAge: 5000, subject: '1' }, 5000)
      const listed = await store.list('1')
      const destroyed = [await store.destroy('a'), await store.destroyAll('1')]
      mock.restore()
      if (clock !== 'Infinity') assert.deepEqual([listed.length, ...destroyed], [2, true, 1])
    })
  }
})
