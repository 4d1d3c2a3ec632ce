'use strict'

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

/** Returns the part of an error for the last signature, without the signature. */
function lastPart (error = '') {
  return error.split(/\bOverload \d of \d, '.*?', gave /).at(-1)
}

module.exports = { checkErrors }
