'use strict'

// The change of one line in README.md and docs/migrating/from-koa-session.md keeps sessions, in both directions.

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const ts = require('typescript')

const { blocksOf, side } = require('./blocks')
const { countsTo, staged } = require('./stage')

const BLOCKS = ['README.md', 'docs/migrating/from-koa-session.md'].flatMap((document) =>
  blocksOf(document, 'diff').map(({ code, line }) => ({ code, name: `${document}, line ${line}` })))

const OPTIONS = { module: ts.ModuleKind.CommonJS, esModuleInterop: true, target: ts.ScriptTarget.ES2022 }

/** Makes an app with the changed line. */
function appOf (line) {
  const code = `${line}\napp.use(session({}, app))`
  return ts.transpileModule(code, { compilerOptions: OPTIONS }).outputText
}

describe('the change of one line', () => {
  for (const { code, name } of BLOCKS) {
    test(name, async () => {
      const [before, after] = [side(code, '-'), side(code, '+')]
      for (const text of [before, after]) assert.equal(text.trim().split('\n').length, 1)
      // From version 7 on, the function is a property of the module.
      const isSix = /require\('koa-session'\)$/m.test(before)
      const packages = isSix ? { 'koa-session': 'koa-session6' } : {}
      const cookies = {}
      for (const [index, line] of [before, after, after, before].entries()) {
        await staged(appOf(line), (stage) => countsTo(stage.client(cookies), index + 1), { packages })
      }
    })
  }
})
