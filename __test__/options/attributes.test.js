'use strict'

// Several attributes together; each also has a file of its own.

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { visit } = require('../harness/server')
const { sends } = require('./attribute')

describe('cookie attributes', () => {
  sends({}, '; path=/; httponly')
  sends({ expires: new Date('2030-06-07T08:09:10Z'), maxAge: 1000 }, '; path=/; expires=Mon, 01 Jan 2024 00:00:01 GMT; httponly')
  sends(
    { maxAge: 1000, path: '/a', domain: 'a.b', priority: 'medium', sameSite: 'lax', httpOnly: true, partitioned: true },
    '; path=/a; expires=Mon, 01 Jan 2024 00:00:01 GMT; domain=a.b; priority=medium; samesite=lax; httponly; partitioned'
  )
  // Options that `cookies` does not know are not sent.
  sends({ sealed: 'x', Path: '/x', comment: 'x' }, '; path=/; httponly')

  test('expire the cookie at its own path and domain', async (t) => {
    const options = { path: '/a', domain: 'a.b', sameSite: 'lax', maxAge: 1000, partitioned: true }
    const client = await visit(t, options, (ctx) => { ctx.session = null })
    const { setCookie } = await client.get()
    const attributes = '; path=/a; expires=Thu, 01 Jan 1970 00:00:00 GMT; domain=a.b; samesite=lax; httponly; partitioned'
    assert.equal(setCookie[0], `koa.sess=${attributes}`)
    assert.equal(setCookie[1], `koa.sess.sig=PUUpJndRm52wF0aSr46g0-hXtsk${attributes}`)
  })
})
