'use strict'

const { relative } = require('node:path')
const { inspect } = require('node:util')

/**
 * Reports the tests that failed and nothing else, for `node --test --test-reporter`: where, which, and why.
 *
 * @param {AsyncIterable<{ type: string, data: object }>} events of Node's test runner
 * @yields {string}
 */
module.exports = async function * failedTests (events) {
  for await (const { type, data } of events) {
    if (type !== 'test:fail' || data.todo || data.skip) continue
    const { error } = data.details
    // A suite that says no more than its tests do.
    if (error?.failureType === 'subtestsFailed') continue
    const place = data.file === undefined ? '' : ` (${relative(process.cwd(), data.file)}:${data.line})`
    // Of a file's own process that failed.
    const end = error?.signal ?? (error?.exitCode === undefined ? '' : `exit code ${error.exitCode}`)
    yield `✖ ${[data.name + place, end].join(' ').trim()}\n${indented(inspect(error?.cause ?? error))}\n`
  }
}

function indented (text) {
  return text.replace(/^(?=.)/gm, '    ')
}
