'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const { inspect } = require('node:util')

const { decodeCookie } = require('../harness/forge')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const FUTURE = () => ({ _expire: Date.now() + 60000, _maxAge: 60000 })

/** Encodes a JSON text. A text, since `encode` of an object could not have the own key `__proto__`. */
const textOf = (json) => Buffer.from(json).toString('base64')

/** The places of sessions: the cookie, or a store. */
const PLACES = {
  cookie: () => ({
    opts: { signed: false },
    plant: (json) => ({ cookie: `koa.sess=${textOf(json)}` }),
    data: ({ cookies }) => decodeCookie(cookies.get('koa.sess'))
  }),
  store () {
    const store = new CountingStore()
    return {
      opts: { signed: false, store },
      plant (json) {
        store.records.set('an-id', json)
        return { cookie: 'koa.sess=an-id' }
      },
      data: () => store.data('an-id')
    }
  }
}

/** Returns data with an envelope as JSON. */
const jsonOf = (data) => JSON.stringify({ ...data, ...FUTURE() })

const METHODS = ['toJSON', 'save', 'regenerate', 'commit', 'manuallyCommit', 'inspect', 'constructor', 'hasOwnProperty', 'toString', 'then']

for (const [place, make] of Object.entries(PLACES)) {
  describe(`fault 24: data with names of session members, in a ${place}`, () => {
    for (const name of METHODS) {
      test(`${name}: can be read, shadows the method, and does not prevent saving`, async (t) => {
        const { opts, plant, data } = make()
        const server = await start(t, opts, (ctx) => {
          ctx.session.views = (ctx.session.views ?? 0) + 1
          return { value: ctx.session[name], length: ctx.session.length, text: inspect(ctx.session) }
        })
        const answer = await server.get('/', plant(jsonOf({ [name]: 'mine', user: 'ann' })))
        assert.equal(answer.status, 200)
        assert.equal(answer.json.value, 'mine')
        assert.equal(answer.json.length, 3)
        assert.ok(answer.json.text.includes('mine'))
        const { _expire, _maxAge, ...saved } = data(answer)
        assert.deepEqual(Object.entries(saved), [[name, 'mine'], ['user', 'ann'], ['views', 1]])
        assert.deepEqual(server.errors, [])
      })
    }

    const members = { maxAge: 'forever', isNew: 'mine', length: 99, populated: 'mine', externalKey: 'mine' }
    for (const [name, value] of Object.entries(members)) {
      test(`${name} is always the session's own`, async (t) => {
        const { opts, plant } = make()
        const server = await start(t, opts, (ctx) => ({ value: ctx.session[name], user: ctx.session.user }))
        const api = { maxAge: 60000, isNew: false, length: 1, populated: true, externalKey: place === 'store' ? 'an-id' : undefined }
        const answer = await server.get('/', plant(jsonOf({ [name]: value, user: 'ann' })))
        assert.equal(answer.status, 200)
        assert.equal(answer.json.value, api[name])
        assert.equal(answer.json.user, 'ann')
      })
    }

    test('__proto__ is never a prototype', async (t) => {
      const { opts, plant, data } = make()
      const server = await start(t, opts, (ctx) => {
        ctx.session.views = 1
        return { isAdmin: ctx.session.isAdmin, save: typeof ctx.session.save, isNew: ctx.session.isNew, polluted: {}.isAdmin }
      })
      const { _expire, _maxAge } = FUTURE()
      const json = `{"user":"ann","__proto__":{"isAdmin":true,"isNew":"x"},"_expire":${_expire},"_maxAge":${_maxAge}}`
      const answer = await server.get('/', plant(json))
      assert.equal(answer.status, 200)
      assert.deepEqual(answer.json, { save: 'function', isNew: false })
      assert.equal(data(answer).isAdmin, undefined)
      assert.deepEqual([data(answer).user, data(answer).views], ['ann', 1])
    })
  })
}

describe('fault 24: assigned data', () => {
  test('__proto__ in assigned data is no prototype', async (t) => {
    const server = await start(t, {}, (ctx) => {
      ctx.session = JSON.parse('{"__proto__":{"isAdmin":true},"user":"ann"}')
      return { isAdmin: ctx.session.isAdmin, save: typeof ctx.session.save, user: ctx.session.user }
    })
    assert.deepEqual((await server.get('/')).json, { save: 'function', user: 'ann' })
  })

  test('a session with a key named save is destroyed by null', async (t) => {
    const { opts, plant } = PLACES.store()
    const server = await start(t, opts, (ctx) => { ctx.session = null })
    const answer = await server.get('/', plant(jsonOf({ save: 1, commit: 2, toJSON: 3 })))
    assert.equal(answer.status, 200)
    assert.deepEqual(opts.store.ids(), [])
  })

  test('functions are not data', async (t) => {
    const server = await start(t, {}, (ctx) => {
      ctx.session.user = 'ann'
      ctx.session.toJSON = () => ({ stolen: 1 })
    })
    const { cookies } = await server.get('/')
    const { _expire, _maxAge, ...saved } = decodeCookie(cookies.get('koa.sess'))
    assert.deepEqual(saved, { user: 'ann' })
  })
})
