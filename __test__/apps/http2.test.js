'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const http2 = require('node:http2')
const { describe, test } = require('node:test')

const { KOAS, createApp } = require('../harness/app')
const { MODES } = require('../harness/modes')

const { HTTP2_HEADER_STATUS: STATUS } = http2.constants

/** Serves an app over HTTP/2 without TLS; gives a function that sends a GET request. */
async function serve (t, app) {
  const server = http2.createServer(app.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = http2.connect(`http://127.0.0.1:${server.address().port}`)
  t.after(() => {
    session.close()
    server.close()
  })
  return async (headers = {}) => {
    const stream = session.request({ ':path': '/', ...headers })
    const [response] = await once(stream, 'response')
    let text = ''
    for await (const chunk of stream.setEncoding('utf8')) text += chunk
    return { status: response[STATUS], setCookie: response['set-cookie'] ?? [], text }
  }
}

const pairs = (setCookie) => setCookie.map((line) => line.split(';')[0])

for (const [version, Koa] of Object.entries(KOAS)) {
  describe(`HTTP/2 on ${version}`, () => {
    for (const mode of ['cookie', 'store', 'ContextStore']) {
      test(`keeps a session: ${mode}`, async (t) => {
        const { options } = MODES[mode]()
        const get = await serve(t, createApp(options, (ctx) => {
          ctx.session.views = (ctx.session.views ?? 0) + 1
          return { version: ctx.req.httpVersion, views: ctx.session.views }
        }, { Koa }))
        const first = await get()
        assert.deepEqual([first.status, JSON.parse(first.text)], [200, { version: '2.0', views: 1 }])
        assert.equal(first.setCookie.length, 2)
        const second = await get({ cookie: pairs(first.setCookie).join('; ') })
        assert.deepEqual(JSON.parse(second.text).views, 2)
        // Browsers may send each cookie in a field of its own.
        const split = await get({ cookie: ['theirs=1', ...pairs(first.setCookie)] })
        assert.deepEqual(JSON.parse(split.text).views, mode === 'cookie' ? 2 : 3)
      })
    }

    test('removes a session, and keeps other lines', async (t) => {
      const get = await serve(t, createApp({}, (ctx) => {
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
