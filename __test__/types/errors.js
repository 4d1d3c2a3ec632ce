'use strict'

const path = require('node:path')
const { Declarations } = require('./compiler')
const { PROJECT } = require('./workspace')

/** The declarations that the calls below use. */
const PRELUDE = `import Koa from 'koa'
import session, { createSession, type SessionBase } from 'koa-session-rs'
declare const app: Koa
declare const handmade: SessionBase
const config = { maxAge: '5d' }
`
const OPTIONS = { module: 'nodenext', types: ['*'], skipLibCheck: true }

const MAX_AGE = '\'number | "session" | undefined\''

/** Calls that do not compile, and the type in the error: that of the wrong option. */
const CALLS = [
  ["session({ maxAge: '5d' }, app)", MAX_AGE],
  ["createSession({ maxAge: '5d' }, app)", MAX_AGE],
  ["session(app, { maxAge: '5d' })", MAX_AGE],
  ['session(config, app)', MAX_AGE],
  ['session(app, config)', MAX_AGE],
  ["session({ key: 'k', maxAge: '5d' }, app)", MAX_AGE],
  ["session({ rolling: 'yes' }, app)", "'boolean | undefined'"],
  ['session({ store: { get () {} } }, app)', "'Store<any>'"],
  ['session({ genid: () => null }, app)', "'Awaitable<string | number>'"],
  ['session<{ a: string }>({ decode: () => ({ a: 1 }) }, app)', "'(text: string) => { a: string; }'"],
  ['session({ httponly: true }, app)', 'Options<any>'],
  ["session({ key: 'k' })", "'App'"],
  ["handmade.commit({ save: 'yes' })", "'boolean | undefined'"],
  ['handmade.commit({ regenerate: 1 })', "'boolean | undefined'"]
]

/**
 * Checks that the error of a call names the type of the option. If a function has several signatures, the error has a part for
 * each, of which editors show the last one first.
 */
function checkErrors (workspace, compiler) {
  const [entries, text] = [['koa-session-rs', 'koa-session-rs/strict'], PRELUDE + CALLS.map(([call]) => `${call}\n`).join('')]
  return entries.flatMap((entry, number) => {
    const file = text.replace("'koa-session-rs'", `'${entry}'`)
    const directory = workspace.write('koa3', `errors-${number}`, { 'package.json': '{ "type": "module" }', 'app.ts': file })
    const errors = compiler.check(directory, ['app.ts'], OPTIONS)
    const first = PRELUDE.split('\n').length
    return CALLS.flatMap(([call, type], at) => {
      const error = errors.find((line) => line.startsWith(`app.ts:${first + at} `))
      return lastPart(error).includes(type) ? [] : [`${call} should name ${type}: ${error}`]
    })
  })
}

/** Functions and classes with options: the file that declares them, the interfaces of the options, and a call with `OPTIONS` in it. */
const TAKERS = [
  ['index.d.ts', ['SessionOptions', 'CookieAttributes'], 'session(OPTIONS, app)'],
  ['index.d.ts', ['SessionOptions', 'CookieAttributes'], 'createSession(OPTIONS, app)'],
  ['index.d.ts', ['SessionOptions', 'CookieAttributes'], 'createSession<{ user?: string }>(OPTIONS, app)'],
  ['stores/memory.d.ts', ['MemoryStoreOptions'], 'new MemoryStore(OPTIONS)'],
  ['stores/sqlite.d.ts', ['SqliteStoreOptions'], 'new SqliteStore(OPTIONS)'],
  ['stores/redis.d.ts', ['RedisStoreOptions'], 'new RedisStore(OPTIONS)'],
  ['adapters/store.d.ts', ['AdapterOptions'], 'connectStore(store, OPTIONS)'],
  ['adapters/store.d.ts', ['AdapterOptions'], 'genericStore(store, OPTIONS)'],
  ['revocations.d.ts', ['RevocationsOptions'], 'new Revocations(OPTIONS)'],
  ['compat/minimal.d.ts', ['Options'], 'minimal(OPTIONS)'],
  ['compat/generic.d.ts', ['Options'], 'generic(OPTIONS)'],
  ['testing.d.ts', ['ContractOptions', 'SessionStoreContractOptions'], 'sessionStoreContract(() => sessions, OPTIONS)'],
  ['testing.d.ts', ['ContractOptions', 'StoreContractOptions'], 'storeContract(() => store, OPTIONS)'],
  ['testing.d.ts', ['SessionCookieOptions'], "sessionCookie(app, { user: 'ann' }, OPTIONS)"]
]

const TAKERS_PRELUDE = `import Koa from 'koa'
import session, { createSession, type SessionStore } from 'koa-session-rs'
import { MemoryStore } from 'koa-session-rs/stores/memory'
import { SqliteStore } from 'koa-session-rs/stores/sqlite'
import { RedisStore } from 'koa-session-rs/stores/redis'
import { connectStore } from 'koa-session-rs/adapters/connect'
import { genericStore } from 'koa-session-rs/adapters/generic'
import { Revocations } from 'koa-session-rs/revocations'
import minimal from 'koa-session-rs/compat/minimal'
import generic from 'koa-session-rs/compat/generic'
import { sessionCookie, sessionStoreContract, storeContract } from 'koa-session-rs/testing'
declare const app: Koa
declare const sessions: SessionStore
declare const store: { get (...args: any[]): any, set (...args: any[]): any, destroy (...args: any[]): any }
declare const wrong: symbol
`

/** Checks that the error for each option of the wrong type, and for a name that is no option, is at the line of the option. */
function checkPlaces (workspace, compiler) {
  const lines = TAKERS_PRELUDE.split('\n')
  const places = []
  for (const [file, interfaces, call] of TAKERS) {
    const declared = new Declarations(path.join(PROJECT, file))
    const names = interfaces.flatMap((name) => declared.membersOf(name).map((member) => member.name))
    if (names.length === 0) return [`${file} has no option`]
    const [begin, end] = call.split('OPTIONS')
    for (const name of [...names, 'notAnOption']) {
      lines.push(`${begin}{`, `  ${name}: wrong`, `}${end}`)
      places.push([lines.length - 1, `${call}: ${name}`])
    }
  }
  const directory = workspace.write('koa3', 'places', { 'package.json': '{ "type": "module" }', 'app.ts': lines.join('\n') })
  const found = compiler.check(directory, ['app.ts'], OPTIONS).filter((line) => line.startsWith('app.ts:'))
  const at = (line) => Number(/^app\.ts:(\d+)/.exec(line)[1])
  const wanted = new Set(places.map(([line]) => line))
  return [
    ...places.filter(([line]) => !found.some((error) => at(error) === line)).map(([, what]) => `no error at ${what}`),
    ...found.filter((error) => !wanted.has(at(error))).map((error) => `elsewhere: ${error}`)
  ]
}

/** Returns the part of an error for the last signature, without the signature. */
function lastPart (error = '') {
  return error.split(/\bOverload \d of \d, '.*?', gave /).at(-1)
}

module.exports = { checkErrors, checkPlaces }
