'use strict'

// Our stores keep whole milliseconds: a fraction is rounded up, and a maxAge of 0 or less never becomes the default of a day.

const assert = require('node:assert/strict')
const { after, before, describe, test } = require('node:test')
const { freeze } = require('../harness/clock')
const { visit } = require('../harness/server')
const servers = require('../servers/redis')
const { SqliteFolder } = require('./sqlite-folder')
const { MemoryStore } = require('../../stores/memory')
const { RedisStore } = require('../../stores/redis')

/** A maxAge, and the rounded one in the store. */
const LONG = [[600000.2, 600001], [86400000.75, 86400001]]
const ROUNDED = [[0.4, 1], [0.5, 1], [1e-7, 1], [1.5, 2], [999.9, 1000], ...LONG]
const PASSED = [-0.4, -1, -1500.5]

/** Returns the Cookie header of a browser that never drops a cookie. */
const cookieOf = ({ setCookie }) => setCookie.map((line) => line.slice(0, line.indexOf(';'))).join('; ')

function describeStore (name, open, rounded = ROUNDED) {
  describe(`a fraction of a millisecond in ${name}`, () => {
    for (const [maxAge, whole] of rounded) {
      test(`${maxAge} is rounded up to ${whole}`, async (t) => {
        const clock = freeze(t)
        const store = open(t)
        const client = await visit(t, { store, rolling: true }, (ctx) => {
          if (ctx.path === '/begin') Object.assign(ctx.session, { a: 1, maxAge })
          else if (ctx.path === '/more') ctx.session.b = 2
          return { maxAge: ctx.session.maxAge ?? null, data: ctx.session }
        })
        const begun = await client.get('/begin')
        assert.deepEqual(begun.json, { maxAge, data: { a: 1 } })
        const cookie = cookieOf(begun)
        for (const path of ['/', '/more', '/']) {
          clock.now += whole
          const { json, setCookie } = await client.get(path, { cookie })
          assert.equal(json.maxAge, whole)
          assert.equal(json.data.a, 1)
          assert.ok(setCookie[0].includes(`; expires=${new Date(clock.now + whole).toUTCString()};`))
        }
        clock.now += whole + 1
        assert.deepEqual((await client.get('/', { cookie })).json, { maxAge: null, data: {} })
      })
    }

    for (const maxAge of PASSED) {
      test(`${maxAge} expires at once`, async (t) => {
        freeze(t)
        const client = await visit(t, { store: open(t), rolling: true }, (ctx) => {
          if (ctx.path === '/begin') Object.assign(ctx.session, { a: 1, maxAge })
          return { maxAge: ctx.session.maxAge ?? null, data: ctx.session }
        })
        const cookie = cookieOf(await client.get('/begin'))
        assert.deepEqual((await client.get('/', { cookie })).json, { maxAge: null, data: {} })
      })
    }
  })
}

describeStore('MemoryStore', () => new MemoryStore())

describe('with files', () => {
  const folder = new SqliteFolder()
  after(() => folder.remove())

  describeStore('SqliteStore', (t) => {
    const store = folder.open()
    t.after(() => store.close())
    return store
  })
})

describe('with a server', { skip: servers.skip }, () => {
  let server
  let count = 0
  before(async () => { server = await servers.start() })
  after(() => server.stop())

  describeStore('RedisStore', (t) => {
    const store = new RedisStore({ url: server.url, prefix: `${count++}:` })
    t.after(() => store.close())
    return store
  }, LONG) // Redis drops the others by a clock of its own.
})
