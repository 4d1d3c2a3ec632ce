'use strict'

const assert = require('node:assert/strict')
const { join } = require('node:path')
const { test } = require('node:test')

const { COMPILERS, diagnose } = require('../harness/compile')

const FILE = join(__dirname, 'express.ts')

const TEXT = `
import Koa = require('koa')
import { EventEmitter } from 'node:events'
import session = require('../../compat/express-session')

declare module '../../compat/express-session' {
  interface SessionData { user?: string }
}

// As @types/express-session has it.
interface Data { cookie: { maxAge?: number } }
declare abstract class ExpressStore extends EventEmitter {
  abstract get (sid: string, callback: (err: any, session?: Data | null) => void): void
  abstract set (sid: string, session: Data, callback?: (err?: any) => void): void
  abstract destroy (sid: string, callback?: (err?: any) => void): void
  touch? (sid: string, session: Data, callback?: () => void): void
}
declare const store: ExpressStore

const app = new Koa<Koa.DefaultState, session.SessionContext>()
app.use(session({ secret: 'a', store, resave: false, saveUninitialized: false }))
app.use(session({
  secret: ['a', Buffer.from('b')],
  name: 'sid',
  genid: ({ headers }) => String(headers.host),
  cookie: ({ url }) => ({ secure: 'auto', sameSite: url === '/' ? 'auto' : true, maxAge: null }),
  unset: 'destroy',
  proxy: true,
  rolling: true,
  concurrent: 'overwrite'
}))
new Koa().use(session({ secret: 'a' })).use((ctx) => { ctx.session.user = ctx.sessionID })
app.use(async (ctx) => {
  const user: string | undefined = ctx.session.user
  ctx.session.any = user
  // @ts-expect-error
  ctx.session.user = 1
  ctx.session.cookie.maxAge = 1000
  const done: Promise<void> = ctx.session.regenerate()
  await done
  const same: session.Session = ctx.session.save((err) => { if (err) throw err })
  same.touch().resetMaxAge()
  ctx.sessionStore.get(ctx.sessionID, () => {})
})
class OwnStore extends session.Store {
  get (id: string, callback: (err?: any, session?: any) => void) { callback(null, id) }
  set (id: string, data: any, callback?: (err?: any) => void) { callback?.(data) }
  destroy (id: string, callback?: (err?: any) => void) { callback?.(id) }
}
session({ secret: 'a', store: new OwnStore() })
session({ secret: 'a', store: new session.MemoryStore() })
export const text: string = new session.Cookie({ maxAge: 5 }).serialize('a', 'b')
// @ts-expect-error
session({})
// @ts-expect-error
session({ secret: 'a', unset: 'no' })
// @ts-expect-error
session({ secret: 'a', store: { get () {} } })
`

for (const compiler of COMPILERS) {
  test(`compat/express-session has types, for ${compiler}`, () => {
    assert.deepEqual(diagnose(compiler, FILE, TEXT), [])
  })
}
