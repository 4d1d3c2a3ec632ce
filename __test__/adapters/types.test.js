'use strict'

const assert = require('node:assert/strict')
const { join } = require('node:path')
const { test } = require('node:test')

const { COMPILERS, diagnose } = require('../harness/compile')

const FILE = join(__dirname, 'adapters.ts')

const TEXT = `
import session = require('../../index')
import Koa = require('koa')
import { EventEmitter } from 'node:events'
import { Keyv } from 'keyv'
import { connectStore } from '../../adapters/connect'
import { genericStore } from '../../adapters/generic'
import { keyvStore } from '../../adapters/keyv'

// As @types/express-session has it.
interface SessionData { cookie: { maxAge?: number } }
declare abstract class ExpressStore extends EventEmitter {
  abstract get (sid: string, callback: (err: any, session?: SessionData | null) => void): void
  abstract set (sid: string, session: SessionData, callback?: (err?: any) => void): void
  abstract destroy (sid: string, callback?: (err?: any) => void): void
  touch? (sid: string, session: SessionData, callback?: () => void): void
}
declare const expressStore: ExpressStore

const app = new Koa()
app.use(session({ store: connectStore(expressStore, { reconnectTimeout: 5 }) }, app))
app.use(session<{ user: string }>({ store: connectStore(expressStore) }, app))
app.use(session({ store: connectStore(expressStore, { prefix: 'app:', reconnectTimeout: 5 }) }, app))
app.use(session({ store: keyvStore(new Keyv()) }, app))
app.use(session({ store: keyvStore(new Keyv(), { prefix: 'app:' }) }, app))
app.use(session({
  store: genericStore({
    * get (id: string) { yield id },
    async set () {},
    destroy: (id: string) => (callback: Function) => callback(id)
  }, { prefix: 'koa:sess:' })
}, app))
export const gone: Promise<void> = keyvStore(new Map() as Map<string, any>).destroy('id')
// @ts-expect-error
connectStore({ get () {}, set () {} })
// @ts-expect-error
connectStore(expressStore, { reconnectTimeout: '5' })
// @ts-expect-error
connectStore(expressStore, { prefix: 5 })
// @ts-expect-error
keyvStore(new Keyv(), { reconnectTimeout: 5 })
// @ts-expect-error
keyvStore({ get () {}, set () {}, destroy () {} })
`

for (const compiler of COMPILERS) {
  test(`the adapters have types, for ${compiler}`, () => {
    assert.deepEqual(diagnose(compiler, FILE, TEXT), [])
  })
}
