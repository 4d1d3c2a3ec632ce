'use strict'

const assert = require('node:assert/strict')
const http2 = require('node:http2')
const { describe, test } = require('node:test')

const { KOAS, createApp } = require('../harness/app')
const { requestHttp2 } = require('../harness/client')
const { MODES } = require('../harness/modes')
const { serve } = require('../harness/server')

/** Serves an app over HTTP/2 without TLS; returns a function that sends a GET request. */
async function serveHttp2 (t, app) {
  const { port } = await serve(t, app, http2.createServer)
  return (headers) => requestHttp2(port, { headers })
}

const pairs = (setCookie) => setCookie.map((line) => line.split(';')[0])

for (const [version, Koa] of Object.entries(KOAS)) {
  describe(`HTTP/2 on ${version}`, () => {
    for (const mode of ['cookie', 'store', 'ContextStore']) {
      test(`keeps a session: ${mode}`, async (t) => {
        const { options } = MODES[mode]()
        const get = await serveHttp2(t, createApp(options, (ctx) => {
          ctx.session.views = (ctx.session.views ?? 0) + 1
          return { version: ctx.req.httpVersion, views: ctx.session.views }
        }, { Koa }))
        const first = await get()
        assert.deepEqual([first.status, first.json], [200, { version: '2.0', views: 1 }])
        assert.equal(first.setCookie.length, 2)
        const second = await get({ cookie: pairs(first.setCookie).join('; ') })
        assert.deepEqual(second.json.views, 2)
        // Browsers may send each cookie in a field of its own.
        const split = await get({ cookie: ['theirs=1', ...pairs(first.setCookie)] })
        assert.deepEqual(split.json.views, mode === 'cookie' ? 2 : 3)
      })
    }

    test('removes a session, and keeps other lines', async (t) => {
      const get = await serveHttp2(t, createApp({}, (ctx) => {
        ctx.cookies.set('theirs', '1', { signed: false })
        ctx.session = null
      }, { Koa }))
      assert.deepEqual((await get()).setCookie, [
        'theirs=1; path=/; httponly',
        'koa.sess=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly',
        'koa.sess.sig=PUUpJndRm52wF0aSr46g0-hXtsk; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly'
      ])
    })
  })
}
