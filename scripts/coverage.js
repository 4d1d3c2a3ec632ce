'use strict'

/**
 * Reports how much of lib/, stores/, adapters/ and compat/ the tests run, for `node --test --experimental-test-coverage`, after the tests
 * that failed. The processes that tests start count too.
 */

const { readFileSync, readdirSync } = require('node:fs')
const { join, relative, sep } = require('node:path')
const failedTests = require('./failed-tests')

const root = join(__dirname, '..')

/** What is measured: all that runs in an app. */
const FOLDERS = ['lib', 'stores', 'adapters', 'compat']

/**
 * @param {AsyncIterable<{ type: string, data: object }>} events of Node's test runner
 * @yields {string}
 */
module.exports = async function * coverage (events) {
  let summary
  async function * kept () {
    for await (const event of events) {
      if (event.type === 'test:coverage') ({ summary } = event.data)
      else yield event
    }
  }
  yield * failedTests(kept())
  if (summary === undefined) return
  const files = filesOf(summary)
  yield rowOf('file', 'lines', 'branches')
  for (const file of files) yield figures(file.name, [file])
  for (const folder of FOLDERS) yield figures(`${folder}/`, files.filter(({ name }) => name.startsWith(`${folder}/`)))
  yield figures('all', files)
}

/** Lists the files that are measured, also those that no test has loaded, with their counts. */
function filesOf (summary) {
  const nameOf = (path) => relative(root, path).split(sep).join('/')
  const loaded = new Map(summary.files.map((file) => [nameOf(file.path), file]))
  const names = FOLDERS.flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((name) => nameOf(join(root, folder, name))))
  return names.filter((name) => name.endsWith('.js')).map((name) => ({ ...loaded.get(name) ?? countsOf(name), name }))
}

/** Counts a file that was never loaded, so that its branches are not known. */
function countsOf (name) {
  const totalLineCount = readFileSync(join(root, name), 'utf8').split('\n').length
  return { totalLineCount, coveredLineCount: 0, totalBranchCount: 0, coveredBranchCount: 0 }
}

/** Makes the row of some files. */
function figures (name, files) {
  const sum = (field) => files.reduce((total, file) => total + file[field], 0)
  const percent = (kind) => `${(100 * sum(`covered${kind}Count`) / Math.max(sum(`total${kind}Count`), 1)).toFixed(1)} %`
  return rowOf(name, percent('Line'), percent('Branch'))
}

function rowOf (name, lines, branches) {
  return `${name.padEnd(48)}${lines.padStart(10)}${branches.padStart(10)}\n`
}
