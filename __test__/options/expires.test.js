'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')

const { start } = require('../harness/server')
const { CountingStore } = require('../harness/store')
const { attribute } = require('./attribute')

attribute('expires', {
  values: [
    [undefined, '; path=/; httponly'],
    [new Date('2030-06-07T08:09:10.999Z'), '; path=/; expires=Fri, 07 Jun 2030 08:09:10 GMT; httponly']
  ],
  refused: ['tomorrow', new Date(NaN)]
})

for (const kind of ['cookie', 'store']) {
  test(`expires as a function of ctx, in ${kind} mode`, async (t) => {
    const expires = new Date(1893456000000)
    const store = kind === 'store' ? new CountingStore() : undefined
    const server = await start(t, { store, expires: () => expires }, (ctx) => { ctx.session.user = 'ann' })
    const { setCookie } = await server.get('/')
    assert.equal(setCookie.length, 2)
    for (const line of setCookie) assert.ok(line.includes(`; expires=${expires.toUTCString()}`))
  })
}
