'use strict'

const path = require('node:path')
const { Cookie } = require('cookies')
const { Declarations } = require('./compiler')
const { PROJECT } = require('./workspace')
const { exports: exported } = require('../../package.json')

/** The declarations that an example may use without making them. */
const PRELUDE = `import Koa from 'koa'
import session from 'koa-session-rs'
import type { SessionEvent, SessionEvents, Store } from 'koa-session-rs'
declare const app: Koa
declare const ctx: Koa.Context
declare const redis: any
declare const store: Store
declare const MyStore: typeof import('koa-session-rs/stores/memory').MemoryStore
declare const user: string, password: string, database: string
`
/** Other packages that examples import; their type is `any` here. */
const OTHERS = ['connect-redis', 'redis', 'koa-mysql-session', 'koa-redis', 'keyv', '@keyv/redis'].map((name) => `declare module '${name}'\n`).join('')
const OPTIONS = { module: 'nodenext', types: ['*'], skipLibCheck: true }

/** Checks that every option, and every attribute of `cookies`, is documented with the default that it has at run time. */
function checkOptions () {
  const declared = new Declarations(path.join(PROJECT, 'index.d.ts'))
  const options = [...declared.membersOf('SessionOptions'), ...declared.membersOf('CookieAttributes')]
    .filter(option => option.name !== 'parse')
  const { SessionOptions } = require(PROJECT)
  const defaults = { ...attributesOf(Cookie.prototype), ...SessionOptions.parse({}) }
  const problems = options.flatMap(option => problemsOf(option, defaults))
  const names = options.map(option => option.name)
  for (const name of new Set([...Object.keys(defaults), ...namesReadBy(SessionOptions)])) {
    if (names.filter(other => other === name).length !== 1) problems.push(`option ${name} is not declared exactly once`)
  }
  return problems
}

/** Lists a cookie's attributes with their defaults; `maxage` is an accessor, and warns when it is read. */
function attributesOf (prototype) {
  const names = Object.keys(prototype).filter(name => typeof Object.getOwnPropertyDescriptor(prototype, name).value !== 'function')
  return Object.fromEntries(names.map(name => [name, name === 'maxage' ? undefined : prototype[name]]))
}

function problemsOf ({ name, text, tags }, defaults) {
  const problems = []
  if (!/^[A-Z][a-z]+s /.test(text)) problems.push(`option ${name} has no sentence that begins with a verb`)
  if ('deprecated' in tags) return problems
  if (!('default' in tags)) return [...problems, `option ${name} has no @default`]
  const stated = literal(tags.default)
  const actual = defaults[name]
  if (stated === undefined || typeof actual === 'function') return problems
  // A default of false may be missing at run time.
  if (stated.value === false && actual === undefined) return problems
  if (stated.value !== actual) problems.push(`option ${name}: @default ${tags.default}, but it is ${actual}`)
  return problems
}

/** Parses a documented default; undefined if it is prose. */
function literal (text) {
  const literals = { true: true, false: false, undefined }
  if (text in literals) return { value: literals[text] }
  return /^'.*'$/.test(text) ? { value: text.slice(1, -1) } : undefined
}

/** Lists the options that are read from an app's object. */
function namesReadBy (SessionOptions) {
  const names = new Set()
  SessionOptions.parse(new Proxy({}, { get: (_, name) => { names.add(name) } }))
  return [...names].filter(name => typeof name === 'string')
}

/** Compiles each `@example` as a file of its own; those that change the types of the program, in a program of their own. */
function checkExamples (workspace, compiler) {
  const problems = []
  const shared = { 'others.d.ts': OTHERS }
  let count = 0
  for (const file of Object.values(exported).map(({ types }) => types).filter(Boolean)) {
    for (const example of new Declarations(path.join(PROJECT, file)).examples()) {
      const name = `example-${++count}.ts`
      const isWhole = /^import Koa/m.test(example)
      const text = isWhole ? example : prelude(example) + example
      if (/declare module|\/strict'/.test(example)) problems.push(...compile(workspace, compiler, `alone-${count}`, { [name]: text }))
      else shared[name] = text
    }
  }
  if (count === 0) problems.push('no examples')
  return [...problems, ...compile(workspace, compiler, 'examples', shared)]
}

function prelude (example) {
  return /^import session/m.test(example) ? PRELUDE.replace(/^import session.*\n/m, '') : PRELUDE
}

function compile (workspace, compiler, folder, texts) {
  const directory = workspace.write('koa3', folder, { 'package.json': '{"type":"module"}', ...texts })
  return compiler.check(directory, Object.keys(texts), OPTIONS)
}

module.exports = { checkOptions, checkExamples }
