'use strict'

// Each code block of the documents is run by a test, or is listed here with the reason why it is not.

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { readFileSync } = require('node:fs')
const { join } = require('node:path')

const { DOCUMENTS, blocksOf } = require('./blocks')

const COMMANDS = 'documents/commands.test.js'

/** `npm run test:bundlers` builds with these blocks. */
const BUNDLERS = '../scripts/bundlers/cases.js'

/** The test that runs the blocks, all of one language in one document. */
const RUN = {
  'README.md': { diff: 'documents/migrating.test.js', js: 'documents/pages.test.js', sh: COMMANDS },
  'CONTRIBUTING.md': { sh: COMMANDS },
  'docs/adapters.md': { diff: 'adapters/documents.test.js' },
  'docs/bundling.md': { js: BUNDLERS, sh: BUNDLERS },
  'docs/events.md': { js: 'documents/pages.test.js' },
  'docs/migrating/from-koa-generic-session.md': { diff: 'documents/migrating.test.js', js: 'documents/migrating.test.js' },
  'docs/migrating/from-koa-session-minimal.md': { diff: 'documents/migrating.test.js', js: 'documents/migrating.test.js' },
  'docs/migrating/from-koa-session.md': { diff: 'documents/migrating.test.js', sh: COMMANDS },
  'docs/migrating/from-cookie-session.md': { js: 'compat/documents-cookie-session.test.js' },
  'docs/migrating/from-express-session.md': { js: 'compat/express-documents.test.js' },
  'docs/performance.md': { sh: COMMANDS },
  'docs/security.md': { js: 'cookie/documents.test.js', sh: COMMANDS },
  'docs/options.md': { ts: 'documents/options-page.test.js' },
  'docs/shutdown.md': { js: 'documents/pages.test.js' },
  'docs/troubleshooting.md': { js: 'documents/pages.test.js' },
  'docs/usage.md': { js: 'documents/pages.test.js', sh: COMMANDS, ts: 'documents/pages.test.js' },
  'docs/stores.md': { js: 'stores/documents.test.js', sh: COMMANDS },
  'docs/testing.md': { js: 'testing/documents.test.js', mjs: 'testing/documents.test.js' }
}

/** The reasons why others are not run. */
const NOT_RUN = {
  'docs/architecture.md': { '': 'pictures; documents.test.js looks for the folders and files that they name' },
  'docs/performance.md': { text: 'figures, as the benchmarks print them' }
}

for (const document of DOCUMENTS) {
  test(`the blocks of ${document} are run, or have a reason`, () => {
    const languages = [...new Set(blocksOf(document).map(({ language }) => language))]
    const listed = [...Object.keys(RUN[document] ?? {}), ...Object.keys(NOT_RUN[document] ?? {})]
    assert.deepEqual(languages.sort(), listed.sort())
  })
}

test('the tests that are listed read the blocks', () => {
  for (const [document, tests] of Object.entries(RUN)) {
    for (const [language, file] of Object.entries(tests)) {
      const code = readFileSync(join(__dirname, '..', file), 'utf8')
      const isRead = file === COMMANDS ? /\bDOCUMENTS\b.*commandsOf/.test(code) : code.includes(`'${document}'`) && code.includes(`'${language}'`)
      assert.ok(isRead, `${file}: ${document}, ${language}`)
    }
  }
})
