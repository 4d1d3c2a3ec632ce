'use strict'

const assert = require('node:assert/strict')
const { join } = require('node:path')
const { test } = require('node:test')

const { COMPILERS, diagnose } = require('../harness/compile')

const FILE = join(__dirname, 'cookie-session.ts')

const TEXT = `
import Koa = require('koa')
import Keygrip = require('keygrip')
import cookieSession = require('../../compat/cookie-session')

const app = new Koa()

app.use(cookieSession({ keys: ['a', Buffer.from('b')] }))
app.use(cookieSession({ keys: new Keygrip(['a'], 'sha256') }))
app.use(cookieSession({ name: 'sid', secret: 'a', maxAge: 1000, sameSite: 'lax', secure: true, priority: 'high', partitioned: true }))
const options: cookieSession.CookieSessionOptions = { signed: false, expires: new Date(0), overwrite: false, httpOnly: false }
app.use<{}, cookieSession.CookieSessionContext>(async (ctx) => {
  ctx.sessionOptions.maxAge = 5
  const session: cookieSession.CookieSessionObject = ctx.session ?? {}
  session.user = 'ann'
  const flags: Array<boolean | undefined> = [session.isNew, session.isChanged, session.isPopulated]
  ctx.session = { user: 'ann', flags }
  ctx.session = null
  // @ts-expect-error
  ctx.session = 5
  // @ts-expect-error
  session.isNew = true
})
// @ts-expect-error
cookieSession({ keys: 'a' })
// @ts-expect-error
cookieSession({ keys: ['a'], sameSite: 'other' })
// @ts-expect-error
cookieSession({ keys: ['a'], maxAge: '5' })
// @ts-expect-error
cookieSession({ keys: ['a'], max: 5 })
export { options }
`

for (const compiler of COMPILERS) {
  test(`the entry compat/cookie-session has types, for ${compiler}`, () => {
    assert.deepEqual(diagnose(compiler, FILE, TEXT), [])
  })
}
