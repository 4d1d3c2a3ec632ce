'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { MODES } = require('../harness/modes')
const { refuses } = require('../harness/refusal')
const { visit } = require('../harness/server')

const respond = (ctx) => {
  ctx.cookies.set('theirs', '1', { signed: false })
  ctx.cookies.set('koa.sess', 'x', { signed: false })
  ctx.append('Set-Cookie', 'koa.sess.sig=y')
  ctx.append('Set-Cookie', 'koa.session=not ours')
  ctx.session.a = 1
}

const names = (setCookie) => setCookie.map((line) => line.slice(0, line.indexOf('=')))

describe('overwrite', () => {
  for (const mode of ['cookie', 'store']) {
    test(`removes earlier lines of the same names, and no others: ${mode}`, async (t) => {
      for (const overwrite of [true, undefined]) {
        const client = await visit(t, { ...MODES[mode]().options, overwrite }, respond)
        const { setCookie } = await client.get()
        assert.deepEqual(names(setCookie), ['theirs', 'koa.session', 'koa.sess', 'koa.sess.sig'])
        assert.ok(setCookie[0].startsWith('theirs=1;') && setCookie[1] === 'koa.session=not ours')
      }
    })

    test(`false leaves them: ${mode}`, async (t) => {
      const client = await visit(t, { ...MODES[mode]().options, overwrite: false }, respond)
      const { setCookie } = await client.get()
      assert.deepEqual(names(setCookie), ['theirs', 'koa.sess', 'koa.sess.sig', 'koa.session', 'koa.sess', 'koa.sess.sig'])
      assert.ok(setCookie[1].startsWith('koa.sess=x;') && setCookie[2] === 'koa.sess.sig=y')
    })
  }

  test('makes one cookie of two commits, false makes two', async (t) => {
    for (const [overwrite, count] of [[true, 2], [false, 4]]) {
      const client = await visit(t, { autoCommit: false, overwrite }, async (ctx) => {
        ctx.session.a = 1
        await ctx.session.save()
        ctx.session.a = 2
        await ctx.session.manuallyCommit()
      })
      assert.equal((await client.get()).setCookie.length, count)
    }
  })

  test('keeps lines that later middleware sets', async (t) => {
    const client = await visit(t, {}, (ctx) => { ctx.session.a = 1 }, {
      before: (app) => app.use(async (ctx, next) => {
        ctx.cookies.set('early', '1', { signed: false })
        await next()
        ctx.cookies.set('late', '1', { signed: false })
      })
    })
    assert.deepEqual(names((await client.get()).setCookie), ['early', 'koa.sess', 'koa.sess.sig', 'late'])
  })
})

refuses('overwrite', [['yes', 'string']])
