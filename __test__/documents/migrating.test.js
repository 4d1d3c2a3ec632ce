'use strict'

// The changes of one line in README.md and docs/migrating/ keep sessions, in both directions.

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const ts = require('typescript')

const { mapStore } = require('../compat/walk')
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

/** The pages on the entries of compat/: each shows an app, the line to change, and an option. */
const PAGES = ['docs/migrating/from-koa-session-minimal.md', 'docs/migrating/from-koa-generic-session.md']

/** Something that requests wait for. */
class Gate {
  opened = new Promise((resolve) => { this.open = resolve })
}

/** Replaces the line of an app that loads the session. */
function withLine (code, line) {
  const changed = code.replace(/^const session = require\('.+'\)$/m, line)
  return ts.transpileModule(changed, { compilerOptions: OPTIONS }).outputText
}

for (const document of PAGES) {
  describe(document, () => {
    const [app, option, ...others] = blocksOf(document, 'js')
    const changes = blocksOf(document, 'diff').map(({ code }) => [side(code, '-').trim(), side(code, '+').trim()])

    test('has an app, two forms of its change, and an option', () => {
      assert.deepEqual([changes.length, others.length], [2, 0])
      assert.ok(app.code.split('\n').includes(changes[0][0]))
    })

    for (const [before, after] of changes) {
      test(after, async () => {
        const { store } = mapStore()
        const cookies = {}
        for (const [index, line] of [before, after, after, before].entries()) {
          assert.equal(line.split('\n').length, 1)
          const how = { packages: { 'koa-redis': () => store } }
          await staged(withLine(app.code, line), (stage) => countsTo(stage.client(cookies), index + 1), how)
        }
      })
    }

    for (const [concurrent, code, keys] of [
      ['overwrite', option.code, ['second']],
      ['merge', option.code.replace(", concurrent: 'overwrite'", ''), ['first', 'second']]
    ]) {
      test(`two requests at once, with ${concurrent}`, async () => {
        const { records, store } = mapStore()
        // The first request ends after the second has loaded the session, and before the second changes it.
        const [loaded, ended] = [new Gate(), new Gate()]
        const change = async (ctx, next) => {
          const key = ctx.path.slice(1)
          if (key === 'second') loaded.open()
          await { first: loaded, second: ended }[key]?.opened
          if (key !== '') ctx.session[key] = true
          return next()
        }
        await staged(`${code}\napp.use(change)`, async (stage) => {
          const visit = stage.client()
          await countsTo(visit, 1)
          const second = visit('/second')
          await visit('/first')
          ended.open()
          await second
          const [record] = records.values()
          assert.deepEqual(['first', 'second'].filter((key) => key in JSON.parse(record)), keys)
        }, { given: { change, store } })
      })
    }
  })
}
