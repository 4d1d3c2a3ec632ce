'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')

const { start } = require('../harness/server')
const { attribute } = require('./attribute')

attribute('domain', {
  values: [
    [undefined, '; path=/; httponly'],
    ['example.com', '; path=/; domain=example.com; httponly'],
    ['.example.com', '; path=/; domain=.example.com; httponly']
  ],
  ofCtx: [['a.example', '; path=/; domain=a.example; httponly'], [undefined, '; path=/; httponly']],
  improper: ['a;b', 'a\r\nb: c', '-a'],
  refused: ['a.example; secure', 'a.example\r\nx: y', 'a\u0000b', 7]
})

for (const domain of ['a;b', 'a\r\nx: y', 'a\u0001']) {
  test(`domain ${JSON.stringify(domain)} sends nothing`, async (t) => {
    const server = await start(t, { domain }, (ctx) => { ctx.session.user = 'ann' })
    const answer = await server.get('/')
    assert.deepEqual([answer.status, answer.setCookie], [500, []])
    assert.equal(answer.headers.x, undefined)
    assert.equal(server.errors.length, 1)
  })
}
