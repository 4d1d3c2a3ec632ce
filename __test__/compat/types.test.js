'use strict'

const assert = require('node:assert/strict')
const { join } = require('node:path')
const { test } = require('node:test')

const { COMPILERS, diagnose } = require('../harness/compile')

const FILE = join(__dirname, 'compat.ts')

const TEXT = `
import Koa = require('koa')
import { EventEmitter } from 'node:events'
import minimal = require('../../compat/minimal')
import generic = require('../../compat/generic')

const app = new Koa()

app.use(minimal())
app.use(minimal({ key: 'SESSION_ID', cookie: { maxAge: 1000, sameSite: 'lax', secure: true }, concurrent: 'overwrite' }))
app.use(minimal({ cookie: (ctx) => ({ maxAge: ctx.path === '/' ? 0 : 1000 }) }))
app.use(minimal({ store: { * get (key) { yield key }, set: async () => {}, destroy () {} } }))
const options: minimal.Options = { store: new minimal.MemoryStore() }
app.use<{}, minimal.MinimalContext>(async (ctx) => {
  ctx.session.user = 'ann'
  ctx.session = { user: 'ann' }
  ctx.sessionHandler.regenerateId()
})
// @ts-expect-error
minimal({ key: 7 })
// @ts-expect-error
minimal({ concurrent: 'last' })
// @ts-expect-error
minimal({ store: { get () {}, set () {} } })

app.use(generic())
app.use(generic({ key: 'a', prefix: 'b', ttl: (session) => session.cookie.maxAge, rolling: true, allowEmpty: true, reconnectTimeout: 5 }))
app.use(generic({ defer: true, genSid (bytes) { return this.path + bytes }, valid: async (ctx, session) => session.user === ctx.path }))
app.use(generic({ store: Object.assign(new EventEmitter(), { get: async () => ({}), set: async () => {}, destroy () {} }) }))
app.use(generic({ sessionIdStore: { get () { return this.get('x-session') }, set (id) { this.set('x-session', id) }, reset () {} } }))
app.use<{}, generic.GenericContext>(async (ctx) => {
  ctx.session.cookie.maxAge = 5
  ctx.session = null
  ctx.sessionSave = true
  await ctx.saveSession()
  await ctx.regenerateSession()
  await ctx.sessionStore.destroy(ctx.sessionId)
  ctx.sessionStore.on('disconnect', () => {})
})
// @ts-expect-error
generic({ ttl: '5' })
// @ts-expect-error
generic({ sessionIdStore: { get () { return 'a' } } })
export { options }
`

for (const compiler of COMPILERS) {
  test(`the entries of compat/ have types, for ${compiler}`, () => {
    assert.deepEqual(diagnose(compiler, FILE, TEXT), [])
  })
}
