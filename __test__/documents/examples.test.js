'use strict'

/**
 * Runs the examples of the types, each in an app that is then visited. The examples of some entry points are missing here, since the
 * blocks of docs/stores.md and docs/adapters.md show the same, and run on real servers. `npm run test:types` compiles all examples.
 */

const { after, describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { mkdtempSync, rmSync } = require('node:fs')
const { createRequire } = require('node:module')
const { tmpdir } = require('node:os')
const { join } = require('node:path')

const { MemoryStore } = require('../../stores/memory')
const { Compiler, Declarations } = require('../types/compiler')
const { staged } = require('./stage')

const FILES = ['index.d.ts', 'strict.d.ts', 'testing.d.ts', 'stores/memory.d.ts', 'stores/sqlite.d.ts']

const root = join(__dirname, '../..')
const compiler = new Compiler('typescript')
const folder = mkdtempSync(join(tmpdir(), 'koa-session-rs-examples-'))

/** The modules that an example may require, and that an app would have. */
const PACKAGES = { zod: createRequire(require.resolve('koa-session')).resolve('zod') }

const USE = 'app.use(session({ store }, app))'

/** The records of the client of one example. */
const redis = new Map()
redis.del = redis.delete

/** Makes an app of an example, with the middleware if the example does not have it. */
function programOf (example) {
  const code = compiler.emit(example, { module: 'commonjs', esModuleInterop: true }).replace("'sessions.db'", JSON.stringify(join(folder, 'sessions.db')))
  if (example.startsWith('await ctx.')) return `${USE}\napp.use(async (ctx, next) => { ctx.session.some = 'data'; ${code}; await next() })`
  const [, Store] = /class (\w+) implements Store/.exec(example) ?? []
  if (Store !== undefined) return `${code}\napp.use(session({ store: new ${Store}() }, app))`
  return /\b(?:session|createSession)(?:<\w+>)?\(/.test(example) ? code : `${USE}\n${code}`
}

describe('the examples of the types', () => {
  after(() => rmSync(folder, { recursive: true }))

  for (const file of FILES) {
    for (const [index, example] of new Declarations(join(root, file)).examples().entries()) {
      test(`${file}, ${index + 1}`, async () => {
        const clauses = []
        const store = new MemoryStore()
        const packages = { ...PACKAGES, 'node:test': { test: (name, run) => clauses.push(run) } }
        await staged(programOf(example), async (stage) => {
          const errors = []
          stage.app.on('error', (error) => errors.push(error))
          const visit = stage.client()
          for (const path of ['/', '/', '/account']) assert.ok((await visit(path)).status < 500)
          assert.deepEqual(errors, [])
          for (const clause of clauses) await clause()
        }, { packages, given: { store, redis, MyStore: MemoryStore } })
      })
    }
  }
})
