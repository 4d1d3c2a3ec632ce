'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { session } = require('../harness/app')
const { freeze } = require('../harness/clock')
const { MODES } = require('../harness/modes')
const { start, visit } = require('../harness/server')
const { CountingStore } = require('../harness/store')

const put = (ctx) => { ctx.session.a = 1 }

const routes = {
  '/in' (ctx) { ctx.session.user = 'ann' },
  '/out' (ctx) { ctx.session = null }
}

const attributesOf = (line) => line.replace(/^[^;]*/, '').replace(/; expires=[^;]*/, '')

/**
 * Tests an option that is an attribute of the cookie.
 *
 * @param {string} name
 * @param {object} cases
 * @param {Array<[*, string]>} cases.values valid values, and the resulting attributes of the lines
 * @param {Array<[*, string]>} [cases.ofCtx] the same for results of a function of ctx, except for expires
 * @param {Array<*>} [cases.improper] values for which the request fails, as in koa-session
 * @param {Array<*>} [cases.refused] invalid results of a function
 */
function attribute (name, { values, ofCtx = [], improper = [], refused = [] }) {
  for (const [value, expected] of values) describe(`${name}: ${JSON.stringify(value)}`, () => sends({ [name]: value }, expected))

  for (const kind of ['cookie', 'store']) {
    const make = () => kind === 'store' ? new CountingStore() : undefined

    for (const [value, attributes] of ofCtx) {
      test(`${name} as a function of ctx that gives ${value}, in ${kind} mode`, async (t) => {
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

    for (const value of refused) {
      for (const path of ['/in', '/out']) {
        test(`${name} as a function of ctx that gives ${JSON.stringify(value)} is refused, and nothing is sent: ${path}, in ${kind} mode`, async (t) => {
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
  }

  for (const value of improper) fails({ [name]: value })
}

/** Tests the attributes that options give to the cookie and its signature. */
function sends (options, expected) {
  for (const mode of ['cookie', 'store', 'ContextStore']) {
    test(`${mode}: ${JSON.stringify(options)}`, async (t) => {
      freeze(t)
      const client = await visit(t, { ...MODES[mode]().options, ...options }, put)
      const { setCookie } = await client.get()
      assert.deepEqual(setCookie.map((line) => line.slice(line.indexOf(';'))), [expected, expected])
    })
  }
}

/** Tests that options which are invalid in a header fail the request with the error of `cookies`. */
function fails (options) {
  test(`invalid in a header, with the error of \`cookies\`: ${JSON.stringify(options)}`, async (t) => {
    const outcomes = []
    for (const module of [session, require('koa-session').default]) {
      const client = await visit(t, options, put, { session: module })
      const errors = []
      client.app.on('error', (error) => errors.push(error))
      const { status, setCookie } = await client.get()
      outcomes.push({ status, setCookie, names: errors.map((error) => error.name), messages: errors.map((error) => error.message) })
    }
    assert.equal(outcomes[0].status, 500)
    assert.deepEqual(outcomes[0], outcomes[1])
  })
}

module.exports = { attribute, fails, sends }
