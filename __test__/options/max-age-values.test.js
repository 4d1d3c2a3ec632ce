'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { KOAS, isUpstream, session } = require('../harness/app')
const { decodeCookie } = require('../harness/forge')
const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const { koa3: Koa } = KOAS

const REFUSED = [NaN, Infinity, -Infinity, 'forever', '1000', '', true, {}, [1000], 1n, Symbol('x'), () => 1000]

/** Returns a value as text for the name of a test. */
const show = (value) => typeof value === 'bigint' ? `${value}n` : typeof value === 'object' ? JSON.stringify(value) : String(value)

const isRefusal = (err) => {
  assert.equal(err.code, 'ERR_SESSION_OPTION')
  assert.equal(err.option, 'maxAge')
  assert.ok(err.message.includes('Invalid input'))
  assert.ok(err.message.includes('maxAge'))
  return true
}

describe('maxAge at the start', () => {
  for (const value of REFUSED) {
    test(`${show(value)} is an error`, () => {
      assert.throws(() => session({ maxAge: value }, new Koa()), isRefusal)
    })
  }

  for (const value of [0, -1, -5000, 1000, 0.5, undefined, null, 'session']) {
    test(`${show(value)} is accepted`, () => {
      assert.equal(typeof session({ maxAge: value }, new Koa()), 'function')
    })
  }
})

describe('session.maxAge =', () => {
  for (const kind of ['cookie', 'store']) {
    const make = () => kind === 'store' ? new CountingStore() : undefined

    test(`throws for an invalid value, and keeps the old one: ${kind}`, async (t) => {
      const server = await start(t, { store: make(), maxAge: 5000 }, (ctx) => {
        ctx.session.user = 'ann'
        for (const value of REFUSED) {
          assert.throws(() => { ctx.session.maxAge = value }, isRefusal, show(value))
          assert.equal(ctx.session.maxAge, 5000)
          assert.throws(() => { ctx.session = { user: 'ann', maxAge: value } }, isRefusal, show(value))
        }
        return { maxAge: ctx.session.maxAge }
      })
      const answer = await server.get('/')
      assert.deepEqual([answer.status, answer.json], [200, { maxAge: 5000 }])
    })

    for (const [value, kept] of [[7000.9, 7000.9], [7000, 7000], ['session', 'session']]) {
      test(`${value}: ${kind}`, async (t) => {
        const store = make()
        const server = await start(t, { store, maxAge: 5000 }, (ctx) => {
          ctx.session.user = 'ann'
          ctx.session.maxAge = value
          return { maxAge: ctx.session.maxAge }
        })
        const { json, cookies } = await server.get('/')
        assert.equal(json.maxAge, kept)
        const data = store ? store.data(store.ids()[0]) : decodeCookie(cookies.get('koa.sess'))
        assert.equal(kept === 'session' ? data._session : data._maxAge, kept === 'session' ? true : kept)
        assert.equal(/expires=/.test(cookies.get('koa.sess')), kept !== 'session')
      })
    }
  }
})

describe('negative, 0 and undefined have the same effect as in koa-session 7.0.2', { skip: isUpstream }, () => {
  const upstream = require('koa-session')

  for (const value of [0, -1, -60000, undefined]) {
    for (const place of ['option', 'assigned', 'in assigned data']) {
      for (const kind of ['cookie', 'store']) {
        test(`${value}, ${place}, ${kind}`, async (t) => {
          const play = async (subject) => {
            const store = kind === 'store' ? new CountingStore() : undefined
            const opts = { store, maxAge: place === 'option' ? value : 5000, genid: () => 'an-id' }
            const server = await start(t, opts, (ctx) => {
              ctx.session.user = 'ann'
              if (place === 'assigned') ctx.session.maxAge = value
              if (place === 'in assigned data') ctx.session = { user: 'ann', maxAge: value }
              return { maxAge: ctx.session.maxAge ?? null }
            }, { session: subject })
            const answer = await server.get('/')
            const data = store ? store.data('an-id') : answer.cookies.has('koa.sess') && decodeCookie(answer.cookies.get('koa.sess'))
            return {
              status: answer.status,
              body: answer.body,
              ttl: store?.last('set')?.ttl,
              maxAge: data?._maxAge,
              left: data && Math.round((data._expire - Date.now()) / 1000),
              cookies: answer.setCookie.map((line) => line.replace(/^([^=]*=)[^;]*/, '$1').replace(/expires=.* GMT/, (date) =>
                `expires in ${Math.round((Date.parse(date.slice(8)) - Date.now()) / 3000)}`))
            }
          }
          assert.deepEqual(await play(session), await play(upstream.default ?? upstream))
        })
      }
    }
  }
})
