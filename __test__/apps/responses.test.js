'use strict'

const assert = require('node:assert/strict')
const { Readable } = require('node:stream')
const { describe, test } = require('node:test')

const { KOAS } = require('../harness/app')
const { MODES } = require('../harness/modes')
const { visit } = require('../harness/server')

const EXPIRED = /; expires=Thu, 01 Jan 1970 00:00:00 GMT;/

/** Responds in a different way for each path; the session counts the requests. */
const respond = async (ctx) => {
  if (ctx.path === '/null') {
    ctx.session = null
    return 'gone'
  }
  ctx.session.views = (ctx.session.views ?? 0) + 1
  ctx.set('x-views', String(ctx.session.views))
  if (ctx.path === '/redirect') ctx.redirect('/')
  else if (ctx.path === '/empty') ctx.status = 204
  else if (ctx.path === '/stream') ctx.body = Readable.from(['one ', 'two'])
  else if (ctx.path === '/buffer') ctx.body = Buffer.from('bytes')
  else if (ctx.path === '/throw') ctx.throw(418, 'teapot')
  else if (ctx.path === '/etag') {
    ctx.etag = 'tag'
    ctx.body = 'a page'
    if (ctx.fresh) ctx.status = 304
  } else return { views: ctx.session.views }
}

for (const [version, Koa] of Object.entries(KOAS)) {
  for (const [mode, make] of Object.entries(MODES)) {
    describe(`responses: ${mode} on ${version}`, () => {
      /** Requests, and the status and the body of their responses. */
      const REQUESTS = [
        [{ path: '/redirect' }, 302, 'Redirecting to /.'],
        [{ path: '/empty' }, 204, ''],
        [{ path: '/stream' }, 200, 'one two'],
        [{ path: '/buffer' }, 200, 'bytes'],
        [{ path: '/', method: 'HEAD' }, 200, ''],
        [{ path: '/etag', headers: { 'if-none-match': '"tag"' } }, 304, ''],
        [{ path: '/etag', method: 'HEAD' }, 200, ''],
        [{ path: '/', method: 'POST', body: 'x=1' }, 200, undefined],
        [{ path: '/', method: 'OPTIONS' }, 200, undefined],
        [{ path: '/', method: 'DELETE' }, 200, undefined]
      ]

      for (const [request, status, text] of REQUESTS) {
        test(`${request.method ?? 'GET'} ${request.path}: ${status}`, async (t) => {
          const client = await visit(t, make().options, respond, { Koa })
          for (const views of ['1', '2', '3']) {
            const headers = { ...request.headers, ...(client.jar.size && { cookie: client.cookie }) }
            const response = await client.send({ ...request, headers })
            assert.equal(response.status, status)
            assert.equal(response.headers['x-views'], views)
            assert.ok(response.setCookie.length > 0)
            if (text !== undefined && !text.startsWith('Redirecting')) assert.equal(response.body, text)
          }
        })
      }

      test('an error response has the session as it was at the error', async (t) => {
        const client = await visit(t, make().options, respond, { Koa })
        await client.get()
        const { status } = await client.get('/throw')
        assert.equal(status, 418)
        assert.deepEqual((await client.get()).json, { views: 3 })
      })

      test('null expires the cookie on a redirect as well', async (t) => {
        const client = await visit(t, make().options, (ctx) => {
          if (ctx.path !== '/logout') return respond(ctx)
          ctx.session = null
          ctx.redirect('/')
        }, { Koa })
        await client.get()
        const { status, setCookie } = await client.get('/logout')
        assert.deepEqual([status, setCookie.length], [302, 2])
        assert.ok(setCookie.every((line) => EXPIRED.test(line)))
        assert.deepEqual((await client.get()).json, { views: 1 })
      })
    })
  }
}

test('a 404 saves the session too', async (t) => {
  const client = await visit(t, MODES.store().options, async (ctx, next) => {
    ctx.session.views = (ctx.session.views ?? 0) + 1
    ctx.set('x-views', String(ctx.session.views))
    ctx.status = 404
    ctx.body = 'none'
  })
  for (const views of ['1', '2']) {
    const { status, headers } = await client.get()
    assert.deepEqual([status, headers['x-views']], [404, views])
  }
})
